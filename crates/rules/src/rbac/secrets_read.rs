use rampart_model::Object;
use rampart_report::Severity;

use super::role::{KINDS, each};
use crate::index::rbac::table::SECRETS_READ;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "secrets-read",
    group: Group::Rbac,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("secrets_read.md"),
    check: Check::Object(KINDS, check),
};

fn check(role: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    each(role, context, out, SECRETS_READ, |hit, out| {
        let severity = if hit.is_cluster() { Severity::High } else { Severity::Medium };
        hit.fail(out, hit.graded(severity), "");
    });
}
