use rampart_document::mismatches::watch;
use rampart_document::{FieldPath, Node};
use rampart_model::{GroupKind, Object};
use rampart_report::Severity;

use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "naked-pod",
    group: Group::Hygiene,
    severity: Severity::Low,
    profile: Profile::Default,
    doc: include_str!("naked_pod.md"),
    check: Check::Object(&[GroupKind::core("Pod")], check),
};

fn check(pod: Object<'_>, _context: &Context<'_>, out: &mut Findings) {
    let mirror = || pod.annotations().get("kubernetes.io/config.mirror").is_some();
    let (exempt, unreadable) =
        watch(|| pod.controller().is_some() || mirror() || is_completed(pod) || is_helm_test(pod));
    // The engine makes a silent answer on unreadable values unknown.
    if exempt || unreadable {
        return;
    }
    let path = FieldPath::root().key("metadata").key("ownerReferences");
    out.fail(path, format!("Pod {} has no controller that would replace it", pod.name()));
}

fn is_completed(pod: Object<'_>) -> bool {
    let phase = pod.field(&["status", "phase"]).and_then(Node::as_str);
    matches!(phase, Some("Succeeded" | "Failed"))
}

fn is_helm_test(pod: Object<'_>) -> bool {
    let hooks = pod.annotations().get("helm.sh/hook").unwrap_or("");
    hooks.split(',').any(|hook| matches!(hook.trim(), "test" | "test-success" | "test-failure"))
}
