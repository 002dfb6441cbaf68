use rampart_document::{FieldPath, Node};
use rampart_model::{Container, Pod};
use rampart_report::Severity;

use super::handlers::handlers;
use super::shell;
use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "sudo-entrypoint",
    group: Group::Workload,
    severity: Severity::Low,
    profile: Profile::Default,
    doc: include_str!("sudo_entrypoint.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, _env: &Env<'_>, out: &mut Findings) {
    for container in pod.lasting_containers() {
        if let Some(path) = started(container) {
            out.fail(path, format!("{} starts with sudo", container.title()));
        }
        for handler in handlers(container) {
            let list = handler.node.field("exec").and_then(|exec| exec.field("command"));
            if !mentions(list) {
                continue;
            }
            let list: Vec<&str> = texts(list).collect();
            if let Some(index) = shell::starts(&list, "sudo") {
                let path = container.path(handler.path).key("exec").key("command").index(index);
                out.fail(path, format!("the {} of {} starts with sudo", handler.noun, container.title()));
            }
        }
    }
}

/// The element of `command` or `args` that starts sudo. What runs is the command with its arguments, or what the
/// command (or the image's entrypoint) makes of the arguments.
fn started(container: &Container<'_>) -> Option<FieldPath> {
    let (command, args) = (container.fields.command, container.fields.args);
    // Both are read in any case, so that a value of the wrong type is noticed.
    if !(mentions(command) | mentions(args)) {
        return None;
    }
    let argv: Vec<&str> = texts(command).chain(texts(args)).collect();
    let own = texts(command).count();
    let in_args = || shell::starts(&argv[own..], "sudo").map(|index| own + index);
    let index = shell::starts(&argv, "sudo").or_else(in_args)?;
    Some(match index.checked_sub(own) {
        Some(index) => container.path("args").index(index),
        None => container.path("command").index(index),
    })
}

fn texts(list: Option<Node<'_>>) -> impl Iterator<Item = &str> {
    list.and_then(Node::as_seq).into_iter().flat_map(Node::items).map(|item| item.as_str().unwrap_or(""))
}

/// True when reading the list closely is worth it.
fn mentions(list: Option<Node<'_>>) -> bool {
    texts(list).any(|text| text.contains("sudo"))
}
