//! The engine's input: namespaces, endpoints and canonical policies, compact and interned.

use crate::cidr::Cidr;
use crate::policy::{NamespaceId, Policy, PolicyId, Reason, Tier, TierId};
use crate::ports::Proto;
use crate::profile::Profile;
use crate::select::{Attr, AttrId, Attrs};
use crate::symbols::{Interner, Sym, Symbols};
use std::net::IpAddr;

/// A namespace.
#[derive(Clone, Debug)]
pub struct Namespace {
    /// Its name.
    pub name: Sym,
    /// Labels sorted by key; `kubernetes.io/metadata.name` is always among them.
    pub labels: Vec<(Sym, Sym)>,
}

/// What kind of network an endpoint has.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum EndpointKind {
    /// A pod with a network of its own.
    Pod,
    /// A pod in its node's network.
    HostPod,
    /// A node.
    Node,
}

/// A named port of a pod.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct NamedPort {
    /// The name.
    pub name: Sym,
    /// The protocol it is declared for.
    pub proto: Proto,
    /// The number.
    pub port: u16,
}

/// A pod, a workload standing for its equal pods, or a node.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// What the caller knows it by.
    pub provenance: u32,
    /// Name of the pod, workload or node.
    pub name: Sym,
    /// `Pod`, `Deployment`, `Node`, …
    pub kind: Sym,
    /// Kind and name of the workload it belongs to; itself when it has no owner.
    pub workload: (Sym, Sym),
    /// Its namespace; `None` for nodes.
    pub namespace: Option<NamespaceId>,
    /// Network kind.
    pub network: EndpointKind,
    /// Labels sorted by key.
    pub labels: Vec<(Sym, Sym)>,
    /// Service account; `None` for nodes.
    pub account: Option<Sym>,
    /// Named ports.
    pub ports: Vec<NamedPort>,
    /// The node it is or runs on, if known.
    pub node: Option<Sym>,
    /// Its addresses, as far as known.
    pub addresses: Vec<IpAddr>,
    /// True when it is exactly one pod, so that a connection to itself stays inside it.
    pub single: bool,
}

/// Index of an endpoint in the world.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct EndpointId(pub u32);

/// Everything the engine works on.
#[derive(Clone, Debug)]
pub struct World {
    /// All texts.
    pub symbols: Symbols,
    /// All facts that selectors ask for.
    pub attrs: Attrs,
    /// Texts of reasons.
    pub reasons: Interner<Box<str>>,
    /// What the network plugin does where the APIs leave room.
    pub profile: Profile,
    /// The address blocks pods get their addresses from; empty when unknown.
    pub pod_blocks: Vec<Cidr>,
    /// Namespaces.
    pub namespaces: Vec<Namespace>,
    /// Endpoints.
    pub endpoints: Vec<Endpoint>,
    /// Tiers in evaluation order.
    pub tiers: Vec<Tier>,
    /// Policies.
    pub policies: Vec<Policy>,
    /// Labels of service accounts that were read, as (namespace, name) -> labels.
    pub account_labels: hashbrown::HashMap<(NamespaceId, Sym), Vec<(Sym, Sym)>, rustc_hash::FxBuildHasher>,
    names: hashbrown::HashMap<Sym, NamespaceId, rustc_hash::FxBuildHasher>,
}

/// The label the API server puts on every namespace.
pub const NAME_LABEL: &str = "kubernetes.io/metadata.name";

impl World {
    /// An empty world for a network plugin.
    pub fn new(profile: Profile) -> Self {
        Self {
            symbols: Symbols::default(),
            attrs: Attrs::default(),
            reasons: Interner::default(),
            profile,
            pod_blocks: Vec::new(),
            namespaces: Vec::new(),
            endpoints: Vec::new(),
            tiers: Vec::new(),
            policies: Vec::new(),
            account_labels: hashbrown::HashMap::default(),
            names: hashbrown::HashMap::default(),
        }
    }

    /// Adds a namespace, or adds labels to one that is already there. The name label is set as the API server sets it.
    pub fn namespace<'a>(
        &mut self,
        name: &str,
        labels: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> NamespaceId {
        let name = self.symbols.intern(name);
        let key = self.symbols.intern(NAME_LABEL);
        let id = *self.names.entry(name).or_insert_with(|| {
            self.namespaces.push(Namespace { name, labels: vec![(key, name)] });
            NamespaceId(self.namespaces.len() as u32 - 1)
        });
        for (label, value) in labels {
            let (label, value) = (self.symbols.intern(label), self.symbols.intern(value));
            if label != key {
                put(&mut self.namespaces[id.0 as usize].labels, label, value);
            }
        }
        id
    }

    /// The namespace of that name.
    pub fn find_namespace(&self, name: &str) -> Option<NamespaceId> {
        self.symbols.find(name).and_then(|name| self.names.get(&name)).copied()
    }

    /// Interned, sorted labels; a key given twice keeps its last value.
    pub fn labels<'a>(&mut self, labels: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<(Sym, Sym)> {
        let mut out = Vec::new();
        for (key, value) in labels {
            let pair = (self.symbols.intern(key), self.symbols.intern(value));
            put(&mut out, pair.0, pair.1);
        }
        out
    }

    /// Adds an endpoint.
    pub fn endpoint(&mut self, endpoint: Endpoint) -> EndpointId {
        self.endpoints.push(endpoint);
        EndpointId(self.endpoints.len() as u32 - 1)
    }

    /// Adds a pod with the given labels; everything else empty. Convenience for tests and generators.
    pub fn pod<'a>(
        &mut self,
        namespace: NamespaceId,
        name: &str,
        labels: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> EndpointId {
        let labels = self.labels(labels);
        let (name, kind) = (self.symbols.intern(name), self.symbols.intern("Pod"));
        let account = Some(self.symbols.intern("default"));
        let provenance = self.endpoints.len() as u32;
        self.endpoint(Endpoint {
            provenance,
            name,
            kind,
            workload: (kind, name),
            namespace: Some(namespace),
            network: EndpointKind::Pod,
            labels,
            account,
            ports: Vec::new(),
            node: None,
            addresses: Vec::new(),
            single: true,
        })
    }

    /// Adds a tier behind those already there.
    pub fn tier(&mut self, tier: Tier) -> TierId {
        self.tiers.push(tier);
        TierId(self.tiers.len() as u32 - 1)
    }

    /// Adds a policy.
    pub fn policy(&mut self, policy: Policy) -> PolicyId {
        self.policies.push(policy);
        PolicyId(self.policies.len() as u32 - 1)
    }

    /// The number of a reason's text.
    pub fn reason(&mut self, text: &str) -> Reason {
        match self.reasons.find(text) {
            Some(id) => Reason(id),
            None => Reason(self.reasons.intern(text.into())),
        }
    }

    /// The fact "label `key` of the pod".
    pub fn label_attr(&mut self, key: &str) -> AttrId {
        let key = self.symbols.intern(key);
        self.attrs.intern(Attr::Label(key))
    }

    /// The fact "label `key` of the namespace".
    pub fn namespace_attr(&mut self, key: &str) -> AttrId {
        let key = self.symbols.intern(key);
        self.attrs.intern(Attr::NamespaceLabel(key))
    }

    /// The value of a namespace's fact.
    pub fn namespace_value(&self, id: NamespaceId, attr: Attr) -> Option<Sym> {
        let namespace = &self.namespaces[id.0 as usize];
        match attr {
            Attr::NamespaceLabel(key) => find(&namespace.labels, key),
            Attr::NamespaceName => Some(namespace.name),
            _ => None,
        }
    }

    /// The value of an endpoint's fact.
    pub fn value(&self, endpoint: &Endpoint, attr: Attr) -> Option<Sym> {
        match attr {
            Attr::Label(key) => find(&endpoint.labels, key),
            Attr::Name => Some(endpoint.name),
            Attr::AccountName => endpoint.account,
            Attr::AccountLabel(key) => {
                let owner = (endpoint.namespace?, endpoint.account?);
                self.account_labels.get(&owner).and_then(|labels| find(labels, key))
            }
            Attr::NamespaceLabel(_) | Attr::NamespaceName => self.namespace_value(endpoint.namespace?, attr),
        }
    }

    /// `ns/name`, or the name alone for nodes.
    pub fn title(&self, id: EndpointId) -> String {
        let endpoint = &self.endpoints[id.0 as usize];
        let name = self.symbols.text(endpoint.name);
        match endpoint.namespace {
            Some(namespace) => {
                format!("{}/{name}", self.symbols.text(self.namespaces[namespace.0 as usize].name))
            }
            None => name.to_owned(),
        }
    }
}

fn find(labels: &[(Sym, Sym)], key: Sym) -> Option<Sym> {
    labels.binary_search_by_key(&key, |pair| pair.0).ok().map(|index| labels[index].1)
}

fn put(labels: &mut Vec<(Sym, Sym)>, key: Sym, value: Sym) {
    match labels.binary_search_by_key(&key, |pair| pair.0) {
        Ok(index) => labels[index].1 = value,
        Err(index) => labels.insert(index, (key, value)),
    }
}
