use rampart_document::Edit;
use rampart_model::Pod;
use rampart_report::{Fix, Severity};

use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "privileged",
    group: Group::Workload,
    severity: Severity::Critical,
    profile: Profile::Default,
    doc: include_str!("privileged.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, _env: &Env<'_>, out: &mut Findings) {
    for container in pod.containers().iter().filter(|container| container.is_privileged()) {
        let path = container.path("securityContext.privileged");
        let edit = Edit::set(path.clone(), false);
        out.fail(path, format!("{} runs privileged", container.title()))
            .fix(Fix::review("set privileged to false", [edit]));
    }
}
