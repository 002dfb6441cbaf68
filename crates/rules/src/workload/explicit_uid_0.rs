use rampart_document::{Edit, FieldPath};
use rampart_model::{Container, Level, Pod};
use rampart_report::{Fix, Severity};

use super::effective::{Root, Value, linux_containers, non_root, report, root, root_is_mapped};
use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "explicit-uid-0",
    group: Group::Workload,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("explicit_uid_0.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, env: &Env<'_>, out: &mut Findings) {
    if root_is_mapped(pod, env) {
        return;
    }
    let told = linux_containers(pod).filter_map(|container| match root(pod, container) {
        Root::Told(level) => Some((container, level, ())),
        _ => None,
    });
    report(pod, "runAsUser", told, out, |out, path, who, ()| {
        let draft = out.fail(path.clone(), format!("runAsUser: 0 makes {who} run as root"));
        for (container, level) in contradicted(pod, &path) {
            let note = format!("runAsNonRoot is true, so the kubelet refuses to start {}", container.title());
            draft.evidence(pod.security_path(container, level, "runAsNonRoot"), note);
        }
        let beside = path.as_str().strip_suffix("runAsUser").map(|start| format!("{start}runAsNonRoot"));
        if let Some(beside) = beside.and_then(|beside| FieldPath::parse(&beside).ok()) {
            // No UID is guessed: the image's counts, and the kubelet refuses root.
            let edits = [Edit::remove(path), Edit::set(beside, true)];
            draft.fix(Fix::review("leave the user to the image and refuse root", edits));
        }
    });
}

/// The containers whose `runAsUser` stands at `path` while they must not run as root, and where that is said.
fn contradicted<'p, 'a>(
    pod: &'p Pod<'a>,
    path: &'p FieldPath,
) -> impl Iterator<Item = (&'p Container<'a>, Level)> {
    linux_containers(pod).filter_map(move |container| {
        match (root(pod, container), non_root(pod, container)) {
            (Root::Told(level), Value::Set(true, at)) => {
                (pod.security_path(container, level, "runAsUser") == *path).then_some((container, at))
            }
            _ => None,
        }
    })
}
