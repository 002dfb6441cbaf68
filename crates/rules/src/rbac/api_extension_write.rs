use rampart_model::Object;
use rampart_report::Severity;

use super::role::{KINDS, each};
use crate::index::rbac::table::{API_SERVICES_WRITE, CRDS_WRITE};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "api-extension-write",
    group: Group::Rbac,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("api_extension_write.md"),
    check: Check::Object(KINDS, check),
};

fn check(role: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    each(role, context, out, API_SERVICES_WRITE | CRDS_WRITE, |hit, out| {
        let redirects = hit.given.has(API_SERVICES_WRITE);
        let severity = if redirects { Severity::High } else { Severity::Medium };
        hit.fail(out, hit.graded(severity), "");
    });
}
