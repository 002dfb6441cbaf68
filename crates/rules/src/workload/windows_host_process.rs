use rampart_document::{Edit, FieldPath, Node};
use rampart_model::Pod;
use rampart_report::{Fix, Severity};

use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "windows-host-process",
    group: Group::Workload,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("windows_host_process.md"),
    check: Check::Pod(check),
};

const FIELD: &str = "securityContext.windowsOptions.hostProcess";

fn check(pod: &Pod<'_>, _env: &Env<'_>, out: &mut Findings) {
    if is_host_process(pod.security.windows_options) {
        report(pod.path(FIELD), "the pod", out);
    }
    for container in pod.containers().iter().filter(|own| is_host_process(own.security.windows_options)) {
        report(container.path(FIELD), &container.title(), out);
    }
}

fn is_host_process(options: Option<Node<'_>>) -> bool {
    options.and_then(|options| options.field("hostProcess")).and_then(Node::as_bool) == Some(true)
}

fn report(path: FieldPath, who: &str, out: &mut Findings) {
    let edit = Edit::set(path.clone(), false);
    out.fail(path, format!("{who} runs as a process of its Windows node (hostProcess)"))
        .fix(Fix::review("set hostProcess to false", [edit]));
}
