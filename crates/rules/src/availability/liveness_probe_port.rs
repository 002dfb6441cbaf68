use rampart_model::{Pod, ProbeKind};
use rampart_report::Severity;

use super::probes::check_ports;
use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "liveness-probe-port",
    group: Group::Availability,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("liveness_probe_port.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, _env: &Env<'_>, out: &mut Findings) {
    check_ports(pod, ProbeKind::Liveness, "liveness probe", out);
}
