//! Endpoints that no selector, port name or address block of a world can tell apart are one class.
//!
//! The cost of everything after this step grows with classes, not with pods.

use crate::atoms::Atoms;
use crate::cidr::Point;
use crate::policy::{NamespaceId, Peer, Scope};
use crate::select::{Attr, AttrId};
use crate::symbols::Sym;
use crate::world::{Endpoint, EndpointId, EndpointKind, NamedPort, World};
use rustc_hash::FxBuildHasher;
use std::ops::Range;

type FxMap<K, V> = hashbrown::HashMap<K, V, FxBuildHasher>;

/// What the endpoints of a class have in common.
#[derive(Clone, Debug)]
pub struct Class {
    /// The namespace, if some policy names it directly.
    pub namespace: Option<NamespaceId>,
    /// Network kind.
    pub network: EndpointKind,
    /// The node, for classes in a node's network.
    pub node: Option<Sym>,
    /// Facts some selector asks for, sorted.
    pub facts: Box<[(AttrId, Sym)]>,
    /// Named ports some rule asks for, sorted.
    pub ports: Box<[NamedPort]>,
    /// Pieces of the address space its addresses lie in, sorted; empty when unknown.
    pub atoms: Box<[u32]>,
    /// The endpoints.
    pub members: Vec<EndpointId>,
}

impl Class {
    /// The value of a fact.
    pub fn value(&self, attr: AttrId) -> Option<Sym> {
        self.facts.binary_search_by_key(&attr, |pair| pair.0).ok().map(|index| self.facts[index].1)
    }

    /// The numbers a port name stands for here.
    pub fn resolve(&self, name: Sym) -> impl Iterator<Item = &NamedPort> {
        let from = self.ports.partition_point(|port| port.name < name);
        self.ports[from..].iter().take_while(move |port| port.name == name)
    }
}

/// All classes of a world.
#[derive(Clone, Debug)]
pub struct Classes {
    /// The classes, those of one directly named namespace side by side.
    pub list: Vec<Class>,
    /// The class of every endpoint.
    pub of: Vec<u32>,
    /// The address pieces.
    pub atoms: Atoms,
    namespaces: FxMap<NamespaceId, Range<u32>>,
    postings: FxMap<(AttrId, Sym), Vec<u32>>,
    interest: Interest,
}

/// What policies of a world look at; two endpoints equal in it are equal to every policy.
#[derive(Clone, Debug, Default, PartialEq)]
struct Interest {
    direct: Vec<bool>,
    port_names: Vec<Sym>,
    attrs: usize,
    blocks: bool,
}

impl Interest {
    fn of(world: &World) -> Self {
        let mut out =
            Self { direct: vec![false; world.namespaces.len()], attrs: world.attrs.len(), ..Self::default() };
        for policy in &world.policies {
            policy.each_peer(&mut |peer| {
                peer.each(&mut |part| match part {
                    Peer::Pods(selector) => {
                        if let Scope::One(id) = selector.scope {
                            out.direct[id.0 as usize] = true;
                        }
                    }
                    Peer::Block(..) | Peer::Address(_) => out.blocks = true,
                    _ => {}
                });
            });
            out.port_names.extend(
                policy.rules.iter().flatten().flat_map(|rule| rule.ports.named.iter().map(|(name, _)| *name)),
            );
        }
        out.port_names.sort_unstable();
        out.port_names.dedup();
        out
    }

    /// True when classes made for `self` still hold for a world that needs `wanted`.
    fn covers(&self, wanted: &Self) -> bool {
        let inside = |have: &[bool], want: &[bool]| {
            have.len() == want.len() && have.iter().zip(want).all(|(have, want)| *have || !want)
        };
        inside(&self.direct, &wanted.direct)
            && wanted.port_names.iter().all(|name| self.port_names.binary_search(name).is_ok())
            && self.attrs == wanted.attrs
            && (self.blocks || !wanted.blocks)
    }
}

impl Classes {
    /// Groups the endpoints of `world`.
    pub fn of(world: &World) -> Self {
        let interest = Interest::of(world);
        let atoms = Atoms::of(world);
        let needs = interest.clone();
        let mut keys = Keys::new(world, &needs, &atoms);
        let mut index: FxMap<Box<[u32]>, u32> = FxMap::default();
        let mut groups: Vec<(Option<NamespaceId>, Vec<EndpointId>)> = Vec::new();
        for (number, endpoint) in world.endpoints.iter().enumerate() {
            let namespace = endpoint.namespace.filter(|id| interest.direct[id.0 as usize]);
            let key = keys.key(endpoint, namespace);
            let group = match index.get(key) {
                Some(&group) => group,
                None => {
                    let group = groups.len() as u32;
                    index.insert(key.into(), group);
                    groups.push((namespace, Vec::new()));
                    group
                }
            };
            groups[group as usize].1.push(EndpointId(number as u32));
        }
        groups.sort_by_key(|(namespace, members)| (*namespace, members[0]));
        let mut out = Self {
            list: Vec::with_capacity(groups.len()),
            of: vec![0; world.endpoints.len()],
            atoms,
            namespaces: FxMap::default(),
            postings: FxMap::default(),
            interest,
        };
        for (namespace, members) in groups {
            let number = out.list.len() as u32;
            for member in &members {
                out.of[member.0 as usize] = number;
            }
            let class = keys.class(&world.endpoints[members[0].0 as usize], namespace, members);
            if let Some(id) = namespace {
                out.namespaces.entry(id).or_insert(number..number).end = number + 1;
            }
            for &fact in &class.facts {
                out.postings.entry(fact).or_default().push(number);
            }
            out.list.push(class);
        }
        out
    }

    /// How many connection partners there are: classes, then address pieces.
    pub fn partners(&self) -> u32 {
        (self.list.len() + self.atoms.len()) as u32
    }

    /// The partner number of an address piece.
    pub fn atom_partner(&self, atom: u32) -> u32 {
        self.list.len() as u32 + atom
    }

    /// The classes of a directly named namespace.
    pub fn in_namespace(&self, id: NamespaceId) -> Range<u32> {
        self.namespaces.get(&id).cloned().unwrap_or(0..0)
    }

    /// The classes with this value of this fact, ascending.
    pub fn with(&self, attr: AttrId, value: Sym) -> &[u32] {
        self.postings.get(&(attr, value)).map_or(&[], Vec::as_slice)
    }

    /// True when the classes tell apart everything the policies of `world` look at. The endpoints must be unchanged.
    pub fn fit(&self, world: &World) -> bool {
        let mut split = true;
        for policy in &world.policies {
            policy.each_peer(&mut |peer| {
                crate::atoms::each_block(peer, &mut |block| split &= self.atoms.splits(block));
            });
        }
        split && self.interest.covers(&Interest::of(world))
    }
}

/// Writes the key of an endpoint into one reused buffer.
struct Keys<'a> {
    world: &'a World,
    interest: &'a Interest,
    spots: Atoms,
    by_label: Vec<Option<AttrId>>,
    namespace_facts: Vec<Vec<(AttrId, Sym)>>,
    others: Vec<(AttrId, Attr)>,
    facts: Vec<(AttrId, Sym)>,
    ports: Vec<NamedPort>,
    points: Vec<u32>,
    buffer: Vec<u32>,
}

impl<'a> Keys<'a> {
    fn new(world: &'a World, interest: &'a Interest, atoms: &Atoms) -> Self {
        let mut by_label = Vec::new();
        let mut others = Vec::new();
        let mut of_namespace = Vec::new();
        for (id, attr) in world.attrs.iter() {
            match attr {
                Attr::Label(key) => {
                    if by_label.len() <= key.0 as usize {
                        by_label.resize(key.0 as usize + 1, None);
                    }
                    by_label[key.0 as usize] = Some(id);
                }
                attr if attr.is_of_namespace() => of_namespace.push((id, attr)),
                attr => others.push((id, attr)),
            }
        }
        let namespace_facts = (0..world.namespaces.len() as u32)
            .map(|number| {
                let value = |attr| world.namespace_value(NamespaceId(number), attr);
                of_namespace.iter().filter_map(|&(id, attr)| Some((id, value(attr)?))).collect()
            })
            .collect();
        Self {
            world,
            interest,
            spots: atoms.clone(),
            by_label,
            namespace_facts,
            others,
            facts: Vec::new(),
            ports: Vec::new(),
            points: Vec::new(),
            buffer: Vec::new(),
        }
    }

    fn collect(&mut self, endpoint: &Endpoint) {
        self.facts.clear();
        for &(key, value) in &endpoint.labels {
            if let Some(Some(attr)) = self.by_label.get(key.0 as usize) {
                self.facts.push((*attr, value));
            }
        }
        if let Some(id) = endpoint.namespace {
            self.facts.extend_from_slice(&self.namespace_facts[id.0 as usize]);
        }
        for &(id, attr) in &self.others {
            self.facts.extend(self.world.value(endpoint, attr).map(|value| (id, value)));
        }
        self.facts.sort_unstable();
        self.ports.clear();
        let wanted = |port: &&NamedPort| self.interest.port_names.binary_search(&port.name).is_ok();
        self.ports.extend(endpoint.ports.iter().filter(wanted));
        self.ports.sort_unstable();
        self.ports.dedup();
        self.points.clear();
        if self.interest.blocks {
            self.points
                .extend(endpoint.addresses.iter().map(|&address| self.spots.find(Point::from(address))));
            self.points.sort_unstable();
            self.points.dedup();
        }
    }

    fn key(&mut self, endpoint: &Endpoint, namespace: Option<NamespaceId>) -> &[u32] {
        self.collect(endpoint);
        self.buffer.clear();
        let node = host_node(endpoint).map_or(0, |node| node.0 + 1);
        let sizes = [self.facts.len() as u32, self.ports.len() as u32];
        self.buffer.extend([namespace.map_or(0, |id| id.0 + 1), endpoint.network as u32, node]);
        self.buffer.extend(sizes);
        self.buffer.extend(self.facts.iter().flat_map(|&(attr, value)| [attr.0, value.0]));
        let port = |port: &NamedPort| [port.name.0, port.proto.at(port.port)];
        self.buffer.extend(self.ports.iter().flat_map(port));
        self.buffer.extend(&self.points);
        &self.buffer
    }

    fn class(
        &mut self,
        endpoint: &Endpoint,
        namespace: Option<NamespaceId>,
        members: Vec<EndpointId>,
    ) -> Class {
        self.collect(endpoint);
        Class {
            namespace,
            network: endpoint.network,
            node: host_node(endpoint),
            facts: self.facts.as_slice().into(),
            ports: self.ports.as_slice().into(),
            atoms: self.points.as_slice().into(),
            members,
        }
    }
}

/// The node, for endpoints in a node's network: there it tells endpoints apart.
fn host_node(endpoint: &Endpoint) -> Option<Sym> {
    endpoint.node.filter(|_| endpoint.network != EndpointKind::Pod)
}
