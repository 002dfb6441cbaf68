use rampart_document::{Edit, FieldPath, Node};
use rampart_model::{GroupKind, Object};
use rampart_report::{Fix, Severity};
use serde_json::json;

use crate::shared::paths::at;
use crate::shared::policies::kyverno::{Action, action, denies_by_actions, enforces, rules};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "kyverno-not-enforcing",
    group: Group::Admission,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("kyverno_not_enforcing.md"),
    check: Check::Object(
        &[
            GroupKind::new("kyverno.io", "ClusterPolicy"),
            GroupKind::new("kyverno.io", "Policy"),
            GroupKind::new("kyverno.io", "PolicyException"),
            GroupKind::new("policies.kyverno.io", "ValidatingPolicy"),
            GroupKind::new("policies.kyverno.io", "ImageValidatingPolicy"),
            GroupKind::new("policies.kyverno.io", "PolicyException"),
        ],
        check,
    ),
};

fn check(object: Object<'_>, _context: &Context<'_>, out: &mut Findings) {
    let title = format!("{} {}", object.kind(), object.name());
    let cel = object.group_kind().group == "policies.kyverno.io";
    if object.kind() == "PolicyException" {
        return if cel { cel_exception(object, &title, out) } else { exception(object, &title, out) };
    }
    if !enforces(object) {
        let path = if cel {
            at(&["spec", "evaluation", "admission", "enabled"])
        } else {
            at(&["spec", "admission"])
        };
        let edit = Edit::set(path.clone(), true);
        let draft = out.fail(path, format!("{title} takes no part in admission")).class("background");
        draft.fix(Fix::review("evaluate it at admission", [edit]));
    } else if cel {
        if !denies_by_actions(object) {
            let path = at(&["spec", "validationActions"]);
            let edit = Edit::set(path.clone(), json!(["Deny"]));
            out.fail(path, format!("{title} denies nothing")).fix(Fix::review("deny what breaks it", [edit]));
        }
    } else {
        only_audits(object, &title, out);
    }
}

/// Fails when no judging rule of the policy enforces anywhere.
fn only_audits(policy: Object<'_>, title: &str, out: &mut Findings) {
    // Values of other types make it unknown.
    let shared = policy.field(&["spec", "validationFailureAction"]).map(Node::as_str);
    let judging: Vec<_> = rules(policy).filter(|&(_, rule)| action(policy, rule).is_some()).collect();
    let audits = |&(_, rule): &(usize, Node<'_>)| action(policy, rule) == Some(Action::Audit);
    if shared == Some(None) || judging.is_empty() || !judging.iter().all(audits) {
        return;
    }
    let path = at(&["spec", "validationFailureAction"]);
    let written = if shared.is_some() { "" } else { ", the default" };
    let what = format!("{title} only reports what breaks it (failure action Audit{written})");
    let mut edits = vec![Edit::set(path.clone(), "Enforce")];
    for (index, rule) in judging {
        let own = rule.field("validate").and_then(|validate| validate.field("failureAction"));
        if own.is_some() {
            let path = at(&["spec", "rules"]).index(index).key("validate").key("failureAction");
            edits.push(Edit::set(path, "Enforce"));
        }
    }
    let draft = out.fail(path, what);
    // Overrides and images have actions of their own, which only their author can weigh.
    let plain = policy.field(&["spec", "validationFailureActionOverrides"]).is_none()
        && rules(policy).all(|(_, rule)| {
            let own = rule.field("validate").and_then(|validate| validate.field("failureActionOverrides"));
            own.is_none() && rule.field("verifyImages").is_none_or(Node::is_empty)
        });
    if plain {
        draft.fix(Fix::review("refuse what breaks the policy", edits));
    }
}

fn exception(exception: Object<'_>, title: &str, out: &mut Findings) {
    let list = exception.field(&["spec", "exceptions"]).and_then(Node::as_seq);
    for (index, one) in list.into_iter().flat_map(Node::items).enumerate() {
        let names = one.field("ruleNames").and_then(Node::as_seq).into_iter().flat_map(Node::items);
        if names.into_iter().any(|name| name.as_str() == Some("*")) {
            let path = at(&["spec", "exceptions"]).index(index).key("ruleNames");
            out.fail(path, format!("{title} lifts every rule of a policy")).class("exception-rules");
        }
    }
    let Some(matched) = exception.field(&["spec", "match"]) else { return };
    let root = at(&["spec", "match"]);
    for (path, resources) in blocks(matched, &root) {
        let lists = |field: &str| resources.field(field).into_iter().flat_map(Node::items);
        let star = |field: &str| lists(field).any(|item| item.scalar_text() == Some("*"));
        let narrow = ["names", "name", "namespaces", "namespaceSelector", "selector", "annotations"]
            .iter()
            .any(|field| resources.field(field).is_some());
        if star("kinds") {
            out.fail(path.key("kinds"), format!("{title} covers every kind")).class("exception-kinds");
        } else if star("namespaces") || !narrow {
            out.fail(path.clone(), format!("{title} covers every namespace")).class("exception-namespaces");
        }
    }
}

/// The `resources` of `match`, below `any` and `all` too.
fn blocks<'a>(matched: Node<'a>, root: &FieldPath) -> Vec<(FieldPath, Node<'a>)> {
    let mut all: Vec<(FieldPath, Node<'a>)> = Vec::new();
    all.extend(matched.field("resources").map(|node| (root.key("resources"), node)));
    for list in ["any", "all"] {
        for (index, one) in matched.field(list).into_iter().flat_map(Node::items).enumerate() {
            let path = root.key(list).index(index).key("resources");
            all.extend(one.field("resources").map(|node| (path, node)));
        }
    }
    all
}

/// Without conditions the exception counts for everything that the policies match.
fn cel_exception(exception: Object<'_>, title: &str, out: &mut Findings) {
    let conditions = exception.field(&["spec", "matchConditions"]).and_then(Node::as_seq);
    if conditions.is_none_or(Node::is_empty) {
        let what = format!("{title} has no conditions: it lifts its policies for everything");
        out.fail(at(&["spec", "matchConditions"]), what).class("exception-namespaces");
    }
}
