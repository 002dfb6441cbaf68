use rampart_model::Object;
use rampart_report::Severity;

use super::role::{KINDS, each};
use crate::index::rbac::table::SERVICE_STATUS;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "service-status-write",
    group: Group::Rbac,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("service_status_write.md"),
    check: Check::Object(KINDS, check),
};

fn check(role: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    each(role, context, out, SERVICE_STATUS, |hit, out| {
        let cloud = hit.is_held_in(|home| home == "kube-system");
        let severity = if cloud { Severity::Low } else { Severity::Medium };
        hit.fail(out, hit.graded(severity), "");
    });
}
