use rampart_document::{Edit, Node};
use rampart_model::Pod;
use rampart_report::{Fix, Severity};

use super::host_paths;
use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "hostpath-writable",
    group: Group::Workload,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("hostpath_writable.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, _env: &Env<'_>, out: &mut Findings) {
    for volume in host_paths::host_paths(pod) {
        for container in pod.containers() {
            for (index, mount) in container.volume_mounts() {
                if host_paths::mounts_volume(mount, volume.name) && is_writable(mount) {
                    let path = container.path("volumeMounts").index(index).key("readOnly");
                    let what = format!("{} mounts the host path {} writable", container.title(), volume.path);
                    let edit = Edit::set(path.clone(), true);
                    out.fail(path, what).fix(Fix::review("mount it read-only", [edit]));
                }
            }
        }
    }
}

/// False also for a value that cannot be read.
fn is_writable(mount: Node<'_>) -> bool {
    mount.field("readOnly").is_none_or(|value| value.as_bool() == Some(false))
}
