use rampart_document::{Edit, FieldPath, Node};
use rampart_model::{GroupKind, Object};
use rampart_report::{Fix, Severity};

use super::webhooks::{GUARDED, KINDS, MAP, MAP_BINDING, VAP, VAP_BINDING, webhooks};
use crate::shared::paths::at;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "webhook-fails-open",
    group: Group::Admission,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("webhook_fails_open.md"),
    check: Check::Object(
        &[
            KINDS[0],
            KINDS[1],
            VAP,
            MAP,
            VAP_BINDING,
            MAP_BINDING,
            GroupKind::new("kyverno.io", "ClusterPolicy"),
            GroupKind::new("kyverno.io", "Policy"),
        ],
        check,
    ),
};

fn check(object: Object<'_>, _context: &Context<'_>, out: &mut Findings) {
    let ignores = |path: &[&str]| object.field(path).and_then(Node::as_str) == Some("Ignore");
    let title = format!("{} {}", object.kind(), object.name());
    match object.kind() {
        "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration" => of_webhooks(object, out),
        "ValidatingAdmissionPolicyBinding" | "MutatingAdmissionPolicyBinding" => {
            let action = object.field(&["spec", "paramRef", "parameterNotFoundAction"]);
            if action.and_then(Node::as_str) == Some("Allow") {
                let what = format!("{title} lets requests pass when its parameters are not found");
                report(at(&["spec", "paramRef", "parameterNotFoundAction"]), what, "Deny", out);
            }
        }
        _ => {
            for path in [&["spec", "failurePolicy"][..], &["spec", "webhookConfiguration", "failurePolicy"]] {
                if ignores(path) {
                    let what = format!("{title} lets requests pass when it cannot be evaluated");
                    report(at(path), what, "Fail", out);
                }
            }
        }
    }
}

fn report(path: FieldPath, what: String, value: &'static str, out: &mut Findings) {
    let edit = Edit::set(path.clone(), value);
    out.fail(path, what).fix(Fix::review("refuse requests instead", [edit]));
}

fn of_webhooks(object: Object<'_>, out: &mut Findings) {
    for webhook in webhooks(object).filter(|webhook| webhook.fails_open()) {
        let guards = |(_, rule): (usize, super::webhooks::Asked<'_>)| {
            rule.operation(&["CREATE", "UPDATE"])
                && GUARDED.iter().any(|(group, resource)| rule.resource(group, resource))
        };
        if !webhook.rules().any(guards) {
            continue;
        }
        let path = webhook.path("failurePolicy");
        let what = format!("{} lets requests pass when it does not answer", webhook.title());
        let edit = Edit::set(path.clone(), "Fail");
        let draft = out.fail(path, what).fix(Fix::review("refuse requests instead", [edit]));
        if webhook.is_injector() {
            draft.severity(Severity::Low);
        }
    }
}
