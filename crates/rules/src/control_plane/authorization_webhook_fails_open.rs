use rampart_document::{Edit, FieldPath, Node};
use rampart_model::{KUBECONFIG, Object};
use rampart_report::Severity;

use super::authorizers::{AUTHORIZATION, Authorizers, authorizers};
use crate::index::{API_SERVER, Configuration, Given};
use crate::shared::ask::{each, mend, review};
use crate::shared::control_plane::lists;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "authorization-webhook-fails-open",
    group: Group::ControlPlane,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("authorization_webhook_fails_open.md"),
    check: Check::Set(check),
};

fn check(context: &Context<'_>, out: &mut Findings) {
    for file in context.configurations().of_kind(AUTHORIZATION) {
        let out = out.on(file.object.id());
        let rbac = authorizers(file).find(|(_, kind, _)| *kind == "RBAC").map(|(index, ..)| index);
        for (index, _, entry) in authorizers(file).filter(|(_, kind, _)| *kind == "Webhook") {
            let webhook = FieldPath::root().key("authorizers").index(index).key("webhook");
            if let Some(node) = entry.field("webhook") {
                of_file(context, file, (node, &webhook), rbac.is_some_and(|rbac| index < rbac), out);
            }
        }
    }
    each(context, API_SERVER, out, |server, out| {
        let Authorizers::Modes(Some(modes)) = Authorizers::of(server, out)? else { return Ok(()) };
        if !lists(modes.value, "Webhook") {
            return Ok(());
        }
        if modes.value.find("Webhook") < modes.value.find("RBAC") {
            let what = "an error of the authorization webhook falls through to RBAC (--authorization-mode knows no failure policy)";
            out.fail(modes.path, what).class("policy");
        }
        if let Some(kubeconfig) = server.value("authorization-webhook-config-file", out)? {
            unverified(context, kubeconfig, out);
        }
        Ok(())
    });
}

fn of_file(
    context: &Context<'_>,
    file: &Configuration<'_>,
    (node, at): (Node<'_>, &FieldPath),
    before_rbac: bool,
    out: &mut Findings,
) {
    let text = |key| node.field(key).and_then(Node::scalar_text);
    if before_rbac && text("failurePolicy") == Some("NoOpinion") {
        let policy = at.key("failurePolicy");
        let edits = file.edits(vec![Edit::set(policy.clone(), "Deny")]);
        let what = "an error of this webhook falls through to RBAC (failurePolicy: NoOpinion)";
        mend(out.fail(file.path(&policy), what), review("set failurePolicy to Deny", edits)).class("policy");
    }
    if let Some(conditions) =
        node.field("matchConditions").filter(|list| !list.is_empty() && !is_explained(*list))
    {
        let what = format!(
            "{} match conditions let requests pass this webhook by, and no comment says why",
            conditions.len()
        );
        let path = file.path(&at.key("matchConditions"));
        out.fail(path, what).severity(Severity::Info).class("conditions");
    }
    let info = node.field("connectionInfo");
    if let Some(kubeconfig) = info.and_then(|info| info.field("kubeConfigFile")).and_then(Node::scalar_text) {
        let path = file.path(&at.key("connectionInfo").key("kubeConfigFile"));
        unverified(context, Given { value: kubeconfig, path }, out);
    }
}

/// True when a comment stands right before a list, or inside it.
fn is_explained(list: Node<'_>) -> bool {
    let text = list.tree().source().text();
    let span = list.span();
    // The key's line and the one before it.
    let before = text[..span.start as usize].rmatch_indices('\n').nth(2).map_or(0, |(at, _)| at as u32);
    list.tree().comments().any(|comment| (before..span.end).contains(&comment.span.start))
}

/// Says when a kubeconfig switches verification off, or when it is not there to be read.
fn unverified(context: &Context<'_>, kubeconfig: Given<'_>, out: &mut Findings) {
    let name = |path: &str| path.rsplit('/').next().unwrap_or("").to_owned();
    let file = name(kubeconfig.value);
    let is_it =
        |object: &Object<'_>| object.group_kind() == KUBECONFIG && name(object.source().name()) == file;
    let Some(found) = context.inventory.side_documents().find(is_it) else {
        let what = format!("the kubeconfig `{}` is not in the input", kubeconfig.value);
        out.unknown(kubeconfig.path, what).class("kubeconfig");
        return;
    };
    let clusters = found.field(&["clusters"]).into_iter().flat_map(Node::items);
    let skips = |cluster: Node<'_>| {
        let flag = cluster.field("cluster").and_then(|cluster| cluster.field("insecure-skip-tls-verify"));
        flag.and_then(Node::as_bool) == Some(true)
    };
    if clusters.into_iter().any(skips) {
        let what =
            format!("the webhook's certificate is not verified (insecure-skip-tls-verify in `{file}`)");
        out.fail(kubeconfig.path, what).class("kubeconfig");
    }
}
