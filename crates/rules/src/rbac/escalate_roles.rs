use rampart_model::Object;
use rampart_report::Severity;

use super::role::{KINDS, each};
use crate::index::rbac::table::{ESCALATE, ROLES_WRITE};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "escalate-roles",
    group: Group::Rbac,
    severity: Severity::Critical,
    profile: Profile::Default,
    doc: include_str!("escalate_roles.md"),
    check: Check::Object(KINDS, check),
};

fn check(role: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    each(role, context, out, ESCALATE, |hit, out| {
        if hit.comes_with(ROLES_WRITE) {
            hit.fail_at_verb(out, hit.graded(Severity::Critical), "");
        } else {
            hit.fail_at_verb(out, hit.ungraded(Severity::Low), ", without writing any");
        }
    });
}
