use rampart_model::Object;
use rampart_report::Severity;

use super::role::{KINDS, each};
use crate::index::rbac::table::{SECRETS_CHANGE, SECRETS_CREATE, SECRETS_READ};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "secrets-issue-token",
    group: Group::Rbac,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("secrets_issue_token.md"),
    check: Check::Object(KINDS, check),
};

fn check(role: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    each(role, context, out, SECRETS_CREATE | SECRETS_CHANGE, |hit, out| {
        if hit.comes_with(SECRETS_READ) {
            hit.fail(out, hit.graded(Severity::High), ", and who holds it can read them back");
        } else if hit.given.has(SECRETS_CREATE) {
            hit.only(SECRETS_CREATE).fail(out, hit.ungraded(Severity::Low), ", without reading them");
        }
    });
}
