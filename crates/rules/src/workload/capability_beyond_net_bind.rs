use rampart_model::Pod;
use rampart_report::Severity;

use super::capabilities::{self, Class};
use super::effective::linux_containers;
use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "capability-beyond-net-bind",
    group: Group::Workload,
    severity: Severity::Low,
    profile: Profile::Strict,
    doc: include_str!("capability_beyond_net_bind.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, _env: &Env<'_>, out: &mut Findings) {
    for container in linux_containers(pod) {
        capabilities::report(container, Class::Default, ", not only NET_BIND_SERVICE", out);
    }
}
