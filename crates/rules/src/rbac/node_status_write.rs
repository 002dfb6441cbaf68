use rampart_authz::rbac::Principal;
use rampart_model::Object;
use rampart_report::Severity;

use super::role::{Hit, KINDS, each};
use crate::index::rbac::table::{NODES_WRITE, STATUS_WRITE};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "node-status-write",
    group: Group::Rbac,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("node_status_write.md"),
    check: Check::Object(KINDS, check),
};

/// True when only kubelets hold the role: admission keeps each to its own node.
fn is_for_kubelets(hit: &Hit<'_>) -> bool {
    let policy = &hit.rbac.policy;
    let kubelets =
        |principal| matches!(principal, Principal::Group(name) if policy.text(name) == "system:nodes");
    !hit.bindings().is_empty() && hit.subjects().all(|(principal, _)| kubelets(principal))
}

fn check(role: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    each(role, context, out, NODES_WRITE | STATUS_WRITE, |hit, out| {
        if !is_for_kubelets(hit) {
            hit.fail(out, hit.graded(Severity::Medium), "");
        }
    });
}
