use rampart_document::{FieldPath, Node};
use rampart_model::{GroupKind, Object};
use rampart_report::Severity;

use crate::index::{Named, Target, Via, of_pod};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "secret-store-unscoped",
    group: Group::Secrets,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("secret_store_unscoped.md"),
    check: Check::Object(KINDS, check),
};

const KINDS: &[GroupKind<'static>] = &[
    GroupKind::new("external-secrets.io", "ClusterSecretStore"),
    GroupKind::new("external-secrets.io", "ClusterExternalSecret"),
    GroupKind::new("bitnami.com", "SealedSecret"),
    GroupKind::new("secrets-store.csi.x-k8s.io", "SecretProviderClass"),
];

const CLUSTER_WIDE: &str = "sealedsecrets.bitnami.com/cluster-wide";

fn check(object: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    match object.kind() {
        "ClusterSecretStore" => store(object, out),
        "ClusterExternalSecret" => external_secret(object, out),
        "SealedSecret" => sealed_secret(object, out),
        _ => copies(object, context, out),
    }
}

/// A class that copies what it fetches into Secrets, and who reads the copy as environment.
fn copies(class: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    let list = class.field(&["spec", "secretObjects"]).and_then(Node::as_seq);
    let Some(list) = list.filter(|list| !list.is_empty()) else { return };
    let namespace = class.effective_namespace();
    let names = list.items().filter_map(|copy| copy.field("secretName").and_then(Node::as_str));
    let reader = names.into_iter().find_map(|name| {
        let target = (Named::Secret, namespace, name);
        let users = context.references().users(target).iter().map(|&id| context.inventory.object(id));
        users.into_iter().find_map(|user| Some((user, env_path(user, context, target)?, name)))
    });
    let what = "the class copies the external secret into Secrets of the cluster (secretObjects)";
    let what = match &reader {
        Some((user, _, name)) => format!("{what}; {user} reads the copy `{name}` as environment"),
        None => what.to_owned(),
    };
    let draft = out.fail(spec("secretObjects"), what).severity(Severity::Low).class("copied");
    if let Some((user, path, _)) = reader {
        draft.evidence_in(user.id(), path, "reads the copy");
    }
}

/// Where a workload reads the Secret into its environment.
fn env_path(user: Object<'_>, context: &Context<'_>, target: Target<'_>) -> Option<FieldPath> {
    let pod = context.carriers.pod(user)?;
    let mut found = None;
    of_pod(&pod, user.effective_namespace(), &mut |reference, path| {
        if reference.via == Via::Env && reference.target == target && found.is_none() {
            found = Some(pod.prefix.join(&reference.name_path(&path())));
        }
    });
    found
}

fn spec(field: &str) -> FieldPath {
    FieldPath::root().key("spec").key(field)
}

/// External Secrets: without conditions any namespace may use the store; with some, one that holds is enough.
fn store(object: Object<'_>, out: &mut Findings) {
    let conditions = object.field(&["spec", "conditions"]).and_then(Node::as_seq);
    let Some(list) = conditions.filter(|list| !list.is_empty()) else {
        out.fail(spec("conditions"), "the store has no conditions: any namespace may use it");
        return;
    };
    for (index, condition) in list.items().enumerate() {
        let path = spec("conditions").index(index);
        let everything = |pattern: &str| matches!(pattern, ".*" | "^.*$" | ".+" | "^.+$" | "^" | "");
        if condition.field("namespaceSelector").is_some_and(selects_all) {
            out.fail(
                path.key("namespaceSelector"),
                "an empty namespaceSelector lets any namespace use the store",
            );
        }
        let patterns = condition.field("namespaceRegexes").into_iter().flat_map(Node::items).enumerate();
        for (at, pattern) in patterns {
            if pattern.as_str().is_some_and(everything) {
                let path = path.key("namespaceRegexes").index(at);
                out.fail(path, "this pattern lets any namespace use the store");
            }
        }
    }
}

fn selects_all(selector: Node<'_>) -> bool {
    ["matchLabels", "matchExpressions"].iter().all(|part| selector.field(part).is_none_or(Node::is_empty))
}

fn external_secret(object: Object<'_>, out: &mut Findings) {
    let what = "an empty selector creates the secret in every namespace";
    if object.field(&["spec", "namespaceSelector"]).is_some_and(selects_all) {
        out.fail(spec("namespaceSelector"), what);
    }
    let selectors = object.field(&["spec", "namespaceSelectors"]).and_then(Node::as_seq);
    for (index, selector) in selectors.into_iter().flat_map(Node::items).enumerate() {
        if selects_all(selector) {
            out.fail(spec("namespaceSelectors").index(index), what);
        }
    }
}

fn sealed_secret(object: Object<'_>, out: &mut Findings) {
    let template = FieldPath::root().key("spec").key("template").key("metadata");
    for (metadata, path) in [
        (object.metadata(), FieldPath::root().key("metadata")),
        (object.field(&["spec", "template", "metadata"]), template),
    ] {
        let annotations = metadata.and_then(|node| node.field("annotations"));
        let value = annotations.and_then(|node| node.field(CLUSTER_WIDE)).and_then(Node::scalar_text);
        if value == Some("true") {
            let what =
                "the SealedSecret is cluster-wide: it can be unsealed in any namespace, under any name";
            out.fail(path.key("annotations").key(CLUSTER_WIDE), what);
        }
    }
}
