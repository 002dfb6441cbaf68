use hashbrown::HashMap;
use rampart_document::Node;
use rampart_document::mismatches::aside;
use rampart_model::{Carriers, GroupKind, Inventory, Object, ObjectId};
use rampart_netpol::load::{Options, Place, load};
use rampart_netpol::{
    Action, Direction, EndpointId, EndpointKind, Index, Layer, NamespaceId, Peer, PodSelector, Policy,
    PolicyId, Scope, Tier, Verdict,
};
use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::Context;

/// Kinds of network policies that live in a namespace.
pub(crate) const NAMESPACED: [GroupKind<'static>; 4] = [
    GroupKind::new("networking.k8s.io", "NetworkPolicy"),
    GroupKind::new("cilium.io", "CiliumNetworkPolicy"),
    GroupKind::new("projectcalico.org", "NetworkPolicy"),
    GroupKind::new("crd.projectcalico.org", "NetworkPolicy"),
];

/// Kinds of network policies for the whole cluster.
pub(crate) const CLUSTER_WIDE: [GroupKind<'static>; 6] = [
    GroupKind::new("policy.networking.k8s.io", "AdminNetworkPolicy"),
    GroupKind::new("policy.networking.k8s.io", "BaselineAdminNetworkPolicy"),
    GroupKind::new("policy.networking.k8s.io", "ClusterNetworkPolicy"),
    GroupKind::new("cilium.io", "CiliumClusterwideNetworkPolicy"),
    GroupKind::new("projectcalico.org", "GlobalNetworkPolicy"),
    GroupKind::new("crd.projectcalico.org", "GlobalNetworkPolicy"),
];

/// The exact answers of the reachability engine, for the objects of an inventory.
pub(crate) struct Reachability {
    index: Index,
    places: Vec<Place>,
    endpoints: FxHashMap<ObjectId, EndpointId>,
    walls: Vec<bool>,
}

impl std::fmt::Debug for Reachability {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reachability").field("endpoints", &self.endpoints.len()).finish_non_exhaustive()
    }
}

/// Whether something stops connections in a direction unless a rule allows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Isolation {
    /// Nothing does.
    Open,
    /// Something may; what runs in the cluster decides.
    Unclear,
    /// Something does.
    Isolated,
}

impl Reachability {
    pub(crate) fn build(inventory: &Inventory, carriers: &Carriers) -> Self {
        let loaded = load(inventory, &Options { carriers: carriers.clone(), ..Options::default() });
        let places = loaded.places;
        let index = Index::new(loaded.world);
        let world = index.world();
        let mut endpoints: FxHashMap<ObjectId, EndpointId> = FxHashMap::default();
        let mut by_workload: HashMap<_, EndpointId, FxBuildHasher> = HashMap::default();
        for (endpoint, number) in world.endpoints.iter().zip(0..) {
            endpoints.insert(ObjectId(endpoint.provenance), EndpointId(number));
            if let Some(namespace) = endpoint.namespace {
                by_workload.entry((namespace, endpoint.workload)).or_insert(EndpointId(number));
            }
        }
        // A workload whose pods were read is known by one of them.
        for ((namespace, (kind, name)), endpoint) in by_workload {
            let namespace = world.symbols.text(world.namespaces[namespace.0 as usize].name);
            let (kind, name) = (world.symbols.text(kind), world.symbols.text(name));
            let group = match kind {
                "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" => "apps",
                "Job" | "CronJob" => "batch",
                _ => continue,
            };
            if let Some(object) = inventory.find(GroupKind::new(group, kind), Some(namespace), name) {
                endpoints.entry(object.id()).or_insert(endpoint);
            }
        }
        let mut all = Self { index, places, endpoints, walls: Vec::new() };
        all.walls = all.walls();
        all
    }

    /// The engine.
    pub(crate) fn index(&self) -> &Index {
        &self.index
    }

    /// The object and path of a rule.
    pub(crate) fn place(&self, rule: u32) -> Option<&Place> {
        self.places.get(rule as usize)
    }

    /// The endpoint that stands for an object with a pod template.
    pub(crate) fn endpoint(&self, object: ObjectId) -> Option<EndpointId> {
        self.endpoints.get(&object).copied()
    }

    /// Policies of the plugin (not of a mesh) with their tiers, in the engine's order.
    pub(crate) fn policies(&self) -> impl Iterator<Item = (PolicyId, &Policy, &Tier)> {
        let world = self.index.world();
        let all = world.policies.iter().zip(0..);
        let all =
            all.map(|(policy, number)| (PolicyId(number), policy, &world.tiers[policy.tier.0 as usize]));
        all.filter(|(_, _, tier)| tier.layer == Layer::Packets)
    }

    /// Whether policies isolate an endpoint: one that selects it for the direction, or a Deny for every pod.
    pub(crate) fn isolation(&self, endpoint: EndpointId, direction: Direction) -> Isolation {
        let class = self.index.classes().of[endpoint.0 as usize];
        let world = self.index.world();
        let mut isolation = Isolation::Open;
        for (id, certain) in self.index.policies_of(class, direction) {
            let policy = &world.policies[id.0 as usize];
            let is_mesh = world.tiers[policy.tier.0 as usize].layer != Layer::Packets;
            if !is_mesh && (policy.isolates[direction as usize] || denies_every_pod(policy, direction)) {
                let this = if certain { Isolation::Isolated } else { Isolation::Unclear };
                isolation = isolation.max(this);
            }
        }
        isolation
    }

    /// True when a policy for the whole cluster denies or isolates something in the namespace.
    pub(crate) fn is_walled(&self, namespace: &str) -> bool {
        let id = self.index.world().find_namespace(namespace);
        id.is_some_and(|id| self.walls.get(id.0 as usize).copied().unwrap_or(false))
    }

    fn walls(&self) -> Vec<bool> {
        let world = self.index.world();
        let builds_wall = |id: PolicyId, direction: Direction| {
            let policy = &world.policies[id.0 as usize];
            let deny = policy.rules[direction as usize].iter().any(|rule| rule.action == Action::Deny);
            let own = matches!(&policy.subject, Peer::Pods(PodSelector { scope: Scope::One(_), .. }));
            !own && (deny || policy.isolates[direction as usize])
        };
        let classes = 0..self.index.classes().list.len() as u32;
        let by_class: Vec<bool> = classes
            .map(|class| {
                Direction::BOTH.into_iter().any(|direction| {
                    self.index.policies_of(class, direction).any(|(id, _)| builds_wall(id, direction))
                })
            })
            .collect();
        let mut walls = vec![false; world.namespaces.len()];
        for (endpoint, &class) in world.endpoints.iter().zip(&self.index.classes().of) {
            if let Some(NamespaceId(namespace)) = endpoint.namespace {
                walls[namespace as usize] |= by_class[class as usize];
            }
        }
        walls
    }

    /// Whether a pod may open a connection to an address.
    pub(crate) fn opens(&self, from: EndpointId, to: std::net::IpAddr, port: u16) -> Verdict {
        use rampart_netpol::{Party, Proto};
        self.index.reach(Party::Endpoint(from), Party::Address(to), Proto::Tcp, port).egress.verdict
    }

    /// True when every endpoint a policy may bind runs in its node's network; false when there is none.
    pub(crate) fn binds_hosts_only(&self, policy: PolicyId) -> bool {
        let subjects = self.index.subjects_of(policy);
        let host = |class: &u32| self.index.classes().list[*class as usize].network != EndpointKind::Pod;
        !subjects.is_empty() && subjects.iter().all(host)
    }
}

/// True for a rule that denies connections with every pod, on all ports.
fn denies_every_pod(policy: &Policy, direction: Direction) -> bool {
    policy.rules[direction as usize].iter().any(|rule| {
        rule.action == Action::Deny
            && rule.ports.set.covers(&rampart_netpol::PortSet::transport())
            && is_every_pod(&rule.peer)
    })
}

/// True for a peer that holds every pod, whatever there is.
pub(crate) fn is_every_pod(peer: &Peer) -> bool {
    match peer {
        Peer::Any => true,
        Peer::Pods(selector) => selector.scope == Scope::All && selector.pods == rampart_netpol::Expr::True,
        Peer::AnyOf(parts) => parts.iter().any(is_every_pod),
        Peer::AllOf(parts) => !parts.is_empty() && parts.iter().all(is_every_pod),
        _ => false,
    }
}

/// Network policies by namespace.
#[derive(Debug, Default)]
pub(crate) struct Policies<'a> {
    by_namespace: FxHashMap<&'a str, Vec<ObjectId>>,
    /// True when there is a policy of any kind.
    pub(crate) any: bool,
}

impl<'a> Policies<'a> {
    pub(crate) fn build(inventory: &'a Inventory) -> Self {
        let mut all = Self::default();
        for object in NAMESPACED.iter().flat_map(|&kind| inventory.of_kind(kind)) {
            if let Some(namespace) = object.effective_namespace() {
                all.by_namespace.entry(namespace).or_default().push(object.id());
                all.any = true;
            }
        }
        all.any |= CLUSTER_WIDE.iter().any(|&kind| inventory.of_kind(kind).next().is_some());
        all
    }

    /// The policies that live in a namespace.
    pub(crate) fn of(&self, namespace: &str) -> &[ObjectId] {
        self.by_namespace.get(namespace).map_or(&[], Vec::as_slice)
    }
}

/// True for an object whose controller was read too: it answers for it.
pub(crate) fn is_controlled(object: Object<'_>) -> bool {
    let Some(kind) = object.controller_kind() else { return false };
    let name = object.controller().and_then(|owner| owner.get("name")).and_then(Node::scalar_text);
    let inventory = object.inventory();
    name.is_some_and(|name| inventory.find(kind, object.effective_namespace(), name).is_some())
}

impl<'a> Context<'a> {
    /// Network policies by namespace.
    pub(crate) fn policies(&self) -> &Policies<'a> {
        self.indexes().policies.get_or_init(|| aside(|| Policies::build(self.inventory)))
    }

    /// What may connect to what; `None` when the input has no policy at all: then nothing is stopped.
    pub(crate) fn reachability(&self) -> Option<&Reachability> {
        let build = || aside(|| Reachability::build(self.inventory, self.carriers));
        self.policies().any.then(|| self.indexes().reachability.get_or_init(build))
    }
}
