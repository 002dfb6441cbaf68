use rampart_model::Pod;
use rampart_report::Severity;

use super::{annotations, profiles};
use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "apparmor-unconfined",
    group: Group::Workload,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("apparmor_unconfined.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, env: &Env<'_>, out: &mut Findings) {
    if pod.is_windows() {
        return;
    }
    // The fields exist from 1.30.
    let fields = env.version.at_least(30);
    if fields {
        if profiles::kind(pod.security.app_armor_profile) == Some("Unconfined") {
            let path = pod.path("securityContext.appArmorProfile.type");
            out.fail(path.clone(), "the pod switches AppArmor off (Unconfined)")
                .fix(profiles::runtime_default(path));
        }
        for container in pod.containers() {
            if profiles::kind(container.security.app_armor_profile) == Some("Unconfined") {
                let path = container.path("securityContext.appArmorProfile.type");
                out.fail(path.clone(), format!("{} runs without AppArmor (Unconfined)", container.title()))
                    .fix(profiles::runtime_default(path));
            }
        }
    }
    for (key, value) in pod.annotations().iter() {
        let Some(name) = key.strip_prefix(annotations::APP_ARMOR) else { continue };
        let confined = matches!(value, "" | "runtime/default") || value.starts_with("localhost/");
        if !(confined || fields && has_field(pod, name)) {
            let path = annotations::path(annotations::APP_ARMOR, name);
            out.fail(path.clone(), format!("the AppArmor annotation of container `{name}` is `{value}`"))
                .fix(profiles::runtime_default_annotation(path));
        }
    }
}

/// True when the named container has a profile of its own, which counts before its annotation.
fn has_field(pod: &Pod<'_>, name: &str) -> bool {
    let mut named = pod.containers().iter().filter(|container| container.name() == name);
    named.any(|container| profiles::kind(container.security.app_armor_profile).is_some())
}
