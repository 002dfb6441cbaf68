use rampart_document::{Edit, FieldPath, Node};
use rampart_model::{GroupKind, Labels, Object, Selector};
use rampart_report::{Fix, Severity};

use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "selector-mismatch",
    group: Group::Hygiene,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("selector_mismatch.md"),
    check: Check::Object(
        &[
            GroupKind::new("apps", "DaemonSet"),
            GroupKind::new("apps", "Deployment"),
            JOB,
            GroupKind::new("apps", "ReplicaSet"),
            REPLICATION_CONTROLLER,
            GroupKind::new("apps", "StatefulSet"),
        ],
        check,
    ),
};

const JOB: GroupKind<'static> = GroupKind::new("batch", "Job");
const REPLICATION_CONTROLLER: GroupKind<'static> = GroupKind::core("ReplicationController");

fn check(object: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    let is_job = object.group_kind() == JOB;
    // The API server gives other Jobs a selector of their own.
    if is_job && object.field(&["spec", "manualSelector"]).and_then(Node::as_bool) != Some(true) {
        return;
    }
    let path = FieldPath::root().key("spec").key("selector");
    let written = object.field(&["spec", "selector"]);
    let labels = Labels::new(object.field(&["spec", "template", "metadata", "labels"]));
    let title = || format!("{} {}", object.kind(), object.name());
    let selector = match written {
        None if defaults_to_labels(object) => return,
        None => {
            out.fail(path, format!("{} has no selector", title())).class("absent");
            return;
        }
        Some(node) if object.group_kind() == REPLICATION_CONTROLLER => Selector::map(node),
        Some(node) => Selector::label_selector(node),
    };
    if selector.is_empty() {
        out.fail(path, format!("the selector of {} is empty", title())).class("absent");
        return;
    }
    match selector.matches(labels) {
        Some(true) => {}
        Some(false) => {
            let template = FieldPath::root().key("spec").key("template").key("metadata").key("labels");
            let what = format!("the selector of {} does not match the labels of its pod template", title());
            let draft = out.fail(path, what).evidence(template.clone(), "the labels");
            // A selector cannot be changed later, so the template follows it.
            if let Some(edits) = labels_as_selected(written, &template, labels) {
                draft.fix(Fix::review("give the template the labels of the selector", edits));
            }
            return;
        }
        None => {
            out.unknown(path, format!("the selector of {} has a requirement that cannot be read", title()));
            return;
        }
    }
    if !is_job && let Some(other) = context.controllers().caught_by(object, selector) {
        let what =
            format!("the selector of {} also matches the pods of {} {}", title(), other.kind(), other.name());
        let template = FieldPath::root().key("spec").key("template");
        out.fail(path, what).severity(Severity::Medium).class("overlap").evidence_in(
            other.id(),
            template,
            "its pods",
        );
    }
}

/// The labels that the template lacks; `None` when expressions leave a choice.
fn labels_as_selected(
    selector: Option<Node<'_>>,
    template: &FieldPath,
    labels: Labels<'_>,
) -> Option<Vec<Edit>> {
    let selector = selector?;
    if selector.field("matchExpressions").is_some() {
        return None;
    }
    let wanted = selector.field("matchLabels")?;
    let missing = wanted.entries().filter_map(|(key, _, value)| Some((key, value.as_str()?)));
    let missing = missing.filter(|(key, value)| labels.get(key) != Some(*value));
    Some(missing.map(|(key, value)| Edit::set(template.key(key), value)).collect())
}

/// Kinds and versions in which the API server copies the template's labels into an unset selector.
fn defaults_to_labels(object: Object<'_>) -> bool {
    object.group_kind() == REPLICATION_CONTROLLER
        || matches!(object.api_version(), "extensions/v1beta1" | "apps/v1beta1")
}
