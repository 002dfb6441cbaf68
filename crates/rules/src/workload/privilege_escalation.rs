use rampart_document::Edit;
use rampart_model::{Container, Pod};
use rampart_report::{Fix, Severity};

use super::capabilities;
use super::effective::{lacks, linux_containers};
use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "privilege-escalation",
    group: Group::Workload,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("privilege_escalation.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, _env: &Env<'_>, out: &mut Findings) {
    for container in linux_containers(pod).filter(|container| !must_escalate(container)) {
        let node = container.security.allow_privilege_escalation;
        if let Some(words) = lacks(node, "allowPrivilegeEscalation", false) {
            let path = container.path("securityContext.allowPrivilegeEscalation");
            let edit = Edit::set(path.clone(), false);
            out.fail(path, format!("{} {words}", container.title()))
                .fix(Fix::review("set allowPrivilegeEscalation to false", [edit]));
        }
    }
}

/// True where false makes no sense: other rules report these containers.
fn must_escalate(container: &Container<'_>) -> bool {
    container.is_privileged()
        || container.security.capabilities_added().any(|(_, name)| capabilities::is(name, "SYS_ADMIN"))
}
