//! Ways from outside to a workload, as rules tell them.

use rampart_document::Node;
use rampart_model::{GroupKind, Inventory, ObjectId};
use rampart_netpol::query::from_internet;
use rampart_netpol::{Direction, PortSet};

use crate::Context;
use crate::index::{Door, Isolation, Way};

/// What policies let through the last hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LastHop {
    /// Traffic arrives.
    Open,
    /// Policies stop it.
    Stopped,
    /// It depends on what was not read; the reason.
    Unknown(&'static str),
}

/// Whether traffic that came in by a door reaches the pod on some of the ports.
pub(super) fn last_hop(context: &Context<'_>, object: ObjectId, way: &Way) -> LastHop {
    let Some(reach) = context.reachability() else { return LastHop::Open };
    let Some(endpoint) = reach.endpoint(object) else { return LastHop::Open };
    match reach.isolation(endpoint, Direction::Ingress) {
        Isolation::Open => return LastHop::Open,
        Isolation::Unclear => return LastHop::Unknown("the network plugin is not known"),
        Isolation::Isolated => {}
    }
    let index = reach.index();
    let class = index.classes().of[endpoint.0 as usize];
    let on_ports = |open: &PortSet| !open.intersect(&way.ports).is_empty();
    if matches!(way.door, Door::LoadBalancer | Door::NodePort | Door::ExternalIp) {
        let (open, perhaps) = from_internet(index, class);
        return match () {
            () if on_ports(&open) => LastHop::Open,
            () if on_ports(&perhaps) => LastHop::Unknown("the network plugin is not known"),
            // The node that takes the traffic may put its own address in.
            () if keeps_sources(context.inventory, way) => LastHop::Stopped,
            () => LastHop::Unknown("policies see the address of the node that forwards"),
        };
    }
    // Through the pods of a proxy, of which it is not known which they are.
    let row = index.row(class, Direction::Ingress);
    let mut outcomes = std::iter::once(row.rest).chain(row.parts.iter().map(|part| part.0));
    if outcomes.any(|id| on_ports(&index.outcomes().get(id).may_allow)) {
        LastHop::Unknown("policies let some pods in, perhaps the proxy's")
    } else {
        LastHop::Stopped
    }
}

fn keeps_sources(inventory: &Inventory, way: &Way) -> bool {
    let service = way.hops.last().map(|&id| inventory.object(id));
    let policy = service.and_then(|service| service.field(&["spec", "externalTrafficPolicy"]));
    policy.and_then(Node::scalar_text) == Some("Local")
}

/// The objects of a way and what lets traffic in: `Gateway infra/front -> HTTPRoute shop/web -> Service shop/web`.
pub(super) fn told(inventory: &Inventory, way: &Way) -> String {
    let door = match way.door {
        Door::LoadBalancer => "load balancer: ",
        Door::NodePort => "node port: ",
        Door::ExternalIp => "external IP: ",
        _ => "",
    };
    let hops: Vec<String> = way.hops.iter().map(|&id| inventory.object(id).to_string()).collect();
    format!("{door}{}", hops.join(" -> "))
}

/// True when a node says that it has an address outside the cluster's network.
pub(super) fn nodes_are_public(inventory: &Inventory) -> bool {
    inventory.of_kind(GroupKind::core("Node")).any(|node| {
        let addresses = node.field(&["status", "addresses"]).into_iter().flat_map(Node::items);
        let mut kinds = addresses.filter_map(|address| address.field("type").and_then(Node::scalar_text));
        kinds.any(|kind| kind == "ExternalIP")
    })
}

/// True when something outside can come in by this door: an address that is public as far as it is known, and policies
/// that do not stop it.
pub(super) fn is_open(context: &Context<'_>, object: ObjectId, way: &Way) -> bool {
    let door = match way.door {
        Door::NodePort => nodes_are_public(context.inventory),
        _ => way.public,
    };
    door && last_hop(context, object, way) != LastHop::Stopped
}
