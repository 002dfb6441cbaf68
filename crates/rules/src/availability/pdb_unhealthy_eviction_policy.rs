use rampart_document::{Edit, FieldPath, Node};
use rampart_model::{GroupKind, Object};
use rampart_report::{Fix, Severity};

use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "pdb-unhealthy-eviction-policy",
    group: Group::Availability,
    severity: Severity::Info,
    profile: Profile::Strict,
    doc: include_str!("pdb_unhealthy_eviction_policy.md"),
    check: Check::Object(&[GroupKind::new("policy", "PodDisruptionBudget")], check),
};

fn check(object: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    if !context.version.at_least(27) {
        return;
    }
    let value = object.field(&["spec", "unhealthyPodEvictionPolicy"]);
    let policy = match value.map(Node::as_str) {
        Some(None) => return,
        Some(Some("AlwaysAllow")) => return,
        Some(Some(policy)) => policy,
        None => "IfHealthyBudget, the default",
    };
    let path = FieldPath::root().key("spec").key("unhealthyPodEvictionPolicy");
    let what = format!("PodDisruptionBudget {} protects pods that are not ready ({policy})", object.name());
    let edit = Edit::set(path.clone(), "AlwaysAllow");
    out.fail(path, what).fix(Fix::review("let unready pods be evicted", [edit]));
}
