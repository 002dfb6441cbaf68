use rampart_model::Object;
use rampart_report::Severity;

use super::role::{KINDS, each, listed};
use crate::index::rbac::table::{WILDCARD_GROUP, WILDCARD_RESOURCE, WILDCARD_SUBRESOURCE};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "wildcard-resource",
    group: Group::Rbac,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("wildcard_resource.md"),
    check: Check::Object(KINDS, check),
};

/// `group apps`, `group core and apps`.
fn groups(groups: &[&str]) -> String {
    let names: Vec<&str> = groups.iter().map(|group| if group.is_empty() { "core" } else { group }).collect();
    format!("group {}", listed(&names))
}

fn check(role: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    let wanted = WILDCARD_RESOURCE | WILDCARD_SUBRESOURCE | WILDCARD_GROUP;
    each(role, context, out, wanted, |hit, out| {
        let verbs = listed(&hit.rule.verbs);
        let (path, severity, on) = if hit.given.has(WILDCARD_RESOURCE) {
            let every_group = hit.rule.api_groups.contains(&"*");
            let groups = if every_group { "every group".to_owned() } else { groups(&hit.rule.api_groups) };
            (hit.star("resources"), Severity::High, format!("every resource of {groups}"))
        } else if hit.given.has(WILDCARD_SUBRESOURCE) {
            let at = hit.rule.resources.iter().position(|item| item.starts_with("*/")).unwrap_or(0);
            let subresource = hit.rule.resources.get(at).map_or("", |item| item.trim_start_matches("*/"));
            (hit.item("resources", at), Severity::Medium, format!("{subresource} of every resource"))
        } else {
            let resources = listed(&hit.rule.resources);
            (hit.star("apiGroups"), Severity::Low, format!("{resources} of every group"))
        };
        let what = format!("{} may {verbs} {on}{}", hit.title(), hit.place());
        hit.tell(out, path, what, hit.graded(severity));
    });
}
