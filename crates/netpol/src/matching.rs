//! Selectors, blocks and their combinations as sets of connection partners (classes, then address pieces).

use crate::cidr::Cidr;
use crate::classes::{Class, Classes};
use crate::policy::{Hosts, Peer, PodSelector, Scope};
use crate::profile::Tri;
use crate::select::Expr;
use crate::symbols::Sym;
use crate::world::{Endpoint, EndpointKind, World};
use roaring::RoaringBitmap;
use rustc_hash::FxBuildHasher;
use std::sync::Arc;

/// As what an endpoint is asked for: profiles treat hostNetwork pods differently in the two roles.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Role {
    /// Bound by a policy.
    Subject,
    /// Named by a rule.
    Partner,
}

/// Whether something is in a set.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Member {
    /// It is not.
    No,
    /// Nobody can tell.
    Perhaps,
    /// It is.
    Yes,
}

/// A set of partners, as far as it can be known.
#[derive(Clone, Debug)]
pub enum Matched {
    /// Everyone.
    All,
    /// Known exactly.
    Exact(Arc<RoaringBitmap>),
    /// Certain members, and all that may be members (a superset).
    Between(Arc<RoaringBitmap>, Arc<RoaringBitmap>),
}

impl Matched {
    fn new(must: RoaringBitmap, may: RoaringBitmap) -> Self {
        if must.len() == may.len() {
            Self::Exact(Arc::new(must))
        } else {
            Self::Between(Arc::new(must), Arc::new(may))
        }
    }

    /// Membership of one partner.
    pub fn has(&self, partner: u32) -> Member {
        match self {
            Self::All => Member::Yes,
            Self::Exact(set) if set.contains(partner) => Member::Yes,
            Self::Exact(_) => Member::No,
            Self::Between(must, _) if must.contains(partner) => Member::Yes,
            Self::Between(_, may) if may.contains(partner) => Member::Perhaps,
            Self::Between(..) => Member::No,
        }
    }

    /// True when nobody can be in it.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::All => false,
            Self::Exact(set) => set.is_empty(),
            Self::Between(_, may) => may.is_empty(),
        }
    }

    /// (certain, possible) members, `partners` being the size of the universe.
    pub fn sets(&self, partners: u32) -> (RoaringBitmap, RoaringBitmap) {
        match self {
            Self::All => {
                let all: RoaringBitmap = everyone(partners);
                (all.clone(), all)
            }
            Self::Exact(set) => ((**set).clone(), (**set).clone()),
            Self::Between(must, may) => ((**must).clone(), (**may).clone()),
        }
    }

    /// All possible members.
    pub fn possible(&self, partners: u32) -> Arc<RoaringBitmap> {
        match self {
            Self::All => Arc::new(everyone(partners)),
            Self::Exact(set) | Self::Between(_, set) => Arc::clone(set),
        }
    }
}

fn everyone(partners: u32) -> RoaringBitmap {
    let mut all = RoaringBitmap::new();
    all.insert_range(0..partners);
    all
}

/// Finds the partners of peers; equal peers are looked up once.
pub(crate) struct Matcher<'a> {
    world: &'a World,
    classes: &'a Classes,
    known: hashbrown::HashMap<(Role, &'a Peer), Matched, FxBuildHasher>,
    nodes: hashbrown::HashMap<Sym, &'a Endpoint, FxBuildHasher>,
}

impl<'a> Matcher<'a> {
    /// A matcher over grouped endpoints.
    pub(crate) fn new(world: &'a World, classes: &'a Classes) -> Self {
        let nodes = world.endpoints.iter().filter(|endpoint| endpoint.network == EndpointKind::Node);
        let nodes = nodes.filter_map(|endpoint| Some((endpoint.node?, endpoint))).collect();
        Self { world, classes, known: hashbrown::HashMap::default(), nodes }
    }

    /// The partners a peer stands for.
    pub(crate) fn find(&mut self, role: Role, peer: &'a Peer) -> Matched {
        if matches!(peer, Peer::Any) {
            return Matched::All;
        }
        if let Some(found) = self.known.get(&(role, peer)) {
            return found.clone();
        }
        let found = self.compute(role, peer);
        self.known.insert((role, peer), found.clone());
        found
    }

    fn compute(&mut self, role: Role, peer: &'a Peer) -> Matched {
        let partners = self.classes.partners();
        match peer {
            Peer::Any => Matched::All,
            Peer::Pods(selector) => self.pods(role, selector),
            Peer::Block(block, except) => {
                let profile = &self.world.profile;
                self.block(*block, except, profile.blocks_match_pods, profile.blocks_match_nodes)
            }
            Peer::Address(block) => {
                let rule = self.world.profile.networks_match_pods;
                self.block(*block, &[], rule, rule)
            }
            Peer::Nodes(expr) => self.hosts(|matcher, class| matcher.node_matches(class, expr)),
            Peer::AnyNode => self.hosts(|_, _| Member::Yes),
            Peer::OwnNode => self.hosts(|_, _| Member::Perhaps),
            Peer::Outside => {
                let mut set = RoaringBitmap::new();
                set.insert_range(self.classes.list.len() as u32..partners);
                Matched::Exact(Arc::new(set))
            }
            Peer::AllOf(parts) => {
                let (mut must, mut may) = Matched::All.sets(partners);
                for part in parts {
                    let (part_must, part_may) = self.find(role, part).sets(partners);
                    must &= part_must;
                    may &= part_may;
                }
                Matched::new(must, may)
            }
            Peer::AnyOf(parts) if parts.iter().any(|part| matches!(part, Peer::Any)) => Matched::All,
            Peer::AnyOf(parts) => match &**parts {
                [only] => self.find(role, only),
                parts => {
                    let (mut must, mut may) = (RoaringBitmap::new(), RoaringBitmap::new());
                    for part in parts {
                        let (part_must, part_may) = self.find(role, part).sets(partners);
                        must |= part_must;
                        may |= part_may;
                    }
                    Matched::new(must, may)
                }
            },
            Peer::Not(inner) => {
                let (must, may) = self.find(role, inner).sets(partners);
                let all = everyone(partners);
                Matched::new(&all - &may, &all - &must)
            }
            Peer::Perhaps(inner, _) => {
                let (_, may) = self.find(role, inner).sets(partners);
                Matched::new(RoaringBitmap::new(), may)
            }
        }
    }

    fn pods(&self, role: Role, selector: &PodSelector) -> Matched {
        let host = match role {
            _ if selector.hosts == Hosts::Never => Tri::No,
            Role::Subject => self.world.profile.binds_host_network,
            Role::Partner => self.world.profile.selects_host_network,
        };
        let (mut must, mut may) = (Vec::new(), Vec::new());
        let mut consider = |number: u32| {
            let class = &self.classes.list[number as usize];
            let member = match class.network {
                EndpointKind::Pod => Member::Yes,
                EndpointKind::HostPod => member_of(host),
                EndpointKind::Node => Member::No,
            };
            if member != Member::No && self.selects(selector, class) {
                may.push(number);
                if member == Member::Yes {
                    must.push(number);
                }
            }
        };
        let scope = match &selector.scope {
            Scope::Where(expr) => expr.anchor(),
            _ => None,
        };
        let anchor = [scope, selector.pods.anchor()].into_iter().flatten();
        let cheapest = |(attr, values): (_, &[Sym])| {
            let lists: Vec<&[u32]> = values.iter().map(|&value| self.classes.with(attr, value)).collect();
            (lists.iter().map(|list| list.len()).sum::<usize>(), lists)
        };
        match (&selector.scope, anchor.map(cheapest).min_by_key(|(size, _)| *size)) {
            (Scope::One(id), _) => self.classes.in_namespace(*id).for_each(&mut consider),
            (_, Some((_, lists))) => {
                let mut all: Vec<u32> = lists.concat();
                all.sort_unstable();
                all.into_iter().for_each(&mut consider);
            }
            _ => (0..self.classes.list.len() as u32).for_each(&mut consider),
        }
        let set = |numbers: Vec<u32>| {
            let mut set: RoaringBitmap = numbers.into_iter().collect();
            set.optimize();
            set
        };
        if must.len() == may.len() {
            Matched::Exact(Arc::new(set(must)))
        } else {
            Matched::new(set(must), set(may))
        }
    }

    fn selects(&self, selector: &PodSelector, class: &Class) -> bool {
        let value = |attr| class.value(attr);
        let scope = match &selector.scope {
            Scope::All => true,
            Scope::One(id) => class.namespace == Some(*id),
            Scope::Where(expr) => expr.matches(&self.world.symbols, &value),
        };
        scope && selector.pods.matches(&self.world.symbols, &value)
    }

    fn block(&self, block: Cidr, except: &[Cidr], pods: Tri, nodes: Tri) -> Matched {
        let mut atoms = RoaringBitmap::new();
        atoms.insert_range(self.classes.atoms.of_block(block));
        for &inner in except {
            if inner.overlaps(block) {
                atoms.remove_range(self.classes.atoms.of_block(inner));
            }
        }
        let (mut must, mut may) = (RoaringBitmap::new(), RoaringBitmap::new());
        let holds_endpoints = pods != Tri::No || nodes != Tri::No;
        for (number, class) in self.classes.list.iter().enumerate().take_while(|_| holds_endpoints) {
            let rule = if class.network == EndpointKind::Pod { pods } else { nodes };
            if rule == Tri::No {
                continue;
            }
            let member = self.address_member(class, block, &atoms).min(member_of(rule));
            if member != Member::No {
                may.insert(number as u32);
            }
            if member == Member::Yes {
                must.insert(number as u32);
            }
        }
        for range in &atoms {
            let partner = self.classes.atom_partner(range);
            must.insert(partner);
            may.insert(partner);
        }
        Matched::new(must, may)
    }

    /// Addresses of the other family do not count: a connection to such an address is another connection.
    fn address_member(&self, class: &Class, block: Cidr, atoms: &RoaringBitmap) -> Member {
        let family = |atom: &&u32| self.classes.atoms.range(**atom).0.v6 == block.is_v6();
        let own: Vec<&u32> = class.atoms.iter().filter(family).collect();
        let inside = own.iter().filter(|atom| atoms.contains(***atom)).count();
        match inside {
            _ if class.atoms.is_empty() => self.pool_member(class, block, atoms),
            0 => Member::No,
            count if count == own.len() => Member::Yes,
            _ => Member::Perhaps,
        }
    }

    /// A pod whose address is not known lies somewhere in the pods' address pool, if that is known.
    fn pool_member(&self, class: &Class, block: Cidr, atoms: &RoaringBitmap) -> Member {
        let pools = self.world.pod_blocks.iter().filter(|pool| pool.is_v6() == block.is_v6());
        if class.network != EndpointKind::Pod || self.world.pod_blocks.is_empty() {
            return Member::Perhaps;
        }
        let (mut inside, mut outside) = (false, false);
        for &pool in pools {
            for atom in self.classes.atoms.of_block(pool) {
                if atoms.contains(atom) { inside = true } else { outside = true }
            }
        }
        match (inside, outside) {
            (false, _) => Member::No,
            (true, false) => Member::Yes,
            (true, true) => Member::Perhaps,
        }
    }

    fn hosts(&self, member: impl Fn(&Self, &Class) -> Member) -> Matched {
        let (mut must, mut may) = (RoaringBitmap::new(), RoaringBitmap::new());
        for (number, class) in self.classes.list.iter().enumerate() {
            if class.network == EndpointKind::Pod {
                continue;
            }
            let member = member(self, class);
            if member != Member::No {
                may.insert(number as u32);
            }
            if member == Member::Yes {
                must.insert(number as u32);
            }
        }
        Matched::new(must, may)
    }

    fn node_matches(&self, class: &Class, expr: &Expr) -> Member {
        let node = class.node.and_then(|name| self.nodes.get(&name));
        let Some(node) = node else {
            return Member::Perhaps;
        };
        let value = |attr| self.world.value(node, self.world.attrs.get(attr));
        if expr.matches(&self.world.symbols, &value) { Member::Yes } else { Member::No }
    }
}

fn member_of(tri: Tri) -> Member {
    match tri {
        Tri::Yes => Member::Yes,
        Tri::No => Member::No,
        Tri::Unknown => Member::Perhaps,
    }
}
