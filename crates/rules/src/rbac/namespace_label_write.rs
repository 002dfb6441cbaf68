use rampart_model::Object;
use rampart_report::Severity;

use super::role::{KINDS, each};
use crate::index::rbac::table::{NAMESPACES_CHANGE, PODS_CREATE, PODS_MODIFY};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "namespace-label-write",
    group: Group::Rbac,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("namespace_label_write.md"),
    check: Check::Object(KINDS, check),
};

fn check(role: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    each(role, context, out, NAMESPACES_CHANGE, |hit, out| {
        if hit.comes_with_anywhere(PODS_CREATE | PODS_MODIFY) {
            hit.fail(out, hit.graded(Severity::High), ", and who holds it can write workloads");
        } else {
            hit.fail(out, hit.graded(Severity::Medium), "");
        }
    });
}
