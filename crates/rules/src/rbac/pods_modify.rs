use rampart_model::Object;
use rampart_report::Severity;

use super::role::{KINDS, each};
use crate::index::rbac::table::{PODS_CREATE, PODS_MODIFY};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "pods-modify",
    group: Group::Rbac,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("pods_modify.md"),
    check: Check::Object(KINDS, check),
};

fn check(role: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    each(role, context, out, PODS_MODIFY | PODS_CREATE, |hit, out| {
        // Who creates workloads needs no change of those that are there; that is told of once.
        if hit.given.has(PODS_CREATE) {
            return;
        }
        let severity = if hit.scope.is_system() { Severity::High } else { Severity::Medium };
        hit.fail(out, hit.graded(severity), "");
    });
}
