use rampart_document::{Edit, FieldPath, Node};
use rampart_model::{GroupKind, Object, Version};
use rampart_report::{Fix, Severity};

use super::pod_security::{configurations, label_path, value};
use crate::index::NAMESPACE;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "namespace-pod-security-old-version",
    group: Group::Admission,
    severity: Severity::Low,
    profile: Profile::Default,
    doc: include_str!("namespace_pod_security_old_version.md"),
    check: Check::Object(
        &[
            NAMESPACE,
            GroupKind::new("apiserver.config.k8s.io", "AdmissionConfiguration"),
            GroupKind::new("pod-security.admission.config.k8s.io", "PodSecurityConfiguration"),
        ],
        check,
    ),
};

const MODES: [&str; 3] = ["enforce", "audit", "warn"];

/// Minors that a pinned version may be behind.
const BEHIND: u16 = 3;

fn check(object: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    if object.group_kind() == NAMESPACE {
        for mode in MODES {
            let field = format!("{mode}-version");
            if let Some(text) = value(object, &field) {
                version(mode, text, label_path(&field), context, out);
            }
        }
        return;
    }
    for (_, configuration, path) in configurations(context).filter(|(own, ..)| own.id() == object.id()) {
        let Some(configuration) = configuration else { continue };
        let defaults = configuration.field("defaults");
        for mode in MODES {
            let field = format!("{mode}-version");
            if let Some(text) = defaults.and_then(|map| map.field(&field)).and_then(Node::as_str) {
                version(mode, text, path.key("defaults").key(&field), context, out);
            }
        }
        exemptions(configuration, &path, out);
    }
}

fn version(mode: &str, text: &str, path: FieldPath, context: &Context<'_>, out: &mut Findings) {
    let Ok(pinned) = Version::parse(text) else { return };
    let target = context.version;
    let what = if pinned > target {
        format!("{mode} is pinned to {text}, newer than Kubernetes {target}, so the latest rules count")
    } else if pinned.minor() + BEHIND < target.minor() {
        format!("{mode} is pinned to the rules of {text}; Kubernetes {target} knows newer ones")
    } else {
        return;
    };
    let severity = if mode == "enforce" { Severity::Low } else { Severity::Info };
    let edit = Edit::set(path.clone(), "latest");
    out.fail(path, what).severity(severity).fix(Fix::review("follow the cluster's version", [edit]));
}

fn exemptions(configuration: Node<'_>, path: &FieldPath, out: &mut Findings) {
    let Some(exempt) = configuration.field("exemptions") else { return };
    for list in ["usernames", "namespaces"] {
        let names = exempt.field(list).and_then(Node::as_seq).into_iter().flat_map(Node::items);
        for (index, name) in names.enumerate() {
            let Some(name) = name.as_str().filter(|name| *name != "kube-system") else { continue };
            let what = format!(
                "{} is exempt from Pod Security",
                if list == "usernames" { format!("user {name}") } else { format!("namespace {name}") }
            );
            let path = path.key("exemptions").key(list).index(index);
            out.fail(path, what).severity(Severity::Medium).class("exemption");
        }
    }
}
