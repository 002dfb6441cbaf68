use rampart_model::Pod;
use rampart_report::Severity;

use super::effective::{Value, group, linux_containers, report};
use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "low-gid",
    group: Group::Workload,
    severity: Severity::Low,
    profile: Profile::Strict,
    doc: include_str!("low_gid.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, env: &Env<'_>, out: &mut Findings) {
    if pod.has_user_namespace() {
        return;
    }
    let highest = env.settings.highest_host_id;
    let low = linux_containers(pod).filter_map(|container| match group(pod, container) {
        Value::Set(gid, level) if (0..=highest).contains(&gid) => Some((container, level, gid)),
        _ => None,
    });
    report(pod, "runAsGroup", low, out, |out, path, who, gid| {
        out.fail(
            path,
            format!("runAsGroup: {gid} gives {who} a GID that the node may use (up to {highest})"),
        );
    });
    for container in linux_containers(pod).filter(|container| group(pod, container) == Value::Unset) {
        let what = format!("{} leaves its GID to the image: runAsGroup is not set", container.title());
        out.fail(container.path("securityContext.runAsGroup"), what).class("unset");
    }
}
