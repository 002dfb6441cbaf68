use rampart_document::{FieldPath, Node};
use rampart_model::Object;
use rampart_report::Severity;

use super::webhooks::{KINDS, VAP_BINDING, is_empty_selector, webhooks};
use crate::shared::paths::at;
use crate::shared::policies::NAME;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "webhook-opt-out",
    group: Group::Admission,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("webhook_opt_out.md"),
    check: Check::Object(&[KINDS[0], KINDS[1], VAP_BINDING], check),
};

fn check(object: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    if object.group_kind() == VAP_BINDING {
        if let Some(resources) = object.field(&["spec", "matchResources"]) {
            let title = format!("ValidatingAdmissionPolicyBinding {}", object.name());
            selectors(resources, &at(&["spec", "matchResources"]), &title, context, out);
        }
        return;
    }
    for webhook in webhooks(object) {
        let root = at(&["webhooks"]).index(webhook.index);
        selectors(webhook.node, &root, &webhook.title(), context, out);
        let conditions = webhook.node.field("matchConditions").and_then(Node::as_seq);
        for (index, condition) in conditions.into_iter().flat_map(Node::items).enumerate() {
            let text = condition.field("expression").and_then(Node::as_str).unwrap_or("");
            if let Some(reason) = lets_out(text) {
                let path = root.key("matchConditions").index(index).key("expression");
                out.fail(path, format!("{} {reason}", webhook.title())).class("condition");
            }
        }
    }
}

/// Why an expression leaves the decision to the object's author, if it does.
fn lets_out(expression: &str) -> Option<&'static str> {
    let dense: String = expression.chars().filter(|c| !c.is_whitespace() && *c != '?').collect();
    let broad = [
        "system:authenticated",
        "system:unauthenticated",
        "system:serviceaccounts'",
        "system:serviceaccounts\"",
    ];
    if dense.contains("object.metadata.labels") || dense.contains("object.metadata.annotations") {
        Some("is not asked about objects whose labels or annotations say so")
    } else if dense.contains("request.userInfo") && broad.iter().any(|group| dense.contains(group)) {
        Some("is not asked about requests of a group that nearly everybody is in")
    } else {
        None
    }
}

fn selectors(node: Node<'_>, root: &FieldPath, title: &str, context: &Context<'_>, out: &mut Findings) {
    let field = |name| node.field(name).filter(|selector: &Node<'_>| !is_empty_selector(*selector));
    if let Some(selector) = field("objectSelector") {
        let (key, avoids) = first_label(selector, |_| true).unwrap_or(("a label", false));
        let how = if avoids { "with" } else { "without" };
        let what = format!("{title} skips objects {how} the label {key}, which their author sets");
        out.fail(root.key("objectSelector"), what).class("object");
    }
    let Some(selector) = field("namespaceSelector") else { return };
    if let Some((key, true)) = first_label(selector, |key| key != NAME) {
        let what = format!("{title} skips namespaces that carry the label {key}");
        let draft = out.fail(root.key("namespaceSelector"), what).class("namespace");
        draft.severity(Severity::Low);
        if let Some(binding) = context.namespace_labeller() {
            draft.severity(Severity::Medium);
            draft.evidence_in(binding, at(&["roleRef"]), "lets others than administrators label namespaces");
        }
    }
}

/// The first label of a selector that is looked for, opt-outs first, with whether having it takes an object out.
fn first_label<'a>(selector: Node<'a>, wanted: impl Fn(&str) -> bool) -> Option<(&'a str, bool)> {
    let expressions = || selector.field("matchExpressions").into_iter().flat_map(Node::items);
    let key = |one: Node<'a>| one.field("key").and_then(Node::as_str).filter(|key| wanted(key));
    let avoids = |one: &Node<'a>| {
        matches!(one.field("operator").and_then(Node::as_str), Some("NotIn" | "DoesNotExist"))
    };
    let out = expressions().filter(avoids).find_map(key).map(|key| (key, true));
    let labels = || selector.field("matchLabels").into_iter().flat_map(Node::entries);
    out.or_else(|| labels().map(|(key, ..)| key).find(|key| wanted(key)).map(|key| (key, false)))
        .or_else(|| expressions().find_map(key).map(|key| (key, false)))
}
