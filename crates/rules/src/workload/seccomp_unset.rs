use rampart_model::Pod;
use rampart_report::Severity;

use super::effective::{linux_containers, shared_path};
use super::{annotations, profiles};
use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "seccomp-unset",
    group: Group::Workload,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("seccomp_unset.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, env: &Env<'_>, out: &mut Findings) {
    if profiles::kind(pod.security.seccomp_profile).is_some() {
        return;
    }
    let legacy = !env.version.at_least(27);
    if legacy && pod.annotations().get(annotations::SECCOMP_POD).is_some() {
        return;
    }
    for container in linux_containers(pod).filter(|container| !container.is_privileged()) {
        let annotated =
            || legacy && annotations::of_container(pod, annotations::SECCOMP, container).is_some();
        if profiles::kind(container.security.seccomp_profile).is_none() && !annotated() {
            let path = container.path("securityContext.seccompProfile.type");
            let fix = profiles::runtime_default(shared_path(pod, container, "seccompProfile.type"));
            out.fail(path, format!("{} has no seccomp profile, nor has its pod", container.title())).fix(fix);
        }
    }
}
