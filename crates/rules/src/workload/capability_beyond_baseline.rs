use rampart_model::Pod;
use rampart_report::Severity;

use super::capabilities::{self, Class};
use super::effective::linux_containers;
use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "capability-beyond-baseline",
    group: Group::Workload,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("capability_beyond_baseline.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, _env: &Env<'_>, out: &mut Findings) {
    for container in linux_containers(pod) {
        capabilities::report(container, Class::Beyond, ", outside the default set", out);
    }
}
