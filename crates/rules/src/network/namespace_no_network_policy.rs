use std::collections::BTreeMap;

use rampart_document::FieldPath;
use rampart_model::ObjectId;
use rampart_netpol::Direction;
use rampart_report::{Fix, ObjectChange, Severity};
use serde_json::json;

use super::policies::{Known, deny, known, namespace_of, new_policy};
use crate::index::is_system;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "namespace-no-network-policy",
    group: Group::Network,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("namespace_no_network_policy.md"),
    check: Check::Set(check),
};

fn check(context: &Context<'_>, out: &mut Findings) {
    for (name, first) in inhabited(context) {
        let object = context.inventory.object(first);
        let namespace = namespace_of(context.inventory, name);
        let (place, path) = match namespace {
            Some(namespace) => (namespace.id(), FieldPath::root().key("metadata").key("name")),
            None => (first, FieldPath::root().key("metadata").key("namespace")),
        };
        let walled = || context.reachability().is_some_and(|reach| reach.is_walled(name));
        let covered = !context.policies().of(name).is_empty() || walled();
        match known(context, name, namespace.unwrap_or(object).is_from_files()) {
            Known::Elsewhere => {}
            // A policy that was read is one, whatever else there is.
            _ if covered => _ = out.on(place),
            Known::No(reason) => {
                let what = format!("network policies were not read in full: {reason}");
                out.on(place).unknown(path, what);
            }
            Known::Yes => {
                let what = format!("namespace {name} runs pods and has no network policy");
                let draft = out.on(place).fail(path, what).fix(fix(context, name));
                if is_system(name) {
                    draft.severity(Severity::Low);
                }
            }
        }
    }
}

/// The namespaces that hold a pod or a pod template, each with the first object that has one.
fn inhabited<'a>(context: &Context<'a>) -> BTreeMap<&'a str, ObjectId> {
    let mut namespaces: BTreeMap<&str, ObjectId> = BTreeMap::new();
    for (kind, ids) in context.inventory.kinds() {
        if context.carriers.carries(kind) {
            for &id in ids {
                if let Some(namespace) = context.inventory.object(id).effective_namespace() {
                    namespaces.entry(namespace).and_modify(|first| *first = id.min(*first)).or_insert(id);
                }
            }
        }
    }
    namespaces
}

fn fix(context: &Context<'_>, namespace: &str) -> Fix {
    let directions: &[Direction] = if context.strict { &Direction::BOTH } else { &[Direction::Ingress] };
    let manifest = new_policy(context.inventory, namespace, "default-deny", &deny(&json!({}), directions));
    Fix::review("add a default-deny policy; then allow what the pods need", [])
        .with(ObjectChange::Create { manifest })
}
