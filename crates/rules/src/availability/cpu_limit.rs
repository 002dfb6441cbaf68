use rampart_model::Resource;
use rampart_report::Severity;

use super::resources::{Wanted, require};
use crate::{Check, Context, Findings, Group, Profile, Rule, Workload};

pub(crate) static RULE: Rule = Rule {
    id: "cpu-limit",
    group: Group::Availability,
    severity: Severity::Info,
    profile: Profile::Strict,
    doc: include_str!("cpu_limit.md"),
    check: Check::Workload(check),
};

const WANTED: Wanted = Wanted { which: Resource::Limits, name: "cpu", noun: "CPU limit", zero_is_none: true };

fn check(workload: &Workload<'_>, context: &Context<'_>, out: &mut Findings) {
    require(WANTED, false, workload, context, out);
}
