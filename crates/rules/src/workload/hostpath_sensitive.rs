use rampart_model::Pod;
use rampart_report::Severity;

use super::host_paths::{self, Class};
use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "hostpath-sensitive",
    group: Group::Workload,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("hostpath_sensitive.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, _env: &Env<'_>, out: &mut Findings) {
    for volume in host_paths::of_class(pod, Class::Sensitive) {
        let what = format!("volume `{}` mounts the host path {}", volume.name, volume.path);
        let draft = out.fail(volume.field(pod), what).fix(volume.removal(pod));
        if volume.kind() == "CharDevice" {
            draft.severity(Severity::Medium);
        }
    }
}
