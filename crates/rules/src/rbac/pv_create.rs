use rampart_model::Object;
use rampart_report::Severity;

use super::role::{KINDS, each};
use crate::index::rbac::table::{PV_WRITE, STORAGE_CLASSES_READ};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "pv-create",
    group: Group::Rbac,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("pv_create.md"),
    check: Check::Object(KINDS, check),
};

fn check(role: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    each(role, context, out, PV_WRITE, |hit, out| {
        let provisions =
            hit.of_role().any().has(STORAGE_CLASSES_READ) && hit.is_held_in(|home| home != "default");
        let severity = if provisions { Severity::Low } else { Severity::Medium };
        hit.fail(out, hit.graded(severity), "");
    });
}
