use rampart_model::Object;
use rampart_report::Severity;

use super::role::{KINDS, each};
use crate::index::rbac::table::WILDCARD_ALL;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "wildcard-all",
    group: Group::Rbac,
    severity: Severity::Critical,
    profile: Profile::Default,
    doc: include_str!("wildcard_all.md"),
    check: Check::Object(KINDS, check),
};

fn check(role: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    each(role, context, out, WILDCARD_ALL, |hit, out| {
        let severity = if hit.is_cluster() { Severity::Critical } else { Severity::High };
        let what = format!("{} grants every verb on every resource{}", hit.title(), hit.place());
        hit.tell(out, hit.star("verbs"), what, hit.graded(severity));
    });
}
