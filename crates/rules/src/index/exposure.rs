use rampart_document::Node;
use rampart_document::mismatches::aside;
use rampart_model::{Carriers, GroupKind, IntOrString, Inventory, Object, ObjectId, Pod};
use rampart_netpol::{PortSet, Proto};
use rustc_hash::FxHashMap;

use crate::Context;

use super::Pods;
use crate::shared::backends::{INGRESS, ROUTES, backends, parents, service_ports};
use crate::shared::places::nearest;
use crate::shared::services::{Reach, kind, reach};

/// The ways from outside the cluster to workloads.
#[derive(Debug, Default)]
pub(crate) struct Exposure {
    ways: FxHashMap<ObjectId, Vec<Way>>,
}

/// What lets traffic in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Door {
    /// A Service of type LoadBalancer.
    LoadBalancer,
    /// A port on every node.
    NodePort,
    /// Addresses that a Service claims.
    ExternalIp,
    /// An Ingress.
    Ingress,
    /// A Gateway of the Gateway API.
    Gateway,
    /// A Gateway of Istio.
    IstioGateway,
    /// A Route of OpenShift.
    Route,
}

/// One way in.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    /// What lets traffic in.
    pub(crate) door: Door,
    /// The Gateway, Ingress, route and Service on the way, outermost first.
    pub(crate) hops: Vec<ObjectId>,
    /// Ports of the pod.
    pub(crate) ports: PortSet,
    /// False when the door is for some sources or private networks only.
    pub(crate) public: bool,
}

impl Exposure {
    pub(crate) fn build(inventory: &Inventory, carriers: &Carriers, pods: &Pods<'_>) -> Self {
        let mut builder = Builder { inventory, carriers, pods, all: Self::default() };
        for service in inventory.of_kind(GroupKind::core("Service")) {
            builder.service(service);
        }
        for ingress in inventory.of_kind(INGRESS) {
            for backend in backends(ingress) {
                let target = (backend.namespace, backend.service, backend.port);
                builder.through(Door::Ingress, &[ingress.id()], target);
            }
        }
        for route in ROUTES.iter().flat_map(|&kind| inventory.of_kind(kind)) {
            builder.route(route);
        }
        for service in inventory.of_kind(GroupKind::new("networking.istio.io", "VirtualService")) {
            builder.virtual_service(service);
        }
        for route in inventory.of_kind(GroupKind::new("route.openshift.io", "Route")) {
            builder.openshift_route(route);
        }
        for ways in builder.all.ways.values_mut() {
            ways.sort_by(|a, b| (a.door, &a.hops).cmp(&(b.door, &b.hops)));
            ways.dedup_by(|a, b| (a.door, &a.hops) == (b.door, &b.hops));
        }
        builder.all
    }

    /// The ways to an object with a pod template, in a fixed order.
    pub(crate) fn of(&self, object: ObjectId) -> &[Way] {
        self.ways.get(&object).map_or(&[], Vec::as_slice)
    }
}

struct Builder<'a, 'b> {
    inventory: &'a Inventory,
    carriers: &'a Carriers,
    pods: &'b Pods<'a>,
    all: Exposure,
}

impl Builder<'_, '_> {
    fn service(&mut self, service: Object<'_>) {
        let door = match kind(service) {
            "LoadBalancer" => Door::LoadBalancer,
            "NodePort" => Door::NodePort,
            "ExternalName" => return,
            _ if service.field(&["spec", "externalIPs"]).is_some_and(|list| !list.is_empty()) => {
                Door::ExternalIp
            }
            _ => return,
        };
        let public = door != Door::LoadBalancer || reach(service) == Reach::Everyone;
        self.add(service, None, door, &[], public);
    }

    /// A way through objects to a Service, if it was read.
    fn through(
        &mut self,
        door: Door,
        hops: &[ObjectId],
        (namespace, name, port): (&str, &str, Option<IntOrString<'_>>),
    ) {
        if let Some(service) = self.inventory.find(GroupKind::core("Service"), Some(namespace), name) {
            self.add(service, port, door, hops, true);
        }
    }

    fn add(
        &mut self,
        service: Object<'_>,
        port: Option<IntOrString<'_>>,
        door: Door,
        hops: &[ObjectId],
        public: bool,
    ) {
        let hops: Vec<ObjectId> = hops.iter().copied().chain([service.id()]).collect();
        let targets = nearest(service, self.pods.of_service(service, self.carriers).collect());
        for target in targets {
            let Some(pod) = self.carriers.pod(target) else { continue };
            let ports = target_ports(service, port, &pod);
            let way = Way { door, hops: hops.clone(), ports, public };
            self.all.ways.entry(target.id()).or_default().push(way);
        }
    }

    fn route(&mut self, route: Object<'_>) {
        let gateway = |parent: crate::shared::backends::Parent<'_>| {
            let is_gateway = parent.kind.kind == "Gateway";
            let found = self.inventory.find(parent.kind, Some(parent.namespace), parent.name);
            is_gateway.then(|| found.map(Object::id))
        };
        let gateways: Vec<Option<ObjectId>> = parents(route).filter_map(gateway).collect();
        for gateway in gateways {
            let hops: Vec<ObjectId> = gateway.into_iter().chain([route.id()]).collect();
            for backend in backends(route) {
                self.through(Door::Gateway, &hops, (backend.namespace, backend.service, backend.port));
            }
        }
    }

    fn virtual_service(&mut self, object: Object<'_>) {
        let Some(own) = object.effective_namespace() else { return };
        let gateways = object.field(&["spec", "gateways"]).into_iter().flat_map(Node::items);
        let gateways: Vec<&str> =
            gateways.filter_map(Node::scalar_text).filter(|name| *name != "mesh").collect();
        for name in gateways {
            let (namespace, name) = name.split_once('/').unwrap_or((own, name));
            let kind = GroupKind::new("networking.istio.io", "Gateway");
            let gateway = self.inventory.find(kind, Some(namespace), name).map(Object::id);
            let hops: Vec<ObjectId> = gateway.into_iter().chain([object.id()]).collect();
            for protocol in ["http", "tls", "tcp"] {
                let rules = object.field(&["spec", protocol]).into_iter().flat_map(Node::items);
                let routes = rules.filter_map(|rule| rule.field("route")).flat_map(Node::items);
                for destination in routes.filter_map(|route| route.field("destination")) {
                    let host = destination.field("host").and_then(Node::scalar_text).unwrap_or("");
                    let mut parts = host.split('.');
                    let service = parts.next().unwrap_or("");
                    let namespace = parts.next().unwrap_or(own);
                    let number = destination.field("port").and_then(|port| port.field("number"));
                    let port = number.and_then(IntOrString::read);
                    self.through(Door::IstioGateway, &hops, (namespace, service, port));
                }
            }
        }
    }

    fn openshift_route(&mut self, route: Object<'_>) {
        let Some(own) = route.effective_namespace() else { return };
        let more = route.field(&["spec", "alternateBackends"]).into_iter().flat_map(Node::items);
        for target in route.field(&["spec", "to"]).into_iter().chain(more) {
            if let Some(name) = target.field("name").and_then(Node::scalar_text) {
                self.through(Door::Route, &[route.id()], (own, name, None));
            }
        }
    }
}

/// The pod's ports behind one port of a Service, or behind all of them.
fn target_ports(service: Object<'_>, wanted: Option<IntOrString<'_>>, pod: &Pod<'_>) -> PortSet {
    let mut all = PortSet::empty();
    for port in service_ports(service) {
        let number = port.get("port").and_then(Node::as_i64);
        let name = port.get("name").and_then(Node::scalar_text);
        let meant = match wanted {
            None => true,
            Some(IntOrString::Int(wanted)) => number == Some(wanted),
            Some(IntOrString::Text(wanted)) => name == Some(wanted),
        };
        let proto = port.get("protocol").and_then(Node::scalar_text).map_or(Some(Proto::Tcp), Proto::parse);
        let Some(proto) = proto.filter(|_| meant) else { continue };
        let target = match port.get("targetPort").filter(|node| !node.is_null()).and_then(IntOrString::read) {
            Some(IntOrString::Text(name)) => named_port(pod, name, proto),
            Some(IntOrString::Int(target)) if target != 0 => Some(target),
            _ => number,
        };
        if let Some(target) = target.and_then(|target| u16::try_from(target).ok()) {
            all = all.union(&PortSet::one(proto, target));
        }
    }
    all
}

/// The number of a named port of a pod: the first of that name and protocol, as for EndpointSlices.
fn named_port(pod: &Pod<'_>, name: &str, proto: Proto) -> Option<i64> {
    let mut ports = pod.running_containers().flat_map(|container| container.ports());
    let port = ports.find(|(_, port)| {
        let own = port.get("protocol").and_then(Node::scalar_text).map_or(Some(Proto::Tcp), Proto::parse);
        own == Some(proto) && port.get("name").and_then(Node::scalar_text) == Some(name)
    });
    port.and_then(|(_, port)| port.get("containerPort")).and_then(Node::as_i64)
}

impl Context<'_> {
    /// The ways from outside the cluster to workloads.
    pub(crate) fn exposure(&self) -> &Exposure {
        let pods = self.pods();
        self.indexes().exposure.get_or_init(|| aside(|| Exposure::build(self.inventory, self.carriers, pods)))
    }
}
