//! Whether a pod template keeps its own replicas apart.

use rampart_document::Node;
use rampart_model::{GroupKind, Labels, Selector};

use crate::{Context, Workload};

/// Topology keys under which two pods of one domain may still be apart, or are on one node.
const KEYS: [&str; 3] =
    ["kubernetes.io/hostname", "topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"];

/// True when an anti-affinity or spread constraint selects the template's own labels. `None` when that rests on
/// something that cannot be read.
pub(super) fn is_spread(workload: &Workload<'_>, context: &Context<'_>) -> Option<bool> {
    let pod = &workload.pod;
    let mut open = false;
    let constraints = pod.fields.topology_spread_constraints.and_then(Node::as_seq);
    for constraint in constraints.into_iter().flat_map(Node::items) {
        match selects(constraint, pod.labels()) {
            Some(true) => return Some(true),
            Some(false) => {}
            None => open = true,
        }
    }
    let anti = pod.fields.affinity.and_then(|affinity| affinity.field("podAntiAffinity"));
    let list = |key| anti.and_then(|anti| anti.field(key)).and_then(Node::as_seq);
    let required = list("requiredDuringSchedulingIgnoredDuringExecution");
    let preferred = list("preferredDuringSchedulingIgnoredDuringExecution");
    let required = required.into_iter().flat_map(Node::items);
    let preferred = preferred.into_iter().flat_map(Node::items);
    for term in required.chain(preferred.filter_map(|weighted| weighted.field("podAffinityTerm"))) {
        let key = term.field("topologyKey").and_then(Node::as_str);
        if !key.is_some_and(|key| KEYS.contains(&key)) {
            continue;
        }
        match (selects(term, pod.labels()), covers_own_namespace(term, workload, context)) {
            (Some(true), Some(true)) => return Some(true),
            (Some(false), _) | (_, Some(false)) => {}
            _ => open = true,
        }
    }
    (!open).then_some(false)
}

/// Whether the `labelSelector` (absent: nothing, empty: everything) with its label keys meets the template's labels.
fn selects(term: Node<'_>, labels: Labels<'_>) -> Option<bool> {
    let Some(selector) = term.field("labelSelector") else { return Some(false) };
    let mut unlike = term.field("mismatchLabelKeys").into_iter().flat_map(Node::items);
    // A key listed here asks for another value than the pod's own.
    if unlike.any(|key| key.scalar_text().is_some_and(|key| labels.get(key).is_some())) {
        return Some(false);
    }
    Selector::label_selector(selector).matches(labels)
}

/// Whether an affinity term looks at the workload's own namespace. `None` when the labels of the namespace are needed
/// and were not read.
fn covers_own_namespace(term: Node<'_>, workload: &Workload<'_>, context: &Context<'_>) -> Option<bool> {
    let own = workload.object.effective_namespace()?;
    let listed = term.field("namespaces").filter(|list| !list.is_empty());
    if listed.is_some_and(|list| list.items().any(|item| item.scalar_text() == Some(own))) {
        return Some(true);
    }
    let Some(selector) = term.field("namespaceSelector") else { return Some(listed.is_none()) };
    let selector = Selector::label_selector(selector);
    if selector.is_empty() {
        return Some(true);
    }
    let namespace = context.inventory.find(GroupKind::core("Namespace"), None, own)?;
    selector.matches(namespace.labels())
}
