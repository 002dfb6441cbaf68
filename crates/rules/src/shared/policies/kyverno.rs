//! Kyverno policies.

use rampart_document::Node;
use rampart_model::{GroupKind, Object};

use super::{Control, Denies, Scope, denied_by_words, takes_pods};
use crate::Context;

/// What a Kyverno rule does with what it finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// It refuses it.
    Enforce,
    /// It reports it.
    Audit,
}

impl Action {
    fn read(node: Option<Node<'_>>) -> Option<Self> {
        let text = node?.scalar_text()?;
        Some(if text.eq_ignore_ascii_case("enforce") { Self::Enforce } else { Self::Audit })
    }
}

/// The rules of a policy with their index.
pub(crate) fn rules(policy: Object<'_>) -> impl Iterator<Item = (usize, Node<'_>)> {
    let list = policy.field(&["spec", "rules"]).and_then(Node::as_seq);
    list.into_iter().flat_map(Node::items).enumerate()
}

/// What a rule does; `None` for rules that judge nothing (mutate, generate). An override for some namespaces counts when
/// it enforces, one for all namespaces in any case. Unset means Audit.
pub(crate) fn action(policy: Object<'_>, rule: Node<'_>) -> Option<Action> {
    let validate = rule.field("validate");
    let images = rule.field("verifyImages").filter(|list| !list.is_empty());
    if validate.is_none() && images.is_none() {
        return None;
    }
    let own = Action::read(validate.and_then(|node| node.field("failureAction")));
    let mut of_images = images.into_iter().flat_map(Node::items);
    let of_images = of_images.find_map(|image| Action::read(image.field("failureAction")));
    let shared = Action::read(policy.field(&["spec", "validationFailureAction"]));
    let mut action = own.or(of_images).or(shared).unwrap_or(Action::Audit);
    let own = validate.and_then(|node| node.field("failureActionOverrides"));
    let shared = policy.field(&["spec", "validationFailureActionOverrides"]);
    for one in own.or(shared).into_iter().flat_map(Node::items) {
        let everywhere = one
            .field("namespaces")
            .is_none_or(|list| list.items().any(|name| name.scalar_text() == Some("*")))
            && one.field("namespaceSelector").is_none();
        match Action::read(one.field("action")) {
            Some(Action::Enforce) => return Some(Action::Enforce),
            Some(Action::Audit) if everywhere => action = Action::Audit,
            _ => {}
        }
    }
    Some(action)
}

/// True when the policy takes part in admission at all.
pub(crate) fn enforces(policy: Object<'_>) -> bool {
    let admission = match policy.group_kind().group {
        "kyverno.io" => policy.field(&["spec", "admission"]),
        _ => policy.field(&["spec", "evaluation", "admission", "enabled"]),
    };
    admission.and_then(Node::as_bool) != Some(false)
}

pub(super) fn collect<'a>(context: &Context<'a>, all: &mut Vec<Control<'a>>) {
    for kind in ["ClusterPolicy", "Policy"] {
        for policy in context.inventory.of_kind(GroupKind::new("kyverno.io", kind)) {
            for (_, rule) in rules(policy).filter(|_| enforces(policy)) {
                if action(policy, rule) == Some(Action::Enforce) {
                    let scope = scope(policy, rule);
                    all.push(Control { object: policy.id(), denies: denies(rule), scope });
                }
            }
        }
    }
    for kind in ["ValidatingPolicy", "ImageValidatingPolicy"] {
        for policy in context.inventory.of_kind(GroupKind::new("policies.kyverno.io", kind)) {
            if !enforces(policy) || !denies_by_actions(policy) {
                continue;
            }
            let denies = if kind == "ImageValidatingPolicy" {
                Denies::UNSIGNED
            } else {
                policy.spec().map(denied_by_words).unwrap_or_default()
            };
            let scope = super::engines::match_scope(policy.field(&["spec", "matchConstraints"]));
            all.push(Control { object: policy.id(), denies, scope });
        }
    }
}

/// `validationActions` of the CEL kinds; unset means Deny.
pub(crate) fn denies_by_actions(policy: Object<'_>) -> bool {
    let actions = policy.field(&["spec", "validationActions"]).filter(|list| !list.is_empty());
    actions.is_none_or(|list| list.items().any(|action| action.scalar_text() == Some("Deny")))
}

fn denies(rule: Node<'_>) -> Denies {
    let images = rule.field("verifyImages").filter(|list| !list.is_empty());
    let unsigned = if images.is_some() { Denies::UNSIGNED } else { Denies::default() };
    let Some(validate) = rule.field("validate") else { return unsigned };
    let level =
        validate.field("podSecurity").and_then(|check| check.field("level")).and_then(Node::scalar_text);
    let own = match level {
        Some("baseline" | "restricted") => Denies::BASELINE,
        _ => denied_by_words(validate),
    };
    own.or(unsigned)
}

/// `match` may say `resources`, `any` or `all`; what it narrows down besides namespaces makes it partial.
fn scope<'a>(policy: Object<'a>, rule: Node<'a>) -> Scope<'a> {
    let mut scope = Scope { own: policy.namespace(), ..Scope::default() };
    let mut takes = false;
    for resources in blocks(rule.field("match")) {
        takes |= resources.field("kinds").into_iter().flat_map(Node::items).any(takes_pods);
        scope.included.extend(resources.field("namespaces"));
        scope.selectors.extend(resources.field("namespaceSelector"));
        scope.partial |= ["selector", "name", "names", "annotations"].iter().any(|field| {
            resources
                .field(field)
                .is_some_and(|value| !value.is_empty() || value.scalar_text().is_some_and(|text| text != "*"))
        });
    }
    for resources in blocks(rule.field("exclude")) {
        // An exclusion of single objects leaves the namespace covered.
        let whole = ["selector", "name", "names", "annotations", "kinds"]
            .iter()
            .all(|field| resources.field(field).is_none());
        scope.excluded.extend(resources.field("namespaces").filter(|_| whole));
    }
    scope.partial |= !takes;
    scope
}

/// True when a rule is about pods.
pub(crate) fn matches_pods(rule: Node<'_>) -> bool {
    blocks(rule.field("match"))
        .any(|resources| resources.field("kinds").into_iter().flat_map(Node::items).any(takes_pods))
}

fn blocks<'a>(node: Option<Node<'a>>) -> impl Iterator<Item = Node<'a>> {
    let resources = |one: Node<'a>| one.field("resources");
    let listed = ["any", "all"]
        .into_iter()
        .filter_map(move |key| node?.field(key))
        .flat_map(Node::items)
        .filter_map(resources);
    node.and_then(resources).into_iter().chain(listed)
}
