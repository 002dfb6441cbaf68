use rampart_model::{GroupKind, Object, Resource};
use rampart_report::Severity;

use crate::index::{NAMESPACE, Supply, is_system};
use crate::shared::paths::at;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "namespace-no-limit-range",
    group: Group::Availability,
    severity: Severity::Low,
    profile: Profile::Strict,
    doc: include_str!("namespace_no_limit_range.md"),
    check: Check::Object(&[NAMESPACE], check),
};

const LIMIT_RANGE: GroupKind<'static> = GroupKind::core("LimitRange");

fn check(object: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    let name = object.name();
    let residents = context.namespaces().of(name);
    if is_system(name) || residents.workloads.is_empty() {
        return;
    }
    let path = at(&["metadata", "name"]);
    let gap = match context.limit_ranges().supply(Some(name), Resource::Limits, "memory") {
        Supply::Given => return,
        Supply::Unreadable => Some("a LimitRange holds values that cannot be read".to_owned()),
        Supply::Missing => context.inventory.coverage().gap(LIMIT_RANGE, Some(name)),
    };
    match gap {
        Some(gap) => out.unknown(path, format!("no memory default of namespace {name} was read: {gap}")),
        None => {
            let other = residents.limit_ranges.first();
            let which = if other.is_some() { "no LimitRange with a memory default" } else { "no LimitRange" };
            out.fail(path, format!("namespace {name} has workloads and {which} for containers"))
        }
    };
}
