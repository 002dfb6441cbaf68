//! Random small clusters as JSON objects.

use crate::dice::Dice;
use serde_json::{Map, Value, json};

const APPS: [&str; 3] = ["web", "api", "db"];
const TIERS: [&str; 2] = ["front", "back"];
const TEAMS: [&str; 3] = ["red", "blue", "green"];
const BLOCKS: [&str; 9] = [
    "0.0.0.0/0",
    "10.0.0.0/8",
    "10.0.0.0/29",
    "10.0.0.4/30",
    "203.0.113.0/24",
    "203.0.113.128/25",
    "10.9.0.0/24",
    "::/0",
    "2001:db8::/32",
];

pub struct Cluster {
    pub objects: Vec<Value>,
    /// (namespace, name) of pods.
    pub pods: Vec<(String, String)>,
    pub nodes: Vec<String>,
}

pub fn cluster(dice: &mut Dice) -> Cluster {
    let mut out = Cluster { objects: Vec::new(), pods: Vec::new(), nodes: Vec::new() };
    let namespaces = 1 + dice.below(3);
    for number in 0..namespaces {
        let mut labels = Map::new();
        if dice.chance(70) {
            labels.insert("team".into(), json!(dice.pick(&TEAMS)));
        }
        if dice.chance(40) {
            labels.insert("env".into(), json!("prod"));
        }
        out.objects.push(json!({"apiVersion": "v1", "kind": "Namespace",
            "metadata": {"name": format!("ns{number}"), "labels": labels}}));
    }
    for (number, role) in TIERS.into_iter().enumerate() {
        let name = format!("node{number}");
        out.objects.push(json!({"apiVersion": "v1", "kind": "Node",
            "metadata": {"name": name, "labels": {"role": role}},
            "status": {"addresses": [{"type": "InternalIP", "address": format!("10.9.0.{}", number + 1)}]}}));
        out.nodes.push(name);
    }
    for number in 0..3 + dice.below(6) {
        pod(dice, namespaces, number, &mut out);
    }
    for number in 0..dice.below(7) {
        let policy = network_policy(dice, namespaces, number);
        out.objects.push(policy);
    }
    let mut priorities: Vec<u32> = (0..8).collect();
    for number in 0..dice.below(4) {
        let priority = priorities.swap_remove(dice.below(priorities.len()));
        let modern = dice.chance(50);
        out.objects.push(cluster_policy(dice, number, priority, modern, "Admin"));
    }
    if dice.chance(35) {
        let modern = dice.chance(50);
        out.objects.push(cluster_policy(dice, 9, 1, modern, "Baseline"));
    }
    out
}

fn pod(dice: &mut Dice, namespaces: usize, number: usize, out: &mut Cluster) {
    let (namespace, name) = (format!("ns{}", dice.below(namespaces)), format!("pod{number}"));
    let mut labels = Map::new();
    labels.insert("app".into(), json!(dice.pick(&APPS)));
    if dice.chance(50) {
        labels.insert("tier".into(), json!(dice.pick(&TIERS)));
    }
    let mut ports = Vec::new();
    if dice.chance(60) {
        ports.push(json!({"name": "http", "containerPort": dice.pick(&[80, 8080])}));
    }
    if dice.chance(30) {
        ports.push(json!({"name": "dns", "containerPort": 53, "protocol": "UDP"}));
    }
    let host = dice.chance(12);
    let node = dice.below(2);
    let address = if host { format!("10.9.0.{}", node + 1) } else { format!("10.0.0.{}", number + 1) };
    out.objects.push(json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {"hostNetwork": host, "nodeName": format!("node{node}"),
            "containers": [{"name": "main", "ports": ports}]},
        "status": {"phase": "Running", "podIP": address}}));
    out.pods.push((namespace, name));
}

fn selector(dice: &mut Dice, key: &str, values: &[&str]) -> Value {
    let value = dice.pick(values);
    match dice.below(8) {
        0 | 1 => json!({}),
        2 | 3 => json!({"matchLabels": {key: value}}),
        4 => {
            json!({"matchExpressions": [{"key": key, "operator": "In", "values": [value, dice.pick(values)]}]})
        }
        5 => json!({"matchExpressions": [{"key": key, "operator": "NotIn", "values": [value]}]}),
        6 => {
            json!({"matchExpressions": [{"key": if key == "app" { "tier" } else { "env" }, "operator": "Exists"}]})
        }
        _ => json!({"matchLabels": {key: value}, "matchExpressions": [
            {"key": if key == "app" { "tier" } else { "env" }, "operator": "DoesNotExist"}]}),
    }
}

fn pod_selector(dice: &mut Dice) -> Value {
    selector(dice, "app", &APPS)
}

fn namespace_selector(dice: &mut Dice) -> Value {
    if dice.chance(20) {
        return json!({"matchLabels": {"kubernetes.io/metadata.name": "ns0"}});
    }
    selector(dice, "team", &TEAMS)
}

fn network_policy(dice: &mut Dice, namespaces: usize, number: usize) -> Value {
    let mut spec = Map::new();
    spec.insert("podSelector".into(), pod_selector(dice));
    for (key, peers_key) in [("ingress", "from"), ("egress", "to")] {
        if dice.chance(60) {
            let rules: Vec<Value> = (0..dice.below(3)).map(|_| policy_rule(dice, peers_key)).collect();
            spec.insert(key.into(), Value::Array(rules));
        }
    }
    match dice.below(5) {
        0 => _ = spec.insert("policyTypes".into(), json!(["Ingress"])),
        1 => _ = spec.insert("policyTypes".into(), json!(["Egress"])),
        2 => _ = spec.insert("policyTypes".into(), json!(["Ingress", "Egress"])),
        _ => {}
    }
    json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": {"name": format!("np{number}"), "namespace": format!("ns{}", dice.below(namespaces))},
        "spec": spec})
}

fn policy_rule(dice: &mut Dice, peers_key: &str) -> Value {
    let mut rule = Map::new();
    if dice.chance(80) {
        let peers: Vec<Value> = (0..1 + dice.below(2))
            .map(|_| match dice.below(4) {
                0 => json!({"podSelector": pod_selector(dice)}),
                1 => json!({"namespaceSelector": namespace_selector(dice)}),
                2 => {
                    json!({"podSelector": pod_selector(dice), "namespaceSelector": namespace_selector(dice)})
                }
                _ => block(dice),
            })
            .collect();
        rule.insert(peers_key.into(), Value::Array(peers));
    }
    if dice.chance(60) {
        let ports: Vec<Value> = (0..1 + dice.below(2))
            .map(|_| match dice.below(8) {
                0 => json!({"port": 80}),
                1 => json!({"port": 443, "protocol": "TCP"}),
                2 => json!({"port": "http"}),
                3 => json!({"port": "dns", "protocol": "UDP"}),
                4 => json!({"port": 53, "protocol": "UDP"}),
                5 => json!({"port": 400, "endPort": 8080}),
                6 => json!({"protocol": "SCTP"}),
                _ => json!({"protocol": "UDP"}),
            })
            .collect();
        rule.insert("ports".into(), Value::Array(ports));
    }
    Value::Object(rule)
}

fn block(dice: &mut Dice) -> Value {
    match dice.below(3) {
        0 => json!({"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8", "203.0.113.128/25"]}}),
        1 => json!({"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.0.0.4/30"]}}),
        _ => json!({"ipBlock": {"cidr": dice.pick(&BLOCKS)}}),
    }
}

fn cluster_policy(dice: &mut Dice, number: usize, priority: u32, modern: bool, tier: &str) -> Value {
    let subject = pods_or_namespaces(dice);
    let mut spec = Map::new();
    spec.insert("subject".into(), subject);
    for (key, peers_key) in [("ingress", "from"), ("egress", "to")] {
        let rules: Vec<Value> =
            (0..dice.below(4)).map(|_| cluster_rule(dice, peers_key, modern, tier)).collect();
        spec.insert(key.into(), Value::Array(rules));
    }
    let (version, kind) = match (modern, tier) {
        (true, _) => ("v1alpha2", "ClusterNetworkPolicy"),
        (false, "Admin") => ("v1alpha1", "AdminNetworkPolicy"),
        _ => ("v1alpha1", "BaselineAdminNetworkPolicy"),
    };
    if modern {
        spec.insert("tier".into(), json!(tier));
    }
    if modern || tier == "Admin" {
        spec.insert("priority".into(), json!(priority));
    }
    let name = if kind.starts_with("Baseline") { "default".to_owned() } else { format!("cluster{number}") };
    json!({"apiVersion": format!("policy.networking.k8s.io/{version}"), "kind": kind,
        "metadata": {"name": name}, "spec": spec})
}

fn pods_or_namespaces(dice: &mut Dice) -> Value {
    if dice.chance(50) {
        json!({"namespaces": namespace_selector(dice)})
    } else {
        json!({"pods": {"namespaceSelector": namespace_selector(dice), "podSelector": pod_selector(dice)}})
    }
}

fn cluster_rule(dice: &mut Dice, peers_key: &str, modern: bool, tier: &str) -> Value {
    let allow = if modern { "Accept" } else { "Allow" };
    let pass = modern || tier == "Admin";
    let action = *dice.pick(if pass { &["allow", "Deny", "Pass"] } else { &["allow", "Deny", "Deny"] });
    let action = if action == "allow" { allow } else { action };
    let peers: Vec<Value> = (0..1 + dice.below(2))
        .map(|_| match dice.below(if peers_key == "to" { 4 } else { 2 }) {
            0 | 1 => pods_or_namespaces(dice),
            2 => json!({"networks": [dice.pick(&BLOCKS)]}),
            _ => json!({"nodes": {"matchLabels": {"role": dice.pick(&TIERS)}}}),
        })
        .collect();
    let mut rule = Map::new();
    rule.insert("action".into(), json!(action));
    rule.insert(peers_key.into(), Value::Array(peers));
    if dice.chance(50) {
        let ports = if modern {
            let one = match dice.below(4) {
                0 => json!({"tcp": {"destinationPort": {"number": 80}}}),
                1 => json!({"tcp": {"destinationPort": {"range": {"start": 400, "end": 9000}}}}),
                2 => json!({"udp": {}}),
                _ => json!({"destinationNamedPort": dice.pick(&["http", "dns"])}),
            };
            ("protocols", json!([one]))
        } else {
            let one = match dice.below(4) {
                0 => json!({"portNumber": {"protocol": "TCP", "port": 80}}),
                1 => json!({"portRange": {"protocol": "TCP", "start": 400, "end": 9000}}),
                2 => json!({"portNumber": {"protocol": "UDP", "port": 53}}),
                _ => json!({"namedPort": dice.pick(&["http", "dns"])}),
            };
            ("ports", json!([one]))
        };
        rule.insert(ports.0.into(), ports.1);
    }
    Value::Object(rule)
}
