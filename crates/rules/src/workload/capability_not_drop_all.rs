use rampart_document::Edit;
use rampart_model::Pod;
use rampart_report::{Fix, Severity};

use super::capabilities;
use super::effective::linux_containers;
use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "capability-not-drop-all",
    group: Group::Workload,
    severity: Severity::Low,
    profile: Profile::Default,
    doc: include_str!("capability_not_drop_all.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, _env: &Env<'_>, out: &mut Findings) {
    for container in linux_containers(pod).filter(|container| !container.is_privileged()) {
        if capabilities::drops(container, &["ALL"]) == Some(false) {
            let path = container.path("securityContext.capabilities.drop");
            let edit = Edit::set(path.clone(), vec!["ALL"]);
            out.fail(path, format!("{} does not drop all capabilities", container.title()))
                .fix(Fix::review("drop ALL", [edit]));
        }
    }
}
