use rampart_document::{FieldPath, Limits, Node, Source, parse_yaml};
use rampart_model::{Cidr, GroupKind, Inventory, Object};
use rampart_report::{Fix, Severity};

use crate::shared::services::{kind, to_cluster_ip};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "service-node-port",
    group: Group::Network,
    severity: Severity::Low,
    profile: Profile::Default,
    doc: include_str!("service_node_port.md"),
    check: Check::Object(&[GroupKind::core("Service")], check),
};

fn check(service: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    if kind(service) != "NodePort" {
        return;
    }
    let ports = service.field(&["spec", "ports"]).and_then(Node::as_seq);
    let ports: Vec<String> = ports
        .into_iter()
        .flat_map(Node::items)
        .filter_map(|port| port.field("nodePort").and_then(Node::as_i64))
        .map(|port| port.to_string())
        .collect();
    let which = if ports.is_empty() { "a port".to_owned() } else { format!("port {}", ports.join(", ")) };
    let path = FieldPath::root().key("spec").key("type");
    if inner_addresses_only(context.inventory) {
        let what = format!("the Service opens {which} on inner addresses of every node (nodePortAddresses)");
        out.fail(path, what).severity(Severity::Info).class("inner");
        return;
    }
    let fix = Fix::review("make it a ClusterIP Service", to_cluster_ip(service));
    out.fail(path, format!("the Service opens {which} on every node")).fix(fix);
}

/// True when a configuration of kube-proxy that was read opens node ports on loopback or private addresses only.
fn inner_addresses_only(inventory: &Inventory) -> bool {
    let kind = GroupKind::new("kubeproxy.config.k8s.io", "KubeProxyConfiguration");
    if let Some(object) = inventory.of_kind(kind).next() {
        return is_inner(object.node());
    }
    // kubeadm keeps it in a ConfigMap.
    let map = inventory.find(GroupKind::core("ConfigMap"), Some("kube-system"), "kube-proxy");
    let Some(text) = map.and_then(|map| map.field(&["data", "config.conf"])).and_then(Node::as_str) else {
        return false;
    };
    let parsed = parse_yaml(&Source::new("config.conf", text), &Limits::default());
    parsed.tree.documents().any(is_inner)
}

fn is_inner(configuration: Node<'_>) -> bool {
    let list = configuration.field("nodePortAddresses").and_then(Node::as_seq);
    let inner: Vec<Cidr> =
        ["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7"]
            .iter()
            .filter_map(|text| Cidr::parse(text))
            .collect();
    let inside = |item: Node<'_>| {
        let range = item.as_str().and_then(Cidr::parse);
        range.is_some_and(|range| inner.iter().any(|block| block.covers(range)))
    };
    list.is_some_and(|list| !list.is_empty() && list.items().all(inside))
}
