use rampart_model::Pod;
use rampart_report::Severity;

use super::{annotations, profiles};
use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "seccomp-unconfined",
    group: Group::Workload,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("seccomp_unconfined.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, env: &Env<'_>, out: &mut Findings) {
    if pod.is_windows() {
        return;
    }
    let legacy = !env.version.at_least(27);
    let shared = profiles::kind(pod.security.seccomp_profile);
    if shared == Some("Unconfined") {
        let path = pod.path("securityContext.seccompProfile.type");
        out.fail(path.clone(), "the pod switches seccomp off (Unconfined)")
            .fix(profiles::runtime_default(path));
    } else if legacy
        && shared.is_none()
        && pod.annotations().get(annotations::SECCOMP_POD) == Some("unconfined")
    {
        let path = annotations::path(annotations::SECCOMP_POD, "");
        out.fail(path.clone(), "the pod switches seccomp off (annotation `unconfined`)")
            .fix(profiles::runtime_default_annotation(path));
    }
    for container in pod.containers() {
        let own = profiles::kind(container.security.seccomp_profile);
        let (path, fix) = if own == Some("Unconfined") {
            let path = container.path("securityContext.seccompProfile.type");
            (path.clone(), profiles::runtime_default(path))
        } else if legacy
            && own.is_none()
            && annotations::of_container(pod, annotations::SECCOMP, container) == Some("unconfined")
        {
            let path = annotations::path(annotations::SECCOMP, container.name());
            (path.clone(), profiles::runtime_default_annotation(path))
        } else {
            continue;
        };
        let draft =
            out.fail(path, format!("{} runs without seccomp (unconfined)", container.title())).fix(fix);
        if container.is_privileged() {
            let note = "the container is privileged, which alone switches seccomp off";
            draft.evidence(container.path("securityContext.privileged"), note);
        }
    }
}
