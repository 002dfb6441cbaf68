use rampart_model::Pod;
use rampart_report::Severity;

use super::effective::{linux_containers, shared_path};
use super::{annotations, profiles};
use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "apparmor-unset",
    group: Group::Workload,
    severity: Severity::Info,
    profile: Profile::Strict,
    doc: include_str!("apparmor_unset.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, env: &Env<'_>, out: &mut Findings) {
    // The fields exist from 1.30.
    let fields = env.version.at_least(30);
    let labelled = pod.security.se_linux_options.is_some();
    if labelled || fields && profiles::kind(pod.security.app_armor_profile).is_some() {
        return;
    }
    for container in linux_containers(pod) {
        let own = &container.security;
        let set = own.se_linux_options.is_some()
            || fields && profiles::kind(own.app_armor_profile).is_some()
            || annotations::of_container(pod, annotations::APP_ARMOR, container)
                .is_some_and(|value| !value.is_empty());
        if set {
            continue;
        }
        let (path, fix) = if fields {
            let shared = shared_path(pod, container, "appArmorProfile.type");
            (container.path("securityContext.appArmorProfile.type"), profiles::runtime_default(shared))
        } else {
            let path = annotations::path(annotations::APP_ARMOR, container.name());
            (path.clone(), profiles::runtime_default_annotation(path))
        };
        out.fail(path, format!("{} names no AppArmor profile", container.title())).fix(fix);
    }
}
