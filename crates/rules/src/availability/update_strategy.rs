use rampart_document::{Edit, FieldPath, Node};
use rampart_model::Object;
use rampart_report::{Fix, Severity};

use super::claims::{CLAIM, Claim, single_node_claim};
use super::replicas::{DAEMON_SET, DEPLOYMENT, STATEFUL_SET};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "update-strategy",
    group: Group::Availability,
    severity: Severity::Low,
    profile: Profile::Default,
    doc: include_str!("update_strategy.md"),
    check: Check::Object(&[DAEMON_SET, DEPLOYMENT, STATEFUL_SET], check),
};

fn check(object: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    if object.group_kind() == DEPLOYMENT {
        return deployment(object, context, out);
    }
    let kind = object.field(&["spec", "updateStrategy", "type"]).and_then(Node::as_str);
    if kind == Some("OnDelete") {
        let strategy = FieldPath::root().key("spec").key("updateStrategy");
        let what = format!(
            "{} {} is updated only when its pods are deleted (OnDelete)",
            object.kind(),
            object.name()
        );
        let edit = Edit::set(strategy.key("type"), "RollingUpdate");
        out.fail(strategy.key("type"), what)
            .severity(Severity::Info)
            .class("on-delete")
            .fix(Fix::review("use RollingUpdate", [edit]));
    }
}

fn deployment(object: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    let Some(strategy) = object.field(&["spec", "strategy"]) else { return };
    let path = FieldPath::root().key("spec").key("strategy");
    if strategy.field("type").and_then(Node::as_str) == Some("Recreate") {
        recreate(object, context, path.key("type"), out);
        return;
    }
    let unavailable = strategy.field("rollingUpdate").and_then(|rolling| rolling.field("maxUnavailable"));
    if unavailable.and_then(Node::scalar_text) == Some("100%") {
        let path = path.key("rollingUpdate").key("maxUnavailable");
        let what = format!(
            "an update of Deployment {} may stop all its pods at once (maxUnavailable 100%)",
            object.name()
        );
        let edit = Edit::remove(path.clone());
        out.fail(path, what)
            .class("max-unavailable")
            .fix(Fix::review("go back to the default of 25%", [edit]));
    }
}

fn recreate(object: Object<'_>, context: &Context<'_>, path: FieldPath, out: &mut Findings) {
    match single_node_claim(object, context) {
        Some(Claim::OneNode(_)) => {}
        Some(Claim::NotRead(name)) => {
            let reason = format!(
                "Deployment {} recreates its pods, which is right if {} `{name}` is ReadWriteOnce; it is not in the input",
                object.name(),
                CLAIM.kind
            );
            out.unknown(path, reason);
        }
        None => {
            let what =
                format!("an update of Deployment {} stops all its pods first (Recreate)", object.name());
            let edit = Edit::set(path.clone(), "RollingUpdate");
            out.fail(path, what).fix(Fix::review("use RollingUpdate", [edit]));
        }
    }
}
