use rampart_model::Object;
use rampart_report::Severity;

use super::role::{KINDS, each, listed};
use crate::index::rbac::table::WILDCARD_VERB;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "wildcard-verb",
    group: Group::Rbac,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("wildcard_verb.md"),
    check: Check::Object(KINDS, check),
};

/// True for groups that CustomResourceDefinitions of an operator may have: not Kubernetes' own, nor those of its projects.
fn is_custom(group: &str) -> bool {
    group.contains('.') && !group.ends_with(".k8s.io")
}

fn check(role: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    each(role, context, out, WILDCARD_VERB, |hit, out| {
        let severity = if hit.is_role() {
            Severity::Low
        } else if hit.rule.api_groups.iter().all(|group| is_custom(group)) {
            Severity::Medium
        } else {
            Severity::High
        };
        let resources = listed(&hit.rule.resources);
        let what = format!("{} grants every verb on {resources}{}", hit.title(), hit.place());
        hit.tell(out, hit.star("verbs"), what, hit.graded(severity));
    });
}
