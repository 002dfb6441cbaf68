use rampart_document::Edit;
use rampart_model::{ContainerKind, Pod};
use rampart_report::{Fix, Severity};

use super::effective::{lacks, linux_containers};
use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "root-filesystem-writable",
    group: Group::Workload,
    severity: Severity::Low,
    profile: Profile::Default,
    doc: include_str!("root_filesystem_writable.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, _env: &Env<'_>, out: &mut Findings) {
    // Ephemeral containers end with the debug session.
    for container in linux_containers(pod).filter(|container| container.kind != ContainerKind::Ephemeral) {
        let node = container.security.read_only_root_filesystem;
        if let Some(words) = lacks(node, "readOnlyRootFilesystem", true) {
            let path = container.path("securityContext.readOnlyRootFilesystem");
            let edit = Edit::set(path.clone(), true);
            out.fail(path, format!("{} {words}", container.title()))
                .fix(Fix::review("set readOnlyRootFilesystem to true", [edit]));
        }
    }
}
