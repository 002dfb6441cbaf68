use rampart_document::Edit;
use rampart_model::Pod;
use rampart_report::{Fix, Severity};

use serde_json::json;

use super::host_paths::{self, Class};
use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "hostpath-any",
    group: Group::Workload,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("hostpath_any.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, _env: &Env<'_>, out: &mut Findings) {
    for volume in host_paths::of_class(pod, Class::Other) {
        let what = format!("volume `{}` mounts the host path {}", volume.name, volume.path);
        let draft = out.fail(volume.field(pod), what);
        if matches!(volume.kind(), "" | "Directory" | "DirectoryOrCreate") {
            let root = pod.path("volumes").index(volume.index);
            let empty = Edit::set(root.key("emptyDir"), json!({}));
            draft.fix(Fix::review("use an emptyDir instead", [Edit::remove(root.key("hostPath")), empty]));
        }
    }
}
