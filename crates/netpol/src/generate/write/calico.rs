//! Calico's NetworkPolicy.

use serde_json::{Map, Value, json};

use super::{DNS, DNS_NAMESPACE, EVERYWHERE, Group, Side, Wanted, namespace_name};
use crate::cidr::Cidr;
use crate::policy::Direction;
use crate::ports::Proto;
use crate::symbols::Sym;
use crate::world::{NAME_LABEL, World};

pub(super) fn document(world: &World, wanted: &Wanted<'_>) -> Value {
    let mut spec = Map::new();
    spec.insert("selector".to_owned(), json!(selector(world, wanted.labels)));
    let opens_only = wanted.labels.is_empty() && wanted.rules.iter().any(|rules| !rules.is_empty());
    let types = if opens_only { json!(["Egress"]) } else { json!(["Ingress", "Egress"]) };
    spec.insert("types".to_owned(), types);
    for direction in Direction::BOTH {
        let rules = wanted.rules[direction as usize].iter();
        let rules: Vec<Value> = rules.flat_map(|group| rules_of(world, wanted, group, direction)).collect();
        if !rules.is_empty() {
            spec.insert(direction.name().to_owned(), Value::Array(rules));
        }
    }
    json!({
        "apiVersion": "projectcalico.org/v3",
        "kind": "NetworkPolicy",
        "metadata": {"name": wanted.name, "namespace": namespace_name(world, wanted.namespace)},
        "spec": spec,
    })
}

/// A Calico rule has one protocol.
fn rules_of(world: &World, wanted: &Wanted<'_>, group: &Group, direction: Direction) -> Vec<Value> {
    let mut out = Vec::new();
    for proto in [Proto::Tcp, Proto::Udp, Proto::Sctp] {
        let ports: Vec<u16> = group.ports.iter().filter(|port| port.0 == proto).map(|port| port.1).collect();
        if ports.is_empty() {
            continue;
        }
        let mut peer = peer(world, wanted, group);
        let rule = if direction == Direction::Ingress {
            json!({"action": "Allow", "protocol": proto.name(), "source": peer, "destination": {"ports": ports}})
        } else {
            peer.insert("ports".to_owned(), json!(ports));
            json!({"action": "Allow", "protocol": proto.name(), "destination": peer})
        };
        out.push(rule);
    }
    out
}

fn peer(world: &World, wanted: &Wanted<'_>, group: &Group) -> Map<String, Value> {
    let mut out = Map::new();
    let within = |name: &str| json!(format!("{NAME_LABEL} == '{name}'"));
    match &group.peer {
        Side::Address(address) | Side::Node(address) => {
            out.insert("nets".to_owned(), json!([Cidr::host(*address).to_string()]));
        }
        Side::Outside => {
            out.insert("nets".to_owned(), json!(EVERYWHERE));
        }
        Side::Dns => {
            out.insert("namespaceSelector".to_owned(), within(DNS_NAMESPACE));
            out.insert("selector".to_owned(), json!(format!("{} == '{}'", DNS.0, DNS.1)));
        }
        Side::Pods(namespace, labels) => {
            if *namespace != wanted.namespace {
                out.insert("namespaceSelector".to_owned(), within(namespace_name(world, *namespace)));
            }
            out.insert("selector".to_owned(), json!(selector(world, labels)));
        }
    }
    out
}

fn selector(world: &World, labels: &[(Sym, Sym)]) -> String {
    if labels.is_empty() {
        return "all()".to_owned();
    }
    let text = |sym| world.symbols.text(sym);
    let parts: Vec<String> =
        labels.iter().map(|&(key, value)| format!("{} == '{}'", text(key), text(value))).collect();
    parts.join(" && ")
}
