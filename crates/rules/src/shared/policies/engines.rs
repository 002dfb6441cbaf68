//! Policies in CEL, Gatekeeper's constraints, Kubewarden's policies, and verifiers of images.

use rampart_document::Node;
use rampart_model::{GroupKind, Object};

use super::{Control, Denies, Scope, denied_by_words, takes_pods};
use crate::Context;

const VAP: GroupKind<'static> = GroupKind::new("admissionregistration.k8s.io", "ValidatingAdmissionPolicy");
const BINDING: GroupKind<'static> =
    GroupKind::new("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding");
const TEMPLATE: GroupKind<'static> = GroupKind::new("templates.gatekeeper.sh", "ConstraintTemplate");

/// Kinds of Kubewarden's policies.
const KUBEWARDEN: [GroupKind<'static>; 2] = [
    GroupKind::new("policies.kubewarden.io", "ClusterAdmissionPolicy"),
    GroupKind::new("policies.kubewarden.io", "AdmissionPolicy"),
];

pub(super) fn collect<'a>(context: &Context<'a>, all: &mut Vec<Control<'a>>) {
    bound_policies(context, all);
    constraints(context, all);
    kubewarden(context, all);
    verifiers(context, all);
}

fn bound_policies<'a>(context: &Context<'a>, all: &mut Vec<Control<'a>>) {
    for binding in context.inventory.of_kind(BINDING) {
        let actions = binding.field(&["spec", "validationActions"]).into_iter().flat_map(Node::items);
        let name = binding.field(&["spec", "policyName"]).and_then(Node::scalar_text).unwrap_or("");
        let Some(policy) = context.inventory.find(VAP, None, name) else { continue };
        if !actions.into_iter().any(|action| action.scalar_text() == Some("Deny")) {
            continue;
        }
        let mut scope = match_scope(policy.field(&["spec", "matchConstraints"]));
        if let Some(narrower) = binding.field(&["spec", "matchResources"]) {
            let own = match_scope(Some(narrower));
            scope.selectors.extend(own.selectors);
            scope.partial |= own.partial;
        }
        let conditions = policy.field(&["spec", "matchConditions"]);
        scope.partial |= conditions.is_some_and(|list| !list.is_empty());
        let denies = policy.spec().map(denied_by_words).unwrap_or_default();
        all.push(Control { object: policy.id(), denies, scope });
    }
}

/// `matchConstraints` or `matchResources`; absent rules in the latter mean those of the policy.
pub(super) fn match_scope(constraints: Option<Node<'_>>) -> Scope<'_> {
    let mut scope = Scope::default();
    let Some(constraints) = constraints else { return scope };
    scope.selectors.extend(constraints.field("namespaceSelector"));
    scope.partial |= constraints.field("objectSelector").is_some_and(|selector| !selector.is_empty());
    if let Some(rules) = constraints.field("resourceRules") {
        let resources =
            rules.items().flat_map(|rule| rule.field("resources").into_iter().flat_map(Node::items));
        scope.partial |= !resources.into_iter().any(takes_pods);
    }
    scope
}

/// True when a constraint refuses what it finds at admission.
pub(crate) fn gatekeeper_denies(constraint: Object<'_>) -> bool {
    let action =
        constraint.field(&["spec", "enforcementAction"]).and_then(Node::scalar_text).unwrap_or("deny");
    let scoped = constraint.field(&["spec", "scopedEnforcementActions"]).into_iter().flat_map(Node::items);
    match action {
        "deny" => true,
        "scoped" => scoped.into_iter().any(|one| {
            let mut points = one.field("enforcementPoints").into_iter().flat_map(Node::items);
            one.field("action").and_then(Node::scalar_text) == Some("deny")
                && points.any(|point| {
                    let name = point.field("name").and_then(Node::scalar_text);
                    matches!(name, Some("*" | "validation.gatekeeper.sh" | "vap.k8s.io"))
                })
        }),
        _ => false,
    }
}

fn constraints<'a>(context: &Context<'a>, all: &mut Vec<Control<'a>>) {
    let templates: Vec<(&str, Denies)> = context
        .inventory
        .of_kind(TEMPLATE)
        .filter_map(|template| {
            let kind =
                template.field(&["spec", "crd", "spec", "names", "kind"]).and_then(Node::scalar_text)?;
            let mut denies = template.field(&["spec", "targets"]).map(denied_by_words).unwrap_or_default();
            denies.unsigned |= kind.contains("Ratify") || kind.contains("Cosign");
            Some((kind, denies))
        })
        .collect();
    for (kind, ids) in context.inventory.kinds() {
        if kind.group != "constraints.gatekeeper.sh" {
            continue;
        }
        let Some((_, denies)) = templates.iter().find(|(own, _)| *own == kind.kind) else { continue };
        for constraint in
            ids.iter().map(|&id| context.inventory.object(id)).filter(|&one| gatekeeper_denies(one))
        {
            let mut scope = Scope::default();
            if let Some(matched) = constraint.field(&["spec", "match"]) {
                scope.included.extend(matched.field("namespaces"));
                scope.excluded.extend(matched.field("excludedNamespaces"));
                scope.selectors.extend(matched.field("namespaceSelector"));
                scope.partial |= ["labelSelector", "name"].iter().any(|field| matched.field(field).is_some());
                if let Some(kinds) = matched.field("kinds") {
                    let lists = kinds.items().filter_map(|one| one.field("kinds"));
                    scope.partial |= !lists.into_iter().flat_map(Node::items).any(takes_pods);
                }
            }
            all.push(Control { object: constraint.id(), denies: *denies, scope });
        }
    }
}

fn kubewarden<'a>(context: &Context<'a>, all: &mut Vec<Control<'a>>) {
    for policy in KUBEWARDEN.iter().flat_map(|&kind| context.inventory.of_kind(kind)) {
        let text = |field| policy.field(&["spec", field]).and_then(Node::scalar_text).unwrap_or("");
        if text("mode") == "monitor" {
            continue;
        }
        let module = text("module");
        let denies = Denies {
            privileged: module.contains("pod-privileged"),
            host_pid: module.contains("host-namespaces-psp"),
            host_ipc: module.contains("host-namespaces-psp"),
            host_network: module.contains("host-namespaces-psp"),
            unsigned: module.contains("verify-image-signatures"),
        };
        let mut scope = Scope { own: policy.namespace(), ..Scope::default() };
        scope.selectors.extend(policy.field(&["spec", "namespaceSelector"]));
        scope.partial |=
            policy.field(&["spec", "objectSelector"]).is_some_and(|selector| !selector.is_empty());
        all.push(Control { object: policy.id(), denies, scope });
    }
}

/// Programs that do nothing but verify images, known by their webhooks, and sigstore's policies.
fn verifiers<'a>(context: &Context<'a>, all: &mut Vec<Control<'a>>) {
    for policy in context.inventory.of_kind(GroupKind::new("policy.sigstore.dev", "ClusterImagePolicy")) {
        if policy.field(&["spec", "mode"]).and_then(Node::scalar_text) != Some("warn") {
            // The controller looks at namespaces that ask for it.
            let opted = |one: Object<'_>| one.labels().get("policy.sigstore.dev/include") == Some("true");
            let namespaces =
                context.inventory.of_kind(GroupKind::core("Namespace")).filter(|&one| opted(one));
            for namespace in namespaces {
                let scope = Scope { own: Some(namespace.name()), ..Scope::default() };
                all.push(Control { object: policy.id(), denies: Denies::UNSIGNED, scope });
            }
        }
    }
    let kind = GroupKind::new("admissionregistration.k8s.io", "ValidatingWebhookConfiguration");
    let mutating = GroupKind::new("admissionregistration.k8s.io", "MutatingWebhookConfiguration");
    for object in context.inventory.of_kind(kind).chain(context.inventory.of_kind(mutating)) {
        for webhook in object.field(&["webhooks"]).into_iter().flat_map(Node::items) {
            let name = webhook.field("name").and_then(Node::scalar_text).unwrap_or("");
            let known = ["connaisseur", "binauthz", "binaryauthorization", "image-policy.k8s.io"];
            let fails = webhook.field("failurePolicy").and_then(Node::scalar_text) != Some("Ignore");
            if fails && known.iter().any(|part| name.contains(part) || object.name().contains(part)) {
                let mut scope = Scope::default();
                scope.selectors.extend(webhook.field("namespaceSelector"));
                scope.partial |= webhook.field("objectSelector").is_some_and(|selector| !selector.is_empty());
                all.push(Control { object: object.id(), denies: Denies::UNSIGNED, scope });
            }
        }
    }
}
