//! The ways into a cluster: what leads from outside to which pods on which ports.

use rampart_document::{FieldPath, Node};
use rampart_model::{Carriers, Object, ObjectId};
use rampart_netpol::load::EntryKind;
use rampart_netpol::{EndpointId, EndpointKind, PortSet, Proto};

use super::world::World;

/// Who stands in front of the pod on a way in, which tells whose connection its policies see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Via {
    /// A proxy in the cluster: an ingress controller, a gateway.
    Proxy,
    /// The client itself or a node on its behalf.
    Direct,
    /// The node's own network: no policy stands between.
    Host,
}

/// A way in.
#[derive(Debug, Clone)]
pub(crate) struct WayIn {
    pub(crate) target: EndpointId,
    /// Ports of the pod.
    pub(crate) ports: PortSet,
    pub(crate) via: Via,
    /// Such as `LoadBalancer front/web`.
    pub(crate) name: String,
    pub(crate) object: ObjectId,
    pub(crate) path: FieldPath,
}

/// All ways in, those of Services first.
pub(crate) fn ways(world: &World) -> Vec<WayIn> {
    let mut out = Vec::new();
    for service in &world.net.services {
        let object = world.loaded.inventory.object(service.object);
        let Some((word, field)) = opens(object) else { continue };
        let restricted = ranges(object).map(|ranges| format!(", from {ranges} only")).unwrap_or_default();
        let name = format!(
            "{word} {}/{}{restricted}",
            world.namespace_of(service),
            world.net().symbols.text(service.name)
        );
        for (target, ports) in service.targets(world.net(), |_| true) {
            let path = FieldPath::root().key("spec").key(field);
            out.push(WayIn {
                target,
                ports,
                via: Via::Direct,
                name: name.clone(),
                object: service.object,
                path,
            });
        }
    }
    for entry in &world.net.entries {
        let object = world.loaded.inventory.object(entry.object);
        let name = format!("{object} -> Service {}", world.net().symbols.text(entry.service));
        debug_assert!(matches!(entry.kind, EntryKind::Ingress | EntryKind::Route | EntryKind::GatewayRoute));
        for (target, ports) in entry.targets(world.net(), &world.net.services) {
            let path = FieldPath::root().key("spec");
            out.push(WayIn {
                target,
                ports,
                via: Via::Proxy,
                name: name.clone(),
                object: entry.object,
                path,
            });
        }
    }
    hosts(world, &mut out);
    out
}

/// What makes a Service a way in, and the field that says so.
fn opens(object: Object<'_>) -> Option<(&'static str, &'static str)> {
    let spec = object.spec()?;
    let external = spec.get("externalIPs").into_iter().flat_map(Node::items).next().is_some();
    match spec.get("type").and_then(Node::as_str) {
        Some("LoadBalancer") if is_internal(object) => Some(("internal LoadBalancer", "type")),
        Some("LoadBalancer") => Some(("LoadBalancer", "type")),
        Some("NodePort") => Some(("NodePort", "type")),
        _ if external => Some(("external addresses of Service", "externalIPs")),
        _ => None,
    }
}

/// Annotations by which clouds keep a load balancer inside the network.
fn is_internal(object: Object<'_>) -> bool {
    const INTERNAL: [(&str, &str); 6] = [
        ("service.beta.kubernetes.io/aws-load-balancer-scheme", "internal"),
        ("service.beta.kubernetes.io/aws-load-balancer-internal", "true"),
        ("service.beta.kubernetes.io/azure-load-balancer-internal", "true"),
        ("networking.gke.io/load-balancer-type", "Internal"),
        ("cloud.google.com/load-balancer-type", "Internal"),
        ("service.beta.kubernetes.io/openstack-internal-load-balancer", "true"),
    ];
    object.annotations().iter().any(|pair| INTERNAL.contains(&pair))
}

fn ranges(object: Object<'_>) -> Option<String> {
    let list = object.spec()?.get("loadBalancerSourceRanges")?;
    let ranges: Vec<&str> = list.items().filter_map(Node::as_str).collect();
    (!ranges.is_empty()).then(|| ranges.join(", "))
}

/// Ports that pods open on their node.
fn hosts(world: &World, out: &mut Vec<WayIn>) {
    let carriers = Carriers::default();
    for (number, endpoint) in world.net().endpoints.iter().enumerate() {
        let target = EndpointId(number as u32);
        if endpoint.network == EndpointKind::Node {
            continue;
        }
        let object = world.loaded.inventory.object(world.net.endpoint_object(target));
        let Some(pod) = carriers.pod(object) else { continue };
        let shared = endpoint.network == EndpointKind::HostPod;
        for container in pod.running_containers() {
            for (index, port) in container.ports() {
                let number =
                    |key| port.get(key).and_then(Node::as_i64).and_then(|port| u16::try_from(port).ok());
                let proto =
                    port.get("protocol").and_then(Node::as_str).map_or(Some(Proto::Tcp), Proto::parse);
                let (Some(own), Some(proto)) = (number("containerPort"), proto) else { continue };
                let Some(host) = number("hostPort").filter(|&host| host > 0).or(shared.then_some(own)) else {
                    continue;
                };
                let word = if shared { "host network" } else { "hostPort" };
                out.push(WayIn {
                    target,
                    ports: PortSet::one(proto, own),
                    via: if shared { Via::Host } else { Via::Direct },
                    name: format!("{word} {} {host}", proto.name()),
                    object: object.id(),
                    path: pod.prefix.join(&container.root().key("ports").index(index)),
                });
            }
        }
    }
}
