//! The specification texts, read one policy and one question at a time. Nothing here is shared with the engine: it
//! works on the JSON of the objects and keeps no state.

use serde_json::Value;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// One end of a question.
#[derive(Clone, Copy)]
pub enum End<'a> {
    Pod(&'a Value),
    Node(&'a Value),
    Address(IpAddr),
}

pub struct Naive<'a> {
    pub objects: &'a [Value],
    /// An `ipBlock` counts pods in.
    pub blocks_match_pods: bool,
}

struct Asked<'a> {
    to: End<'a>,
    proto: &'a str,
    port: u16,
}

impl<'a> Naive<'a> {
    pub fn allowed(&self, from: End<'a>, to: End<'a>, proto: &'a str, port: u16) -> bool {
        if same(from, to) {
            return true;
        }
        let asked = Asked { to, proto, port };
        let egress = own_node(from, to) || self.direction(&asked, from, to, "egress", "to");
        let ingress = own_node(to, from) || self.direction(&asked, to, from, "ingress", "from");
        egress && ingress
    }

    fn direction(&self, asked: &Asked<'a>, subject: End<'a>, peer: End<'a>, key: &str, peers: &str) -> bool {
        let End::Pod(pod) = subject else { return true };
        if is_host(pod) {
            return true;
        }
        if let Some(decided) = self.cluster_tier(asked, pod, peer, key, peers, "Admin") {
            return decided;
        }
        if let Some(decided) = self.network_policies(asked, pod, peer, key, peers) {
            return decided;
        }
        self.cluster_tier(asked, pod, peer, key, peers, "Baseline").unwrap_or(true)
    }

    fn network_policies(
        &self,
        asked: &Asked<'a>,
        pod: &Value,
        peer: End<'a>,
        key: &str,
        peers: &str,
    ) -> Option<bool> {
        let mut isolated = false;
        for policy in self.of_kind("NetworkPolicy") {
            let spec = &policy["spec"];
            if policy["metadata"]["namespace"] != pod["metadata"]["namespace"]
                || !selects(&spec["podSelector"], &pod["metadata"]["labels"])
                || !policy_types(spec).contains(&key)
            {
                continue;
            }
            isolated = true;
            for rule in array(&spec[key]) {
                let named = array(&rule[peers]);
                let from_anyone = named.is_empty();
                let is_peer = from_anyone
                    || named
                        .iter()
                        .any(|item| self.policy_peer(item, &policy["metadata"]["namespace"], peer));
                let ports = array(&rule["ports"]);
                let is_port = ports.is_empty() || ports.iter().any(|item| policy_port(item, asked));
                if is_peer && is_port {
                    return Some(true);
                }
            }
        }
        isolated.then_some(false)
    }

    fn policy_peer(&self, item: &Value, home: &Value, peer: End<'a>) -> bool {
        if let Some(block) = item.get("ipBlock") {
            let address = match peer {
                End::Address(address) => address,
                End::Pod(pod) if !is_host(pod) && !self.blocks_match_pods => return false,
                other => address_of(other),
            };
            return in_block(block["cidr"].as_str().unwrap(), address)
                && !array(&block["except"]).iter().any(|inner| in_block(inner.as_str().unwrap(), address));
        }
        let End::Pod(pod) = peer else { return false };
        if is_host(pod) {
            return false;
        }
        let namespace = match item.get("namespaceSelector") {
            Some(selector) => selects(selector, &self.namespace_labels(pod)),
            None => pod["metadata"]["namespace"] == *home,
        };
        namespace
            && item.get("podSelector").is_none_or(|selector| selects(selector, &pod["metadata"]["labels"]))
    }

    fn cluster_tier(
        &self,
        asked: &Asked<'a>,
        pod: &Value,
        peer: End<'a>,
        key: &str,
        peers: &str,
        tier: &str,
    ) -> Option<bool> {
        let mut policies: Vec<&Value> = self
            .objects
            .iter()
            .filter(|object| match object["kind"].as_str().unwrap() {
                "ClusterNetworkPolicy" => object["spec"]["tier"] == tier,
                "AdminNetworkPolicy" => tier == "Admin",
                "BaselineAdminNetworkPolicy" => tier == "Baseline",
                _ => false,
            })
            .collect();
        policies.sort_by_key(|policy| policy["spec"]["priority"].as_u64().unwrap_or(0));
        for policy in policies {
            if !self.pods_or_namespaces(&policy["spec"]["subject"], pod) {
                continue;
            }
            for rule in array(&policy["spec"][key]) {
                let is_peer = array(&rule[peers]).iter().any(|item| self.cluster_peer(item, peer));
                let limits =
                    array(&rule["ports"]).iter().chain(array(&rule["protocols"])).collect::<Vec<_>>();
                let is_port = limits.is_empty() || limits.iter().any(|item| cluster_port(item, asked));
                if is_peer && is_port {
                    return match rule["action"].as_str().unwrap() {
                        "Allow" | "Accept" => Some(true),
                        "Deny" => Some(false),
                        _ => None,
                    };
                }
            }
        }
        None
    }

    fn pods_or_namespaces(&self, item: &Value, pod: &Value) -> bool {
        if is_host(pod) {
            return false;
        }
        let labels = self.namespace_labels(pod);
        if let Some(selector) = item.get("namespaces") {
            return selects(selector, &labels);
        }
        item.get("pods").is_some_and(|pods| {
            selects(&pods["namespaceSelector"], &labels)
                && selects(&pods["podSelector"], &pod["metadata"]["labels"])
        })
    }

    fn cluster_peer(&self, item: &Value, peer: End<'a>) -> bool {
        if item.get("networks").is_some() {
            let address = address_of(peer);
            return array(&item["networks"]).iter().any(|block| in_block(block.as_str().unwrap(), address));
        }
        if let Some(selector) = item.get("nodes") {
            let node = match peer {
                End::Node(node) => node,
                End::Pod(pod) if is_host(pod) => self
                    .of_kind("Node")
                    .find(|node| node["metadata"]["name"] == pod["spec"]["nodeName"])
                    .unwrap(),
                _ => return false,
            };
            return selects(selector, &node["metadata"]["labels"]);
        }
        match peer {
            End::Pod(pod) => self.pods_or_namespaces(item, pod),
            _ => false,
        }
    }

    fn namespace_labels(&self, pod: &Value) -> Value {
        let namespace = self
            .of_kind("Namespace")
            .find(|namespace| namespace["metadata"]["name"] == pod["metadata"]["namespace"])
            .unwrap();
        let mut labels = namespace["metadata"]["labels"].clone();
        labels["kubernetes.io/metadata.name"] = namespace["metadata"]["name"].clone();
        labels
    }

    fn of_kind(&self, kind: &'static str) -> impl Iterator<Item = &'a Value> {
        self.objects.iter().filter(move |object| object["kind"] == kind)
    }
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn is_host(pod: &Value) -> bool {
    pod["spec"]["hostNetwork"] == true
}

fn same(from: End<'_>, to: End<'_>) -> bool {
    match (from, to) {
        (End::Pod(a), End::Pod(b)) | (End::Node(a), End::Node(b)) => a["metadata"] == b["metadata"],
        _ => false,
    }
}

/// The pod's own node, or something in that node's network, is on the other side.
fn own_node(pod: End<'_>, other: End<'_>) -> bool {
    let End::Pod(pod) = pod else { return false };
    let node = &pod["spec"]["nodeName"];
    !is_host(pod)
        && match other {
            End::Node(other) => other["metadata"]["name"] == *node,
            End::Pod(other) => is_host(other) && other["spec"]["nodeName"] == *node,
            End::Address(_) => false,
        }
}

fn address_of(end: End<'_>) -> IpAddr {
    match end {
        End::Address(address) => address,
        End::Pod(pod) => pod["status"]["podIP"].as_str().unwrap().parse().unwrap(),
        End::Node(node) => node["status"]["addresses"][0]["address"].as_str().unwrap().parse().unwrap(),
    }
}

fn policy_types(spec: &Value) -> Vec<&'static str> {
    let given = array(&spec["policyTypes"]);
    if given.is_empty() {
        return if array(&spec["egress"]).is_empty() { vec!["ingress"] } else { vec!["ingress", "egress"] };
    }
    given.iter().map(|kind| if kind == "Ingress" { "ingress" } else { "egress" }).collect()
}

fn selects(selector: &Value, labels: &Value) -> bool {
    let exact = selector["matchLabels"].as_object();
    let exact = exact.is_none_or(|map| map.iter().all(|(key, value)| labels.get(key) == Some(value)));
    exact
        && array(&selector["matchExpressions"]).iter().all(|item| {
            let value = labels.get(item["key"].as_str().unwrap());
            let listed = value.is_some_and(|value| array(&item["values"]).contains(value));
            match item["operator"].as_str().unwrap() {
                "In" => listed,
                "NotIn" => !listed,
                "Exists" => value.is_some(),
                _ => value.is_none(),
            }
        })
}

fn named(name: &str, asked: &Asked<'_>, proto: Option<&str>) -> bool {
    let End::Pod(pod) = asked.to else { return false };
    array(&pod["spec"]["containers"]).iter().flat_map(|container| array(&container["ports"])).any(|port| {
        let own = port["protocol"].as_str().unwrap_or("TCP");
        port["name"] == name
            && own == asked.proto
            && proto.is_none_or(|proto| proto == own)
            && port["containerPort"] == asked.port
    })
}

fn policy_port(item: &Value, asked: &Asked<'_>) -> bool {
    let proto = item["protocol"].as_str().unwrap_or("TCP");
    if proto != asked.proto {
        return false;
    }
    match &item["port"] {
        Value::Null => true,
        Value::String(name) => named(name, asked, Some(proto)),
        number => {
            let from = number.as_u64().unwrap();
            let to = item["endPort"].as_u64().unwrap_or(from);
            (from..=to).contains(&u64::from(asked.port))
        }
    }
}

fn cluster_port(item: &Value, asked: &Asked<'_>) -> bool {
    let port = u64::from(asked.port);
    if let Some(exact) = item.get("portNumber") {
        return exact["protocol"] == asked.proto && exact["port"] == port;
    }
    if let Some(range) = item.get("portRange") {
        return range["protocol"] == asked.proto
            && (range["start"].as_u64().unwrap()..=range["end"].as_u64().unwrap()).contains(&port);
    }
    if let Some(name) = item.get("namedPort").or_else(|| item.get("destinationNamedPort")) {
        return named(name.as_str().unwrap(), asked, None);
    }
    let Some(own) = item.get(asked.proto.to_ascii_lowercase()) else { return false };
    match own.get("destinationPort") {
        None => true,
        Some(target) => match target.get("number") {
            Some(number) => *number == port,
            None => {
                let range = &target["range"];
                (range["start"].as_u64().unwrap()..=range["end"].as_u64().unwrap()).contains(&port)
            }
        },
    }
}

fn in_block(block: &str, address: IpAddr) -> bool {
    let (network, length) = block.split_once('/').unwrap();
    let length: u32 = length.parse().unwrap();
    match (network.parse::<IpAddr>().unwrap(), address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => prefix4(network, length) == prefix4(address, length),
        (IpAddr::V6(network), IpAddr::V6(address)) => prefix6(network, length) == prefix6(address, length),
        _ => false,
    }
}

fn prefix4(address: Ipv4Addr, length: u32) -> u32 {
    u32::from(address).checked_shr(32 - length).unwrap_or(0)
}

fn prefix6(address: Ipv6Addr, length: u32) -> u128 {
    u128::from(address).checked_shr(128 - length).unwrap_or(0)
}
