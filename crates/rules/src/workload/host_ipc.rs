use rampart_document::Edit;
use rampart_model::Pod;
use rampart_report::{Fix, Severity};

use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "host-ipc",
    group: Group::Workload,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("host_ipc.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, _env: &Env<'_>, out: &mut Findings) {
    if pod.is_set(pod.fields.host_ipc) {
        let path = pod.path("hostIPC");
        out.fail(path.clone(), "the pod shares the node's IPC namespace (hostIPC)")
            .fix(Fix::review("remove hostIPC", [Edit::remove(path)]));
    }
}
