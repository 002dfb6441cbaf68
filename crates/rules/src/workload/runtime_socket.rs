use rampart_model::Pod;
use rampart_report::Severity;

use super::host_paths::{self, Class};
use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "runtime-socket",
    group: Group::Workload,
    severity: Severity::Critical,
    profile: Profile::Default,
    doc: include_str!("runtime_socket.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, _env: &Env<'_>, out: &mut Findings) {
    for volume in host_paths::of_class(pod, Class::Socket) {
        let what = format!(
            "volume `{}` mounts {}, which gives access to the container runtime's socket",
            volume.name, volume.path
        );
        out.fail(volume.field(pod), what).fix(volume.removal(pod));
    }
}
