//! Services and the ways into the cluster that lead to them: Ingress, OpenShift Route, Gateway API routes.

use super::Loader;
use crate::policy::NamespaceId;
use crate::ports::{PortSet, Proto};
use crate::symbols::Sym;
use crate::world::{EndpointId, World};
use rampart_document::{FieldPath, Node};
use rampart_model::{GroupKind, Object, ObjectId};

/// A port by number or by name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Backend {
    /// A number.
    Number(u16),
    /// A name.
    Name(Sym),
}

/// One port of a Service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServicePort {
    /// Its name, if it has one.
    pub name: Option<Sym>,
    /// Protocol.
    pub proto: Proto,
    /// The port clients use.
    pub port: u16,
    /// The port of the pods.
    pub target: Backend,
    /// The port on every node, if one is written down.
    pub node_port: Option<u16>,
}

/// A Service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Service {
    /// Its object.
    pub object: ObjectId,
    /// Its namespace.
    pub namespace: NamespaceId,
    /// Its name.
    pub name: Sym,
    /// `ClusterIP`, `NodePort`, `LoadBalancer` or `ExternalName`.
    pub kind: String,
    /// Labels its pods must have; `None` when it has no selector.
    pub selector: Option<Vec<(Sym, Sym)>>,
    /// Its ports.
    pub ports: Vec<ServicePort>,
}

/// What kind of way in an [`Entry`] is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum EntryKind {
    /// `networking.k8s.io` Ingress.
    Ingress,
    /// OpenShift Route.
    Route,
    /// Gateway API route.
    GatewayRoute,
}

/// One backend of an Ingress or route.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The Ingress or route.
    pub object: ObjectId,
    /// What it is.
    pub kind: EntryKind,
    /// Namespace of the Service.
    pub namespace: NamespaceId,
    /// Name of the Service.
    pub service: Sym,
    /// The Service's port (for a Route: the target port); `None` is every port.
    pub port: Option<Backend>,
}

impl Service {
    /// The pods behind the Service and the ports it leads to on each, TCP, UDP and SCTP.
    pub fn targets(
        &self,
        world: &World,
        wanted: impl Fn(&ServicePort) -> bool,
    ) -> Vec<(EndpointId, PortSet)> {
        let Some(selector) = self.selector.as_ref().filter(|selector| !selector.is_empty()) else {
            return Vec::new();
        };
        let mut out = Vec::new();
        for (number, endpoint) in world.endpoints.iter().enumerate() {
            let has = |pair: &(Sym, Sym)| endpoint.labels.binary_search(pair).is_ok();
            if endpoint.namespace != Some(self.namespace) || !selector.iter().all(has) {
                continue;
            }
            let mut ports = PortSet::empty();
            for port in self.ports.iter().filter(|port| wanted(port)) {
                let number = match port.target {
                    Backend::Number(number) => Some(number),
                    // The first port of that name and protocol counts, as for EndpointSlices.
                    Backend::Name(name) => endpoint
                        .ports
                        .iter()
                        .find(|named| named.name == name && named.proto == port.proto)
                        .map(|named| named.port),
                };
                if let Some(number) = number {
                    ports = ports.union(&PortSet::one(port.proto, number));
                }
            }
            if !ports.is_empty() {
                out.push((EndpointId(number as u32), ports));
            }
        }
        out
    }
}

impl Entry {
    /// The pods the entry leads to and on which ports.
    pub fn targets(&self, world: &World, services: &[Service]) -> Vec<(EndpointId, PortSet)> {
        let own = |service: &&Service| service.namespace == self.namespace && service.name == self.service;
        let Some(service) = services.iter().find(own) else {
            return Vec::new();
        };
        service.targets(world, |port| match (self.port, self.kind) {
            (None, _) => true,
            // A Route names the pods' port, by number or by the name of the Service's port.
            (Some(wanted), EntryKind::Route) => {
                port.target == wanted || port.name.map(Backend::Name) == Some(wanted)
            }
            (Some(Backend::Number(number)), _) => port.port == number,
            (Some(Backend::Name(name)), _) => port.name == Some(name),
        })
    }
}

pub(super) fn load(loader: &mut Loader<'_>) -> Vec<Entry> {
    let inventory = loader.inventory;
    for object in inventory.of_kind(GroupKind::core("Service")) {
        let service = loader.service(object);
        loader.services.push(service);
    }
    let mut entries = Vec::new();
    for object in inventory.of_kind(GroupKind::new("networking.k8s.io", "Ingress")) {
        loader.ingress(object, &mut entries);
    }
    for object in inventory.of_kind(GroupKind::new("route.openshift.io", "Route")) {
        loader.route(object, &mut entries);
    }
    for kind in ["HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute"] {
        for object in inventory.of_kind(GroupKind::new("gateway.networking.k8s.io", kind)) {
            loader.gateway_route(object, &mut entries);
        }
    }
    entries
}

fn port_number(node: Option<Node<'_>>) -> Option<u16> {
    u16::try_from(node?.as_i64()?).ok().filter(|&number| number > 0)
}

impl Loader<'_> {
    fn backend(&mut self, node: Option<Node<'_>>) -> Option<Backend> {
        let node = node.filter(|node| !node.is_null())?;
        match node.as_i64() {
            Some(_) => port_number(Some(node)).map(Backend::Number),
            None => Some(Backend::Name(self.world.symbols.intern(node.as_str()?))),
        }
    }

    fn service(&mut self, object: Object<'_>) -> Service {
        let namespace = self.world.namespace(object.effective_namespace().unwrap_or_default(), []);
        let spec = object.spec();
        let get = |key| spec.and_then(|spec| spec.get(key)).filter(|node| !node.is_null());
        let selector = get("selector").map(|selector| {
            let pairs = selector.entries().filter_map(|(key, _, value)| Some((key, value.as_str()?)));
            self.world.labels(pairs)
        });
        let mut ports = Vec::new();
        for (index, item) in get("ports").into_iter().flat_map(Node::items).enumerate() {
            let proto = item.get("protocol").and_then(Node::as_str).map_or(Some(Proto::Tcp), Proto::parse);
            let (Some(port), Some(proto)) = (port_number(item.get("port")), proto) else {
                let path = FieldPath::root().key("spec").key("ports").index(index);
                self.problem(object.id(), path, "has no valid port and protocol; it is left out");
                continue;
            };
            let name = item.get("name").and_then(Node::as_str).map(|name| self.world.symbols.intern(name));
            let target = self.backend(item.get("targetPort")).unwrap_or(Backend::Number(port));
            // The API server turns an unset or zero targetPort into the port.
            let target = if item.get("targetPort").and_then(Node::as_i64) == Some(0) {
                Backend::Number(port)
            } else {
                target
            };
            ports.push(ServicePort {
                name,
                proto,
                port,
                target,
                node_port: port_number(item.get("nodePort")),
            });
        }
        Service {
            object: object.id(),
            namespace,
            name: self.world.symbols.intern(object.name()),
            kind: get("type").and_then(Node::as_str).unwrap_or("ClusterIP").to_owned(),
            selector,
            ports,
        }
    }

    fn entry(
        &mut self,
        object: Object<'_>,
        kind: EntryKind,
        namespace: &str,
        service: &str,
        port: Option<Backend>,
    ) -> Entry {
        let namespace = self.world.namespace(namespace, []);
        Entry { object: object.id(), kind, namespace, service: self.world.symbols.intern(service), port }
    }

    fn ingress(&mut self, object: Object<'_>, out: &mut Vec<Entry>) {
        let Some(spec) = object.spec() else { return };
        let namespace = object.effective_namespace().unwrap_or_default();
        let rules = spec.get("rules").into_iter().flat_map(Node::items);
        let paths = rules.filter_map(|rule| rule.get("http")?.get("paths")).flat_map(Node::items);
        let backends = paths.filter_map(|path| path.get("backend"));
        // `backend` and `serviceName` are the spelling of v1beta1.
        let default = spec.get("defaultBackend").or_else(|| spec.get("backend"));
        for backend in default.into_iter().chain(backends) {
            let (service, port) = match backend.get("service") {
                Some(service) => {
                    let port = service.get("port");
                    let part = |key| port.and_then(|port| port.get(key)).filter(|node| !node.is_null());
                    (service.get("name"), self.backend(part("number").or_else(|| part("name"))))
                }
                None => (backend.get("serviceName"), self.backend(backend.get("servicePort"))),
            };
            if let (Some(service), Some(port)) = (service.and_then(Node::as_str), port) {
                out.push(self.entry(object, EntryKind::Ingress, namespace, service, Some(port)));
            }
        }
    }

    fn route(&mut self, object: Object<'_>, out: &mut Vec<Entry>) {
        let Some(spec) = object.spec() else { return };
        let namespace = object.effective_namespace().unwrap_or_default();
        let port = self.backend(spec.get("port").and_then(|port| port.get("targetPort")));
        let more = spec.get("alternateBackends").into_iter().flat_map(Node::items);
        for target in spec.get("to").into_iter().chain(more) {
            let is_service = target.get("kind").and_then(Node::as_str).is_none_or(|kind| kind == "Service");
            if let Some(name) = target.get("name").and_then(Node::as_str).filter(|_| is_service) {
                out.push(self.entry(object, EntryKind::Route, namespace, name, port));
            }
        }
    }

    fn gateway_route(&mut self, object: Object<'_>, out: &mut Vec<Entry>) {
        let Some(spec) = object.spec() else { return };
        let own = object.effective_namespace().unwrap_or_default();
        let rules = spec.get("rules").into_iter().flat_map(Node::items);
        for target in rules.filter_map(|rule| rule.get("backendRefs")).flat_map(Node::items) {
            let is_service = target.get("kind").and_then(Node::as_str).is_none_or(|kind| kind == "Service");
            let namespace = target.get("namespace").and_then(Node::as_str).unwrap_or(own);
            if let Some(name) = target.get("name").and_then(Node::as_str).filter(|_| is_service) {
                let port = self.backend(target.get("port"));
                out.push(self.entry(object, EntryKind::GatewayRoute, namespace, name, port));
            }
        }
    }
}
