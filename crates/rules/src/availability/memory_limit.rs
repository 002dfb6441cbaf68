use rampart_model::Resource;
use rampart_report::Severity;

use super::resources::{Wanted, require};
use crate::{Check, Context, Findings, Group, Profile, Rule, Workload};

pub(crate) static RULE: Rule = Rule {
    id: "memory-limit",
    group: Group::Availability,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("memory_limit.md"),
    check: Check::Workload(check),
};

const WANTED: Wanted =
    Wanted { which: Resource::Limits, name: "memory", noun: "memory limit", zero_is_none: true };

fn check(workload: &Workload<'_>, context: &Context<'_>, out: &mut Findings) {
    require(WANTED, context.strict, workload, context, out);
}
