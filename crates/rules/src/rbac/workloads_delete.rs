use rampart_model::Object;
use rampart_report::Severity;

use super::role::{KINDS, each};
use crate::index::rbac::Scope;
use crate::index::rbac::table::{WIDE_DELETE, WORKLOADS_DELETE};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "workloads-delete",
    group: Group::Rbac,
    severity: Severity::Low,
    profile: Profile::Default,
    doc: include_str!("workloads_delete.md"),
    check: Check::Object(KINDS, check),
};

fn check(role: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    each(role, context, out, WORKLOADS_DELETE | WIDE_DELETE, |hit, out| {
        if hit.scope.is_system() {
            let wide = hit.given.has(WIDE_DELETE) && hit.scope == Scope::Cluster;
            hit.fail(out, hit.graded(if wide { Severity::Medium } else { Severity::Low }), "");
        }
    });
}
