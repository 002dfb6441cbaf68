use rampart_model::Object;
use rampart_report::Severity;

use super::role::{KINDS, each};
use crate::index::rbac::table::{EVENTS_DELETE, LOGS_DELETE};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "events-delete",
    group: Group::Rbac,
    severity: Severity::Low,
    profile: Profile::Default,
    doc: include_str!("events_delete.md"),
    check: Check::Object(KINDS, check),
};

fn check(role: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    each(role, context, out, EVENTS_DELETE | LOGS_DELETE, |hit, out| {
        if hit.given.has(EVENTS_DELETE) {
            hit.only(EVENTS_DELETE).fail(out, hit.graded(Severity::Low), "");
        } else {
            hit.fail(out, Severity::Info, ", an operation that does not exist");
        }
    });
}
