use rampart_document::{Edit, Node};
use rampart_model::Pod;
use rampart_report::{Fix, Severity};

use super::effective::root_is_mapped;
use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "proc-mount-unmasked",
    group: Group::Workload,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("proc_mount_unmasked.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, env: &Env<'_>, out: &mut Findings) {
    for container in pod.containers() {
        let value = container.security.proc_mount.and_then(Node::as_str).unwrap_or("");
        // The API knows no third value; the Pod Security Standards refuse all but Default.
        if !matches!(value, "" | "Default") {
            let path = container.path("securityContext.procMount");
            let what = format!("{} sets procMount to {value}, not Default", container.title());
            let draft = out.fail(path.clone(), what);
            draft.fix(Fix::review("set procMount to Default", [Edit::set(path, "Default")]));
            if root_is_mapped(pod, env) {
                draft.severity(Severity::Low);
            }
        }
    }
}
