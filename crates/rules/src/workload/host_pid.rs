use rampart_document::Edit;
use rampart_model::Pod;
use rampart_report::{Fix, Severity};

use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "host-pid",
    group: Group::Workload,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("host_pid.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, _env: &Env<'_>, out: &mut Findings) {
    if pod.is_set(pod.fields.host_pid) {
        let path = pod.path("hostPID");
        out.fail(path.clone(), "the pod shares the node's process namespace (hostPID)")
            .fix(Fix::review("remove hostPID", [Edit::remove(path)]));
    }
}
