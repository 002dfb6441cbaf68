//! NetworkPolicy.

use serde_json::{Map, Value, json};

use super::{DNS, DNS_NAMESPACE, EVERYWHERE, Group, Side, Wanted, label_map, namespace_name};
use crate::cidr::Cidr;
use crate::policy::Direction;
use crate::world::{NAME_LABEL, World};

pub(super) fn document(world: &World, wanted: &Wanted<'_>) -> Value {
    let mut spec = Map::new();
    let pods = if wanted.labels.is_empty() {
        json!({})
    } else {
        json!({"matchLabels": label_map(world, wanted.labels, "")})
    };
    spec.insert("podSelector".to_owned(), pods);
    // A policy for everybody that only opens something isolates nobody on its own.
    let opens_only = wanted.labels.is_empty() && wanted.rules.iter().any(|rules| !rules.is_empty());
    let types = if opens_only { json!(["Egress"]) } else { json!(["Ingress", "Egress"]) };
    spec.insert("policyTypes".to_owned(), types);
    for direction in Direction::BOTH {
        let key = if direction == Direction::Ingress { "from" } else { "to" };
        let rules = wanted.rules[direction as usize].iter();
        let rules: Vec<Value> =
            rules.map(|group| json!({key: peers(world, wanted, group), "ports": ports(group)})).collect();
        if !rules.is_empty() {
            spec.insert(direction.name().to_owned(), Value::Array(rules));
        }
    }
    json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": wanted.name, "namespace": namespace_name(world, wanted.namespace)},
        "spec": spec,
    })
}

fn ports(group: &Group) -> Vec<Value> {
    group.ports.iter().map(|(proto, port)| json!({"protocol": proto.name(), "port": port})).collect()
}

fn peers(world: &World, wanted: &Wanted<'_>, group: &Group) -> Vec<Value> {
    let block = |cidr: String| json!({"ipBlock": {"cidr": cidr}});
    vec![match &group.peer {
        Side::Outside => return EVERYWHERE.map(|cidr| block(cidr.to_owned())).to_vec(),
        Side::Address(address) | Side::Node(address) => block(Cidr::host(*address).to_string()),
        Side::Dns => json!({
            "namespaceSelector": {"matchLabels": {NAME_LABEL: DNS_NAMESPACE}},
            "podSelector": {"matchLabels": {DNS.0: DNS.1}},
        }),
        Side::Pods(namespace, labels) => {
            let pods = json!({"matchLabels": label_map(world, labels, "")});
            if *namespace == wanted.namespace {
                return vec![json!({"podSelector": pods})];
            }
            let name = namespace_name(world, *namespace);
            json!({"namespaceSelector": {"matchLabels": {NAME_LABEL: name}}, "podSelector": pods})
        }
    }]
}
