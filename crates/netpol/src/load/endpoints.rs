//! Namespaces, nodes, pods and workloads.

use super::Loader;
use crate::ports::Proto;
use crate::symbols::Sym;
use crate::world::{Endpoint, EndpointKind, NamedPort};
use rampart_document::{FieldPath, Node};
use rampart_model::{Carriers, GroupKind, Labels, Object, ObjectId, Pod};
use rustc_hash::{FxHashMap, FxHashSet};
use std::net::IpAddr;

/// An object by kind, namespace and name: how owner references name it.
type Key<'a> = (&'a str, &'a str, &'a str);

pub(super) fn load(loader: &mut Loader<'_>, carriers: &Carriers) {
    let inventory = loader.inventory;
    for object in inventory.of_kind(GroupKind::core("Namespace")) {
        loader.world.namespace(object.name(), object.labels().iter());
    }
    for object in inventory.of_kind(GroupKind::core("ServiceAccount")) {
        let namespace = loader.world.namespace(object.effective_namespace().unwrap_or_default(), []);
        let name = loader.world.symbols.intern(object.name());
        let labels = loader.world.labels(object.labels().iter());
        loader.world.account_labels.insert((namespace, name), labels);
    }
    for object in inventory.of_kind(GroupKind::core("Node")) {
        loader.node(object);
    }
    let mut owners: FxHashMap<Key<'_>, Object<'_>> = FxHashMap::default();
    let mut pods: Vec<(Object<'_>, Pod<'_>)> = Vec::new();
    for object in inventory.objects() {
        // A PodTemplate runs nothing; a Tekton task runs only through a TaskRun's pod.
        if matches!(object.kind(), "PodTemplate" | "Task" | "ClusterTask") {
            continue;
        }
        if let Some(pod) = carriers.pod(object) {
            owners.insert(
                (object.kind(), object.effective_namespace().unwrap_or_default(), object.name()),
                object,
            );
            pods.push((object, pod));
        }
    }
    // A workload whose pods (or whose owner) were read too does not stand for itself.
    let mut covered: FxHashSet<ObjectId> = FxHashSet::default();
    for (object, _) in &pods {
        let chain = ancestors(*object, &owners);
        if object.kind() == "Pod" {
            covered.extend(chain.iter().map(|owner| owner.id()));
        } else if !chain.is_empty() {
            covered.insert(object.id());
        }
    }
    let with_pods: FxHashSet<ObjectId> = pods
        .iter()
        .filter(|(object, _)| object.kind() == "Pod")
        .flat_map(|(object, _)| ancestors(*object, &owners))
        .map(|owner| owner.id())
        .collect();
    for (object, pod) in &pods {
        if covered.contains(&object.id()) && (object.kind() == "Pod" || with_pods.contains(&object.id())) {
            continue;
        }
        let chain = ancestors(*object, &owners);
        // A ReplicaSet of a Deployment without pods: the Deployment stands for both.
        if object.kind() != "Pod" && !chain.is_empty() {
            continue;
        }
        loader.pod(*object, pod, chain.last().copied());
    }
}

/// The controllers above an object that were read, nearest first; bounded, since references may form a ring.
fn ancestors<'a>(object: Object<'a>, owners: &FxHashMap<Key<'a>, Object<'a>>) -> Vec<Object<'a>> {
    let mut out: Vec<Object<'a>> = Vec::new();
    let mut at = object;
    while out.len() < 8 {
        let owner = at.controller().and_then(|reference| {
            let text = |key| reference.get(key).and_then(Node::as_str);
            owners.get(&(text("kind")?, at.effective_namespace().unwrap_or_default(), text("name")?))
        });
        match owner {
            Some(&owner) if owner.id() != object.id() => {
                out.push(owner);
                at = owner;
            }
            _ => break,
        }
    }
    out
}

impl Loader<'_> {
    fn node(&mut self, object: Object<'_>) {
        let labels = self.world.labels(object.labels().iter());
        let (name, kind) = (self.world.symbols.intern(object.name()), self.world.symbols.intern("Node"));
        let addresses = object.field(&["status", "addresses"]).into_iter().flat_map(Node::items);
        let addresses = addresses.filter_map(|item| item.get("address")?.as_str()?.parse().ok()).collect();
        self.world.endpoint(Endpoint {
            provenance: object.id().0,
            name,
            kind,
            workload: (kind, name),
            namespace: None,
            network: EndpointKind::Node,
            labels,
            account: None,
            ports: Vec::new(),
            node: Some(name),
            addresses,
            single: true,
        });
    }

    fn pod(&mut self, object: Object<'_>, pod: &Pod<'_>, top: Option<Object<'_>>) {
        let status = object.node().get("status").filter(|_| object.kind() == "Pod");
        let phase = status.and_then(|status| status.get("phase")).and_then(Node::as_str);
        if matches!(phase, Some("Succeeded" | "Failed")) {
            return;
        }
        let namespace = self.world.namespace(object.effective_namespace().unwrap_or_default(), []);
        let labels = self.pod_labels(object, pod);
        let host = pod.spec.get("hostNetwork").and_then(Node::as_bool) == Some(true);
        let node =
            pod.spec.get("nodeName").and_then(Node::as_str).map(|name| self.world.symbols.intern(name));
        let (kind, name) =
            (self.world.symbols.intern(object.kind()), self.world.symbols.intern(object.name()));
        let endpoint = Endpoint {
            provenance: object.id().0,
            name,
            kind,
            workload: self.workload(object, top).unwrap_or((kind, name)),
            namespace: Some(namespace),
            network: if host { EndpointKind::HostPod } else { EndpointKind::Pod },
            labels,
            account: Some(self.world.symbols.intern(pod.service_account())),
            ports: self.named_ports(pod),
            node,
            addresses: self.pod_addresses(object, status),
            single: object.kind() == "Pod",
        };
        self.world.endpoint(endpoint);
    }

    fn workload(&mut self, object: Object<'_>, top: Option<Object<'_>>) -> Option<(Sym, Sym)> {
        if let Some(top) = top {
            // The topmost owner that was read may itself name an owner that was not.
            return self.workload(top, None).or_else(|| {
                Some((self.world.symbols.intern(top.kind()), self.world.symbols.intern(top.name())))
            });
        }
        let owner = object.controller()?;
        let text = |key| owner.get(key).and_then(Node::as_str);
        // A static pod names its node as owner; it is still a workload of its own.
        let kind = text("kind").unwrap_or(object.kind());
        let name = text("name").filter(|_| kind != "Node")?;
        Some((self.world.symbols.intern(kind), self.world.symbols.intern(name)))
    }

    fn pod_labels(&mut self, object: Object<'_>, pod: &Pod<'_>) -> Vec<(Sym, Sym)> {
        let labels: Labels<'_> = if object.kind() == "Pod" { object.labels() } else { pod.labels() };
        self.world.labels(labels.iter())
    }

    fn named_ports(&mut self, pod: &Pod<'_>) -> Vec<NamedPort> {
        let mut out = Vec::new();
        for (_, port) in pod.running_containers().flat_map(|container| container.ports()) {
            let name = port.get("name").and_then(Node::as_str).filter(|name| !name.is_empty());
            let number =
                port.get("containerPort").and_then(Node::as_i64).and_then(|port| u16::try_from(port).ok());
            let proto = match port.get("protocol").and_then(Node::as_str) {
                Some(text) => Proto::parse(text),
                None => Some(Proto::Tcp),
            };
            if let (Some(name), Some(number @ 1..), Some(proto)) = (name, number, proto) {
                out.push(NamedPort { name: self.world.symbols.intern(name), proto, port: number });
            }
        }
        out
    }

    fn pod_addresses(&mut self, object: Object<'_>, status: Option<Node<'_>>) -> Vec<IpAddr> {
        let Some(status) = status else {
            return Vec::new();
        };
        let listed = status.get("podIPs").into_iter().flat_map(Node::items).filter_map(|item| item.get("ip"));
        let mut out: Vec<IpAddr> = Vec::new();
        for node in status.get("podIP").into_iter().chain(listed).filter(|node| !node.is_null()) {
            match node.as_str().and_then(|text| text.parse().ok()) {
                Some(address) if out.contains(&address) => {}
                Some(address) => out.push(address),
                None if node.as_str() == Some("") => {}
                None => self.problem(
                    object.id(),
                    FieldPath::root().key("status").key("podIP"),
                    "is no IP address",
                ),
            }
        }
        out
    }
}
