use rampart_model::Object;
use rampart_report::Severity;

use super::role::{KINDS, each};
use crate::index::rbac::table::{ADMISSION_DELETE, ADMISSION_WRITE};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "admission-configuration-write",
    group: Group::Rbac,
    severity: Severity::Critical,
    profile: Profile::Default,
    doc: include_str!("admission_configuration_write.md"),
    check: Check::Object(KINDS, check),
};

fn check(role: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    each(role, context, out, ADMISSION_WRITE | ADMISSION_DELETE, |hit, out| {
        let creates = hit.rule.verbs.iter().any(|verb| matches!(*verb, "create" | "*"));
        if !hit.given.has(ADMISSION_WRITE) {
            hit.fail(out, hit.graded(Severity::High), "");
        } else if hit.rule.resource_names.len() == 1 && !creates && !hit.given.has(ADMISSION_DELETE) {
            hit.fail(out, hit.ungraded(Severity::Low), "");
        } else {
            hit.fail(out, hit.graded(Severity::Critical), "");
        }
    });
}
