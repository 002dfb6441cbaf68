use rampart_document::{FieldPath, Node};
use rampart_netpol::Proto;
use rampart_report::Severity;

use super::ways::{LastHop, last_hop, nodes_are_public, told};
use crate::index::{Door, is_controlled};
use crate::{Check, Context, Findings, Group, Profile, Rule, Workload};

pub(crate) static RULE: Rule = Rule {
    id: "internet-exposed",
    group: Group::Network,
    severity: Severity::Info,
    profile: Profile::Inventory,
    doc: include_str!("internet_exposed.md"),
    check: Check::Workload(check),
};

const LIST: &str = "exposed";

fn check(workload: &Workload<'_>, context: &Context<'_>, out: &mut Findings) {
    let object = &workload.object;
    if is_controlled(*object) {
        return;
    }
    let root = FieldPath::root().key("metadata").key("labels");
    for way in context.exposure().of(object.id()) {
        let ports: Vec<String> = way
            .ports
            .ranges()
            .filter(|(proto, ..)| Proto::has_ports(*proto))
            .map(|(proto, from, to)| {
                if from == to {
                    format!("{} {from}", proto.name())
                } else {
                    format!("{} {from}-{to}", proto.name())
                }
            })
            .collect();
        let ports = if ports.is_empty() { "no port".to_owned() } else { ports.join(", ") };
        let end = match last_hop(context, object.id(), way) {
            LastHop::Open => match unknown_address(context, way) {
                Some(reason) => format!("; last hop unknown: {reason}"),
                None => String::new(),
            },
            // Policies stop it: not exposed this way.
            LastHop::Stopped => continue,
            LastHop::Unknown(reason) => format!("; last hop unknown: {reason}"),
        };
        let whom = if way.public { "outside" } else { "some sources or private networks" };
        let way = told(context.inventory, way);
        out.fact(LIST, root.clone(), format!("reachable from {whom}: {way} -> {ports}{end}"));
    }
    on_the_node(workload, context, out);
}

/// Why it is not known whether the door has an address outside.
fn unknown_address(context: &Context<'_>, way: &crate::index::Way) -> Option<&'static str> {
    let first = way.hops.first().map(|&id| context.inventory.object(id))?;
    let addresses =
        first.field(&["status", "loadBalancer", "ingress"]).or_else(|| first.field(&["status", "addresses"]));
    match way.door {
        Door::NodePort if nodes_are_public(context.inventory) => None,
        Door::NodePort => Some("no node is known to have an external address"),
        Door::ExternalIp => None,
        _ if addresses.is_some_and(|list| !list.is_empty()) => None,
        _ => Some("no address is known yet"),
    }
}

/// Ports on the node itself.
fn on_the_node(workload: &Workload<'_>, context: &Context<'_>, out: &mut Findings) {
    let pod = &workload.pod;
    let public = nodes_are_public(context.inventory);
    let end = if public { "" } else { "; last hop unknown: no node is known to have an external address" };
    if pod.is_set(pod.fields.host_network) {
        let what = format!("reachable from outside: the network of its node (hostNetwork){end}");
        out.fact(LIST, pod.path("hostNetwork"), what);
        return;
    }
    for container in pod.containers() {
        for (index, port) in container.ports() {
            let host_ip = port.field("hostIP").and_then(Node::scalar_text).unwrap_or("");
            let inner = host_ip.starts_with("127.") || host_ip == "::1";
            if let Some(number) =
                port.field("hostPort").and_then(Node::as_i64).filter(|&port| port > 0 && !inner)
            {
                let path = container.root().key("ports").index(index).key("hostPort");
                out.fact(
                    LIST,
                    path,
                    format!("reachable from outside: port {number} of its node (hostPort){end}"),
                );
            }
        }
    }
}
