use rampart_document::Edit;
use rampart_model::{Container, Pod};
use rampart_report::{Fix, Severity};

use super::effective::{Root, root};
use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "host-users",
    group: Group::Workload,
    severity: Severity::Low,
    profile: Profile::Strict,
    doc: include_str!("host_users.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, env: &Env<'_>, out: &mut Findings) {
    // On by default from 1.33.
    if !env.version.at_least(33) || pod.is_windows() || !may_set(pod) {
        return;
    }
    let Some(reason) = pod.containers().iter().find_map(|container| reason(pod, container)) else { return };
    let path = pod.path("hostUsers");
    let edit = Edit::set(path.clone(), false);
    out.fail(path, format!("the pod has no user namespace of its own, and {reason}"))
        .fix(Fix::review("set hostUsers to false", [edit]));
}

/// False when `hostUsers` is false already or cannot be read, and for pods where the API refuses that value.
fn may_set(pod: &Pod<'_>) -> bool {
    let shares = [pod.fields.host_network, pod.fields.host_pid, pod.fields.host_ipc];
    let devices =
        |container: &Container<'_>| container.fields.volume_devices.is_some_and(|list| !list.is_empty());
    pod.fields.host_users.is_none_or(|value| value.as_bool() == Some(true))
        && !shares.into_iter().any(|share| pod.is_set(share))
        && !pod.containers().iter().any(devices)
}

fn reason<'a>(pod: &Pod<'a>, container: &Container<'a>) -> Option<String> {
    if root(pod, container) != Root::No {
        return Some(format!("{} may run as root", container.title()));
    }
    let (_, name) = container.security.capabilities_added().next()?;
    Some(format!("{} adds the capability {name}", container.title()))
}
