use rampart_model::Pod;
use rampart_report::Severity;

use super::capabilities::{self, Class};
use super::effective::linux_containers;
use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "capability-dangerous",
    group: Group::Workload,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("capability_dangerous.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, _env: &Env<'_>, out: &mut Findings) {
    for container in linux_containers(pod).filter(|container| !container.is_privileged()) {
        capabilities::report(container, Class::Dangerous, "", out);
    }
}
