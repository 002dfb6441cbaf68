use rampart_document::{Edit, FieldPath, Node};
use rampart_model::{GroupKind, Object};
use rampart_report::{Fix, Severity};
use serde_json::json;

use super::webhooks::{MAP, MAP_BINDING, VAP, VAP_BINDING};
use crate::shared::paths::at;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "vap-not-enforcing",
    group: Group::Admission,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("vap_not_enforcing.md"),
    check: Check::Object(&[VAP, MAP, VAP_BINDING, MAP_BINDING], check),
};

fn check(object: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    match object.group_kind() {
        VAP => policy(object, VAP_BINDING, 30, context, out),
        MAP => policy(object, MAP_BINDING, 36, context, out),
        VAP_BINDING => {
            actions(object, context, out);
            parameters(object, VAP, context, out);
        }
        _ => parameters(object, MAP, context, out),
    }
}

fn policy_name(binding: Object<'_>) -> &str {
    binding.field(&["spec", "policyName"]).and_then(Node::scalar_text).unwrap_or("")
}

fn policy(
    policy: Object<'_>,
    bindings: GroupKind<'_>,
    since: u16,
    context: &Context<'_>,
    out: &mut Findings,
) {
    let title = format!("{} {}", policy.kind(), policy.name());
    if policy.api_version().ends_with("/v1") && !context.version.at_least(since) {
        let what = format!(
            "Kubernetes {} does not serve {} in v1 (1.{since} and newer do)",
            context.version,
            policy.kind()
        );
        out.fail(at(&["apiVersion"]), what).class("version");
    }
    let warnings = policy.field(&["status", "typeChecking", "expressionWarnings"]).and_then(Node::as_seq);
    if warnings.is_some_and(|list| !list.is_empty()) {
        let what = format!("expressions of {title} do not fit the types that it matches");
        out.fail(at(&["status", "typeChecking", "expressionWarnings"]), what).class("types");
    }
    let mut bound = context.bindings_of(bindings, policy.name()).peekable();
    if bound.peek().is_some() {
        return;
    }
    let path = at(&["metadata", "name"]);
    match context.inventory.coverage().gap(bindings, None) {
        Some(gap) => out.unknown(path, format!("no binding of {title} was read: {gap}")).class("unbound"),
        None => out.fail(path, format!("{title} has no binding, so it is never evaluated")).class("unbound"),
    };
}

impl<'a> Context<'a> {
    /// The bindings of a policy. Clusters have few of them.
    fn bindings_of(&self, kind: GroupKind<'_>, policy: &str) -> impl Iterator<Item = Object<'a>> {
        self.inventory.of_kind(kind).filter(move |&binding| policy_name(binding) == policy)
    }
}

fn denies(binding: Object<'_>) -> bool {
    let mut actions = binding.field(&["spec", "validationActions"]).into_iter().flat_map(Node::items);
    actions.any(|action| action.scalar_text() == Some("Deny"))
}

/// Fails a binding that only reports, unless another binding of the policy denies.
fn actions(binding: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    let Some(list) = binding.field(&["spec", "validationActions"]).and_then(Node::as_seq) else { return };
    let name = policy_name(binding);
    if context.bindings_of(VAP_BINDING, name).any(denies) {
        return;
    }
    let said: Vec<&str> = list.items().filter_map(Node::as_str).collect();
    let path = at(&["spec", "validationActions"]);
    let what = format!("ValidatingAdmissionPolicy {name} denies nothing ({})", said.join(", "));
    // The API forbids Warn beside Deny.
    let kept = if said.contains(&"Audit") { json!(["Deny", "Audit"]) } else { json!(["Deny"]) };
    let edit = Edit::set(path.clone(), kept);
    out.fail(path, what).fix(Fix::review("deny what breaks the policy", [edit]));
}

fn parameters(binding: Object<'_>, kind: GroupKind<'_>, context: &Context<'_>, out: &mut Findings) {
    let Some(reference) = binding.field(&["spec", "paramRef"]) else { return };
    let path = at(&["spec", "paramRef"]);
    let Some(policy) = context.inventory.find(kind, None, policy_name(binding)) else { return };
    let text = |field| policy.field(&["spec", "paramKind", field]).and_then(Node::scalar_text);
    let (Some(version), Some(of_kind)) = (text("apiVersion"), text("kind")) else { return };
    let wanted = GroupKind::of(version, of_kind);
    let field = |name| reference.field(name).and_then(Node::scalar_text);
    let found = |object: Object<'_>| {
        let namespace = field("namespace").is_none_or(|own| object.namespace().is_none_or(|one| one == own));
        namespace && field("name").is_none_or(|name| object.name() == name)
    };
    if context.inventory.of_kind(wanted).any(found) {
        return;
    }
    let name = field("name").map_or_else(|| format!("any {of_kind}"), |name| format!("{of_kind} {name}"));
    report_missing(path, &name, policy, context.inventory.coverage().gap(wanted, field("namespace")), out);
}

fn report_missing(path: FieldPath, name: &str, policy: Object<'_>, gap: Option<String>, out: &mut Findings) {
    match gap {
        Some(gap) => {
            out.unknown(path, format!("parameter {name} cannot be looked up: {gap}")).class("parameter")
        }
        None => {
            let what = format!("parameter {name} of {} {} does not exist", policy.kind(), policy.name());
            out.fail(path, what).class("parameter")
        }
    };
}
