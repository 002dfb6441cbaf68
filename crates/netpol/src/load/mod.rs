//! From an inventory of objects to a [`World`]: which endpoints there are and what every policy API says about them.
//!
//! An object the API server would refuse is left out with a [`Problem`]; a part of an object nobody understands makes
//! the answers that rest on it unknown, or closed where the API says so.

mod calico;
mod cilium;
mod cluster_policy;
mod detect;
mod endpoints;
mod istio;
mod network_policy;
mod read;
mod services;

use crate::policy::{Layer, Peer, Policy, PolicyId, Tier, TierEnd, TierId};
use crate::profile::{Profile, Tri};
use crate::world::World;
use crate::{Cidr, EndpointId};
use rampart_document::{FieldPath, Position};
use rampart_model::{Carriers, Inventory, ObjectId};

pub use detect::{Detected, detect};
pub use services::{Backend, Entry, EntryKind, Service, ServicePort};

/// What the caller knows beyond the objects.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The network plugin.
    pub profile: Profile,
    /// Address pools of pods, if known.
    pub pod_blocks: Vec<Cidr>,
    /// Take `pods` of a cluster-wide policy without one of its two selectors as if the missing one were empty. The
    /// API server refuses such a policy; some other tools do not.
    pub lenient_cluster_pods: bool,
    /// Which kinds carry pod templates.
    pub carriers: Carriers,
}

/// Something wrong with an object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// The object.
    pub object: ObjectId,
    /// The field.
    pub path: FieldPath,
    /// What is wrong and what follows from it.
    pub message: String,
}

/// Where a rule is written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// The object.
    pub object: ObjectId,
    /// The rule's path in it.
    pub path: FieldPath,
}

/// A world and the way back to the objects it was made from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The engine's input. A policy's and an endpoint's provenance is the number of its object, a rule's the index of
    /// its [`Place`].
    pub world: World,
    /// Where rules are written.
    pub places: Vec<Place>,
    /// What is wrong with the objects, in input order.
    pub problems: Vec<Problem>,
    /// Services with a selector or endpoints.
    pub services: Vec<Service>,
    /// Ways into the cluster that lead to Services.
    pub entries: Vec<Entry>,
}

impl Loaded {
    /// The object of a policy.
    pub fn policy_object(&self, id: PolicyId) -> ObjectId {
        ObjectId(self.world.policies[id.0 as usize].provenance)
    }

    /// The object of an endpoint.
    pub fn endpoint_object(&self, id: EndpointId) -> ObjectId {
        ObjectId(self.world.endpoints[id.0 as usize].provenance)
    }

    /// File and position a place is written at.
    pub fn position(&self, inventory: &Inventory, place: u32) -> Option<(String, Position)> {
        let place = self.places.get(place as usize)?;
        let object = inventory.object(place.object);
        let node = object.at(&place.path).unwrap_or_else(|| object.node());
        Some((object.source().name().to_owned(), object.source().position(node.span().start)))
    }
}

/// Reads an inventory.
pub fn load(inventory: &Inventory, options: &Options) -> Loaded {
    let mut loader = Loader {
        inventory,
        world: World::new(options.profile.clone()),
        places: Vec::new(),
        problems: Vec::new(),
        pending: Vec::new(),
        tiers: Vec::new(),
        lenient_cluster_pods: options.lenient_cluster_pods,
        network_sets: Vec::new(),
        services: Vec::new(),
    };
    loader.world.pod_blocks.clone_from(&options.pod_blocks);
    endpoints::load(&mut loader, &options.carriers);
    let entries = services::load(&mut loader);
    network_policy::load(&mut loader);
    cluster_policy::load(&mut loader);
    calico::load(&mut loader);
    cilium::load(&mut loader);
    istio::load(&mut loader);
    loader.settle();
    let Loader { world, places, mut problems, services, .. } = loader;
    problems.sort_by_key(|problem| problem.object);
    Loaded { world, places, problems, services, entries }
}

/// Order of the tiers that are not written down anywhere, on Calico's scale.
mod order {
    pub(super) const ADMIN: f64 = 1_000.0;
    pub(super) const NAMESPACE: f64 = 1_000_000.0;
    pub(super) const BASELINE: f64 = 10_000_000.0;
}

/// A tier that is wanted, before all of them are known and sorted.
struct WantedTier {
    order: f64,
    tier: Tier,
}

/// A policy before its tier and its place in it have numbers.
struct Pending {
    policy: Policy,
    tier: usize,
    order: (f64, String),
}

struct Loader<'a> {
    inventory: &'a Inventory,
    world: World,
    places: Vec<Place>,
    problems: Vec<Problem>,
    pending: Vec<Pending>,
    tiers: Vec<WantedTier>,
    lenient_cluster_pods: bool,
    network_sets: Vec<calico::NetworkSet>,
    services: Vec<Service>,
}

impl Loader<'_> {
    fn problem(&mut self, object: ObjectId, path: FieldPath, message: impl Into<String>) {
        self.problems.push(Problem { object, path, message: message.into() });
    }

    /// The tier of that name, made when it is wanted first.
    fn tier(&mut self, name: &str, layer: Layer, order: f64, end: TierEnd, enforced: Tri) -> usize {
        let known =
            self.tiers.iter().position(|wanted| wanted.tier.name == name && wanted.tier.layer == layer);
        known.unwrap_or_else(|| {
            self.tiers.push(WantedTier { order, tier: Tier { name: name.to_owned(), layer, end, enforced } });
            self.tiers.len() - 1
        })
    }

    /// The tier of namespace owners: NetworkPolicy and what plugins evaluate together with it.
    fn namespace_tier(&mut self) -> usize {
        let enforced = self.world.profile.enforces;
        self.tier("NetworkPolicy", Layer::Packets, order::NAMESPACE, TierEnd::Deny, enforced)
    }

    /// The subject of a policy that only one plugin knows: uncertain when nobody can tell whether that plugin runs.
    fn if_enforced(&mut self, plugin: &str, subject: Peer) -> Peer {
        if self.world.profile.enforces_objects_of(plugin) != Tri::Unknown {
            return subject;
        }
        let reason = format!("it is not known whether {plugin} policies are enforced");
        let reason = self.world.reason(&reason);
        Peer::Perhaps(Box::new(subject), reason)
    }

    fn place(&mut self, object: ObjectId, path: FieldPath) -> u32 {
        self.places.push(Place { object, path });
        self.places.len() as u32 - 1
    }

    fn push(&mut self, policy: Policy, tier: usize, order: (f64, String)) {
        self.pending.push(Pending { policy, tier, order });
    }

    /// Numbers the tiers and the places in them.
    fn settle(&mut self) {
        let mut sorted: Vec<usize> = (0..self.tiers.len()).collect();
        sorted.sort_by(|&a, &b| {
            let (a, b) = (&self.tiers[a], &self.tiers[b]);
            (a.tier.layer, a.order)
                .partial_cmp(&(b.tier.layer, b.order))
                .unwrap_or(std::cmp::Ordering::Equal)
                .then_with(|| a.tier.name.cmp(&b.tier.name))
        });
        let mut numbers = vec![TierId(0); self.tiers.len()];
        for index in sorted {
            numbers[index] = self.world.tier(self.tiers[index].tier.clone());
        }
        let mut pending = std::mem::take(&mut self.pending);
        pending.sort_by(|a, b| {
            let tiers = numbers[a.tier].cmp(&numbers[b.tier]);
            tiers.then(a.order.0.total_cmp(&b.order.0)).then_with(|| a.order.1.cmp(&b.order.1))
        });
        let mut last: Option<(usize, (f64, String))> = None;
        let mut rank = 0;
        for mut next in pending {
            let here = (next.tier, next.order);
            if last.as_ref() != Some(&here) {
                rank += 1;
            }
            next.policy.tier = numbers[here.0];
            next.policy.order = rank;
            last = Some(here);
            self.world.policy(next.policy);
        }
    }
}
