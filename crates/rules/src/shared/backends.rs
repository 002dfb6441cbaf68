//! Where Ingresses and routes send traffic.

use rampart_document::{FieldPath, Node};
use rampart_model::{GroupKind, IntOrString, Object};

/// Kinds of the Gateway API that route to backends.
pub(crate) const ROUTES: [GroupKind<'static>; 5] = [
    GroupKind::new("gateway.networking.k8s.io", "HTTPRoute"),
    GroupKind::new("gateway.networking.k8s.io", "GRPCRoute"),
    GroupKind::new("gateway.networking.k8s.io", "TCPRoute"),
    GroupKind::new("gateway.networking.k8s.io", "TLSRoute"),
    GroupKind::new("gateway.networking.k8s.io", "UDPRoute"),
];

/// Ingresses of any API version.
pub(crate) const INGRESS: GroupKind<'static> = GroupKind::new("networking.k8s.io", "Ingress");

/// A Service that an Ingress or a route sends to.
#[derive(Debug, Clone)]
pub(crate) struct Backend<'a> {
    /// The path of its name.
    pub(crate) path: FieldPath,
    /// The path of its port.
    pub(crate) port_path: FieldPath,
    /// The Service's namespace.
    pub(crate) namespace: &'a str,
    /// The Service's name.
    pub(crate) service: &'a str,
    /// The Service's port, by number or name.
    pub(crate) port: Option<IntOrString<'a>>,
}

/// The Services that an Ingress or a route of the Gateway API sends to.
pub(crate) fn backends(object: Object<'_>) -> Vec<Backend<'_>> {
    let mut all = Vec::new();
    if object.kind() == "Ingress" {
        of_ingress(object, &mut all);
    } else {
        of_route(object, &mut all);
    }
    all
}

fn of_ingress<'a>(object: Object<'a>, all: &mut Vec<Backend<'a>>) {
    let (Some(spec), Some(namespace)) = (object.spec(), object.effective_namespace()) else { return };
    let root = FieldPath::root().key("spec");
    // `backend`, `serviceName` and `servicePort` are the spelling of v1beta1.
    for key in ["defaultBackend", "backend"] {
        all.extend(spec.field(key).and_then(|node| ingress_backend(node, &root.key(key), namespace)));
    }
    for (at, rule) in spec.field("rules").and_then(Node::as_seq).into_iter().flat_map(Node::items).enumerate()
    {
        let paths = rule.field("http").and_then(|http| http.field("paths")).and_then(Node::as_seq);
        for (index, path) in paths.into_iter().flat_map(Node::items).enumerate() {
            let place = root.key("rules").index(at).key("http").key("paths").index(index).key("backend");
            all.extend(path.field("backend").and_then(|node| ingress_backend(node, &place, namespace)));
        }
    }
}

fn ingress_backend<'a>(node: Node<'a>, path: &FieldPath, namespace: &'a str) -> Option<Backend<'a>> {
    if let Some(service) = node.field("service") {
        let path = path.key("service");
        let port = service.field("port");
        let part = |key| port.and_then(|port| port.field(key)).map(|node| (key, node));
        let port = part("number").or_else(|| part("name"));
        return Some(Backend {
            port_path: path.key("port").key(port.map_or("number", |(key, _)| key)),
            path: path.key("name"),
            namespace,
            service: service.field("name")?.as_str()?,
            port: port.and_then(|(_, node)| IntOrString::read(node)),
        });
    }
    Some(Backend {
        path: path.key("serviceName"),
        port_path: path.key("servicePort"),
        namespace,
        service: node.field("serviceName")?.as_str()?,
        port: node.field("servicePort").and_then(IntOrString::read),
    })
}

fn of_route<'a>(object: Object<'a>, all: &mut Vec<Backend<'a>>) {
    let Some(own) = object.effective_namespace() else { return };
    let rules = object.field(&["spec", "rules"]).and_then(Node::as_seq);
    for (at, rule) in rules.into_iter().flat_map(Node::items).enumerate() {
        let list = rule.field("backendRefs").and_then(Node::as_seq);
        for (index, target) in list.into_iter().flat_map(Node::items).enumerate() {
            let text = |key| target.field(key).and_then(Node::as_str);
            let group = text("group").unwrap_or("");
            let is_service = group.is_empty() && text("kind").unwrap_or("Service") == "Service";
            let path = FieldPath::root().key("spec").key("rules").index(at).key("backendRefs").index(index);
            if let Some(service) = text("name").filter(|_| is_service) {
                all.push(Backend {
                    port_path: path.key("port"),
                    path: path.key("name"),
                    namespace: text("namespace").unwrap_or(own),
                    service,
                    port: target.field("port").and_then(IntOrString::read),
                });
            }
        }
    }
}

/// A Gateway (or ListenerSet) that a route attaches to.
#[derive(Debug, Clone)]
pub(crate) struct Parent<'a> {
    /// Path of the reference.
    pub(crate) path: FieldPath,
    /// Kind of the parent.
    pub(crate) kind: GroupKind<'a>,
    /// Its namespace.
    pub(crate) namespace: &'a str,
    /// Its name.
    pub(crate) name: &'a str,
    /// The listener, if one is named.
    pub(crate) section: Option<&'a str>,
    /// The listener's port, if one is named.
    pub(crate) port: Option<i64>,
}

/// What a route of the Gateway API attaches to.
pub(crate) fn parents(route: Object<'_>) -> impl Iterator<Item = Parent<'_>> {
    let list = route.field(&["spec", "parentRefs"]).and_then(Node::as_seq);
    list.into_iter().flat_map(Node::items).enumerate().filter_map(move |(index, node)| {
        let text = |key| node.field(key).and_then(Node::as_str);
        Some(Parent {
            path: FieldPath::root().key("spec").key("parentRefs").index(index),
            kind: GroupKind::new(
                text("group").unwrap_or("gateway.networking.k8s.io"),
                text("kind").unwrap_or("Gateway"),
            ),
            namespace: text("namespace").or(route.effective_namespace())?,
            name: text("name")?,
            section: text("sectionName"),
            port: node.field("port").and_then(Node::as_i64),
        })
    })
}

/// True when a port of the Service is the one that is meant.
pub(crate) fn has_port(service: Object<'_>, wanted: IntOrString<'_>) -> bool {
    service_ports(service).any(|port| match wanted {
        IntOrString::Int(number) => port.field("port").and_then(Node::as_i64) == Some(number),
        IntOrString::Text(name) => port.field("name").and_then(Node::as_str) == Some(name),
    })
}

/// The entries of `spec.ports`.
pub(crate) fn service_ports(service: Object<'_>) -> impl Iterator<Item = Node<'_>> {
    service.field(&["spec", "ports"]).and_then(Node::as_seq).into_iter().flat_map(Node::items)
}
