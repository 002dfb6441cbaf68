use rampart_document::{FieldPath, Node};
use rampart_model::{Container, EnvSource, Pod, ProbeKind};
use rampart_report::Severity;

use super::credential::{Credential, assigned, find, find_named, in_annotation, search};
use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "credential-in-pod-spec",
    group: Group::Secrets,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("credential_in_pod_spec.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, _env: &Env<'_>, out: &mut Findings) {
    annotations(pod, out);
    for container in pod.containers() {
        for env in container.env() {
            let EnvSource::Literal(value) = env.source else { continue };
            if let Some(found) = search(env.name, value) {
                let path = container.root().key("env").index(env.index).key("value");
                let what = format!("environment variable `{}` of {}", env.name, container.title());
                report(path, &what, found, out);
            }
        }
        command(container, container.fields.command, "command", out);
        command(container, container.fields.args, "args", out);
        if let Some(script) = container.fields.script.and_then(Node::as_str)
            && let Some(found) = search("script", script)
        {
            report(container.path("script"), &format!("the script of {}", container.title()), found, out);
        }
        for kind in [ProbeKind::Liveness, ProbeKind::Readiness, ProbeKind::Startup] {
            let probe = container.probe(kind).map(|probe| probe.node);
            exec(container, probe, kind.field(), out);
        }
        let lifecycle = container.fields.lifecycle;
        for (hook, path) in [("postStart", "lifecycle.postStart"), ("preStop", "lifecycle.preStop")] {
            exec(container, lifecycle.and_then(|lifecycle| lifecycle.field(hook)), path, out);
        }
    }
}

/// Annotations of the template: agents read configurations from there.
fn annotations(pod: &Pod<'_>, out: &mut Findings) {
    for (key, value) in pod.annotations().iter() {
        if let Some(found) = in_annotation(key, value) {
            let path = FieldPath::root().key("metadata").key("annotations").key(key);
            report(path, &format!("annotation `{key}` of the pod"), found, out);
        }
    }
}

fn exec(container: &Container<'_>, handler: Option<Node<'_>>, path: &str, out: &mut Findings) {
    let Some(list) = handler.and_then(|node| node.field("exec")).and_then(|exec| exec.field("command"))
    else {
        return;
    };
    command(container, Some(list), &format!("{path}.exec.command"), out);
}

/// A list of arguments: each by itself, and a flag with the argument after it.
fn command(container: &Container<'_>, list: Option<Node<'_>>, field: &str, out: &mut Findings) {
    let mut flag: Option<&str> = None;
    for (index, text) in container.argv(list) {
        let after = flag.take().filter(|_| !text.starts_with('-'));
        let alone = || {
            find(text).or_else(|| if text.contains('\n') { search("script", text) } else { assigned(text) })
        };
        let found = after.and_then(|name| find_named(name, text)).or_else(alone);
        if let Some(found) = found {
            let what = format!("`{field}` of {}", container.title());
            report(container.path(&format!("{field}[{index}]")), &what, found, out);
        }
        if text.starts_with('-') && !text.contains(['=', ' ']) {
            flag = Some(text.trim_start_matches('-'));
        }
    }
}

fn report(path: FieldPath, place: &str, found: Credential, out: &mut Findings) {
    let draft = out.fail(path, format!("{place} holds {}", found.title())).sensitive();
    if found == Credential::Named {
        draft.severity(Severity::Medium).class("name");
    }
}
