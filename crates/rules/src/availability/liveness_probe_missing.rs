use rampart_model::Pod;
use rampart_report::Severity;

use super::probes::is_long_running;
use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "liveness-probe-missing",
    group: Group::Availability,
    severity: Severity::Info,
    profile: Profile::Strict,
    doc: include_str!("liveness_probe_missing.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, _env: &Env<'_>, out: &mut Findings) {
    if !is_long_running(pod) {
        return;
    }
    for container in pod.running_containers().filter(|container| container.fields.liveness_probe.is_none()) {
        out.fail(container.path("livenessProbe"), format!("{} has no liveness probe", container.title()));
    }
}
