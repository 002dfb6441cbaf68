//! CiliumNetworkPolicy. Addresses of nodes are no CIDRs for Cilium but the entities `host` and `remote-node`.

use serde_json::{Map, Value, json};

use super::{DNS, DNS_NAMESPACE, EVERYWHERE, Group, Side, Wanted, label_map, namespace_name};
use crate::cidr::Cidr;
use crate::policy::Direction;
use crate::world::World;

/// The label by which Cilium knows a pod's namespace.
const NAMESPACE: &str = "k8s:io.kubernetes.pod.namespace";

pub(super) fn document(world: &World, wanted: &Wanted<'_>) -> Value {
    let mut spec = Map::new();
    let labels = label_map(world, wanted.labels, "k8s:");
    let selector = if labels.is_empty() { json!({}) } else { json!({"matchLabels": labels}) };
    spec.insert("endpointSelector".to_owned(), selector);
    let opens_only = wanted.labels.is_empty() && wanted.rules.iter().any(|rules| !rules.is_empty());
    for direction in Direction::BOTH {
        let rules: Vec<Value> =
            wanted.rules[direction as usize].iter().map(|group| rule(world, group, direction)).collect();
        // An empty rule matches nothing and so only isolates.
        let rules = if rules.is_empty() && !opens_only { vec![json!({})] } else { rules };
        if !rules.is_empty() {
            spec.insert(direction.name().to_owned(), Value::Array(rules));
        }
    }
    json!({
        "apiVersion": "cilium.io/v2",
        "kind": "CiliumNetworkPolicy",
        "metadata": {"name": wanted.name, "namespace": namespace_name(world, wanted.namespace)},
        "spec": spec,
    })
}

fn rule(world: &World, group: &Group, direction: Direction) -> Value {
    let word = if direction == Direction::Ingress { "from" } else { "to" };
    let ports: Vec<Value> = group
        .ports
        .iter()
        .map(|(proto, port)| json!({"port": port.to_string(), "protocol": proto.name()}))
        .collect();
    let (key, peer) = match &group.peer {
        Side::Address(address) => ("CIDR", json!([Cidr::host(*address).to_string()])),
        Side::Outside => ("CIDR", json!(EVERYWHERE)),
        Side::Node(_) => ("Entities", json!(["host", "remote-node"])),
        Side::Dns => (
            "Endpoints",
            json!([{"matchLabels": {NAMESPACE: DNS_NAMESPACE, format!("k8s:{}", DNS.0): DNS.1}}]),
        ),
        Side::Pods(namespace, labels) => {
            let mut map = Map::new();
            map.insert(NAMESPACE.to_owned(), json!(namespace_name(world, *namespace)));
            map.extend(label_map(world, labels, "k8s:"));
            ("Endpoints", json!([{"matchLabels": map}]))
        }
    };
    json!({format!("{word}{key}"): peer, "toPorts": [{"ports": ports}]})
}
