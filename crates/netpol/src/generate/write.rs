//! Generated policies as NetworkPolicy documents.

use super::{Draft, DraftRule, PeerForm, host_block};
use crate::policy::{Direction, NamespaceId};
use crate::ports::Proto;
use crate::symbols::Sym;
use crate::world::{NAME_LABEL, World};
use serde_json::{Map, Value, json};

/// One NetworkPolicy per draft and one default-deny per namespace that has drafts, each with the number of
/// connections behind every rule. Protocols that NetworkPolicy does not know are left out.
pub fn network_policies(world: &World, drafts: &[Draft]) -> Vec<Value> {
    let mut out = Vec::new();
    let mut last = None;
    for draft in drafts {
        if last != Some(draft.namespace) {
            last = Some(draft.namespace);
            out.push(document(world, draft.namespace, "default-deny", json!({}), [Vec::new(), Vec::new()]));
        }
        if draft.rules.iter().all(Vec::is_empty) {
            continue;
        }
        let name = policy_name(world, drafts, draft);
        let rules = [Direction::Ingress, Direction::Egress]
            .map(|direction| rules(world, draft.namespace, &draft.rules[direction as usize], direction));
        out.push(document(world, draft.namespace, &name, selector(world, &draft.labels), rules));
    }
    out
}

/// The workload's name; with its kind when another workload of the namespace has the same.
fn policy_name(world: &World, drafts: &[Draft], draft: &Draft) -> String {
    let name = world.symbols.text(draft.workload.1);
    let twin = |other: &&Draft| other.namespace == draft.namespace && other.workload.1 == draft.workload.1;
    if drafts.iter().filter(twin).count() < 2 {
        return name.to_owned();
    }
    format!("{name}-{}", world.symbols.text(draft.workload.0).to_ascii_lowercase())
}

fn document(world: &World, namespace: NamespaceId, name: &str, pods: Value, rules: [Vec<Value>; 2]) -> Value {
    let namespace = world.symbols.text(world.namespaces[namespace.0 as usize].name);
    let mut spec = Map::new();
    spec.insert("podSelector".to_owned(), pods);
    spec.insert("policyTypes".to_owned(), json!(["Ingress", "Egress"]));
    for (direction, list) in Direction::BOTH.into_iter().zip(rules) {
        if !list.is_empty() {
            spec.insert(direction.name().to_owned(), Value::Array(list));
        }
    }
    json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    })
}

fn selector(world: &World, labels: &[(Sym, Sym)]) -> Value {
    let text = |sym: Sym| world.symbols.text(sym);
    let labels: Map<String, Value> =
        labels.iter().map(|&(key, value)| (text(key).to_owned(), json!(text(value)))).collect();
    json!({ "matchLabels": labels })
}

/// Rules with one peer each; ports of one peer are joined.
fn rules(world: &World, home: NamespaceId, list: &[DraftRule], direction: Direction) -> Vec<Value> {
    let key = if direction == Direction::Ingress { "from" } else { "to" };
    let known = |rule: &&DraftRule| matches!(rule.port.0, Proto::Tcp | Proto::Udp | Proto::Sctp);
    let list: Vec<&DraftRule> = list.iter().filter(known).collect();
    list.chunk_by(|a, b| a.peer == b.peer)
        .map(|group| {
            let ports: Vec<Value> = group
                .iter()
                .map(|rule| json!({"protocol": rule.port.0.name(), "port": rule.port.1}))
                .collect();
            let peer = match &group[0].peer {
                PeerForm::Address(address) => json!({"ipBlock": {"cidr": host_block(*address).to_string()}}),
                PeerForm::Pods(namespace, labels) if *namespace == home => {
                    json!({"podSelector": selector(world, labels)})
                }
                PeerForm::Pods(namespace, labels) => {
                    let name = world.symbols.text(world.namespaces[namespace.0 as usize].name);
                    json!({
                        "namespaceSelector": {"matchLabels": {NAME_LABEL: name}},
                        "podSelector": selector(world, labels),
                    })
                }
            };
            json!({key: [peer], "ports": ports})
        })
        .collect()
}
