use rampart_model::Pod;
use rampart_report::Severity;

use super::effective::{Value, linux_containers, non_root, report, user};
use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "low-uid",
    group: Group::Workload,
    severity: Severity::Low,
    profile: Profile::Strict,
    doc: include_str!("low_uid.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, env: &Env<'_>, out: &mut Findings) {
    if pod.has_user_namespace() {
        return;
    }
    let highest = env.settings.highest_host_id;
    let low = linux_containers(pod).filter_map(|container| match user(pod, container) {
        Value::Set(uid, level) if (1..=highest).contains(&uid) => Some((container, level, uid)),
        _ => None,
    });
    report(pod, "runAsUser", low, out, |out, path, who, uid| {
        out.fail(path, format!("runAsUser: {uid} gives {who} a UID that the node may use (up to {highest})"));
    });
    for container in linux_containers(pod) {
        if user(pod, container) == Value::Unset && matches!(non_root(pod, container), Value::Set(true, _)) {
            let what = format!("{} leaves its UID to the image: runAsUser is not set", container.title());
            out.fail(container.path("securityContext.runAsUser"), what).class("unset");
        }
    }
}
