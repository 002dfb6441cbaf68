use rampart_model::Resource;
use rampart_report::Severity;

use super::resources::{Wanted, require};
use crate::{Check, Context, Findings, Group, Profile, Rule, Workload};

pub(crate) static RULE: Rule = Rule {
    id: "memory-request",
    group: Group::Availability,
    severity: Severity::Low,
    profile: Profile::Default,
    doc: include_str!("memory_request.md"),
    check: Check::Workload(check),
};

const WANTED: Wanted =
    Wanted { which: Resource::Requests, name: "memory", noun: "memory request", zero_is_none: false };

fn check(workload: &Workload<'_>, context: &Context<'_>, out: &mut Findings) {
    require(WANTED, false, workload, context, out);
}
