use rampart_document::{FieldPath, Node};
use rampart_model::{GroupKind, Object, Origin};
use rampart_report::Severity;

use crate::shared::coverage::gap_of_pods;
use crate::shared::services::kind;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "service-selects-nothing",
    group: Group::Network,
    severity: Severity::Low,
    profile: Profile::Default,
    doc: include_str!("service_selects_nothing.md"),
    check: Check::Object(&[GroupKind::core("Service")], check),
};

fn check(service: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    if kind(service) == "ExternalName" {
        return;
    }
    let live = matches!(service.origin(), Origin::Cluster { .. });
    let selector = service.field(&["spec", "selector"]).and_then(Node::as_map);
    let path = FieldPath::root().key("spec").key("selector");
    let Some(selector) = selector.filter(|map| !map.is_empty()) else {
        if live && ready(context, service) == Some(None) {
            out.fail(path, "the Service has no selector and no EndpointSlice").class("no-endpoints");
        }
        return;
    };
    if context.pods().of_service(service, context.carriers).next().is_some() {
        if live && ready(context, service) == Some(Some(false)) {
            out.fail(path, "the Service selects pods, and none of them is ready").class("not-ready");
        }
        return;
    }
    let namespace = service.effective_namespace();
    let labels: Vec<String> = selector
        .entries()
        .map(|(key, _, value)| format!("{key}={}", value.scalar_text().unwrap_or("")))
        .collect();
    let labels = labels.join(",");
    match gap_of_pods(context, namespace) {
        None => {
            let place = namespace.unwrap_or_default();
            out.fail(path, format!("no pod of namespace {place} has the labels {labels}"));
        }
        Some(reason) => {
            out.unknown(path, format!("no pod that was read has the labels {labels}; {reason}"));
        }
    }
}

/// Whether an endpoint of the Service is ready, `Some(None)` when it has none at all; `None` when they were not read.
/// An unset condition counts as ready, as the API says.
fn ready(context: &Context<'_>, service: Object<'_>) -> Option<Option<bool>> {
    let kind = GroupKind::new("discovery.k8s.io", "EndpointSlice");
    if !context.inventory.coverage().is_full(kind, service.effective_namespace()) {
        return None;
    }
    let slices = context.endpoint_slices().of(service.effective_namespace()?, service.name());
    let ready = |endpoint: Node<'_>| {
        let condition = endpoint.field("conditions").and_then(|conditions| conditions.field("ready"));
        condition.is_none_or(|ready| ready.as_bool() != Some(false))
    };
    let slices: Vec<Object<'_>> = slices.iter().map(|&id| context.inventory.object(id)).collect();
    let old =
        context.inventory.find(GroupKind::core("Endpoints"), service.effective_namespace(), service.name());
    if slices.is_empty() {
        let addresses = old.map(|old| {
            let subsets = old.field(&["subsets"]).into_iter().flat_map(Node::items);
            subsets.filter_map(|subset| subset.field("addresses")).any(|list| !list.is_empty())
        });
        return Some(addresses);
    }
    let lists = slices.iter().filter_map(|slice| slice.field(&["endpoints"]).and_then(Node::as_seq));
    Some(Some(lists.flat_map(Node::items).any(ready)))
}
