//! What the internet, other namespaces and nodes can reach, policies considered.

use crate::cidr::{Cidr, Point};
use crate::full::Full;
use crate::index::Index;
use crate::outcome::{Outcome, OutcomeId};
use crate::policy::{Direction, NamespaceId};
use crate::ports::PortSet;
use crate::world::EndpointKind;
use std::net::IpAddr;

/// Who can reach the endpoints of a class on which ports.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Exposure {
    /// The class.
    pub class: u32,
    /// Ports allowed from some public address.
    pub internet: PortSet,
    /// Ports that may be allowed from some public address.
    pub internet_unknown: PortSet,
    /// Ports allowed from some pod of another namespace.
    pub namespaces: PortSet,
    /// Ports allowed from some node or hostNetwork pod.
    pub nodes: PortSet,
}

/// Blocks that are not routed on the internet.
const PRIVATE: [&str; 12] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "224.0.0.0/3",
    "::/127",
    "fc00::/7",
    "fe80::/10",
    "ff00::/8",
];

/// The first public address of the range. Private blocks are aligned, so a range inside none of them that only touches
/// their ends still holds a public address, or lies across neighbours, which the list has none of.
fn first_public(first: Point, last: Point, private: &[Cidr]) -> Option<Point> {
    let mut at = first;
    while at <= last {
        match private.iter().find(|block| block.contains(at)) {
            None => return Some(at),
            Some(block) => at = block.last().next()?,
        }
    }
    None
}

fn private() -> Vec<Cidr> {
    PRIVATE.iter().filter_map(|text| Cidr::parse(text).ok()).collect()
}

/// For every piece of the address space that no policy tells apart and that holds public addresses: one of them.
pub fn public_addresses(index: &Index) -> Vec<IpAddr> {
    let (atoms, private) = (&index.classes().atoms, private());
    let pieces = (0..atoms.len() as u32).map(|atom| atoms.range(atom));
    pieces.filter_map(|(first, last)| first_public(first, last, &private)).map(Point::address).collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum From {
    Internet,
    Namespace(Option<NamespaceId>),
    Node,
    Nothing,
}

/// What outcomes were seen per destination and kind of source.
struct Seen {
    sets: [Vec<Vec<OutcomeId>>; 3],
}

impl Seen {
    fn add(&mut self, kind: usize, to: usize, outcome: OutcomeId) {
        let set = &mut self.sets[kind][to];
        if !set.contains(&outcome) {
            set.push(outcome);
        }
    }
}

/// The exposure of every class of pods, in class order.
pub fn exposed(index: &mut Index) -> Vec<Exposure> {
    let private = private();
    let mut full = Full::new(index);
    let classes = full.index().classes().list.len();
    let home: Vec<Option<NamespaceId>> =
        (0..classes).map(|class| only_namespace(full.index(), class)).collect();
    let source = |index: &Index, partner: u32| match index.classes().list.get(partner as usize) {
        Some(class) if class.network == EndpointKind::Pod => From::Namespace(home[partner as usize]),
        Some(_) => From::Node,
        None => {
            let (first, last) = index.classes().atoms.range(partner - classes as u32);
            if first_public(first, last, &private).is_some() { From::Internet } else { From::Nothing }
        }
    };
    let mut seen = Seen { sets: [0; 3].map(|_| vec![Vec::new(); classes]) };
    full.each(|index, sources, row| {
        let mut kinds: Vec<From> = Vec::new();
        for &partner in sources {
            let kind = source(index, partner);
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        for kind in kinds {
            for (to, &outcome) in row.iter().enumerate().take(classes) {
                match kind {
                    From::Internet => seen.add(0, to, outcome),
                    From::Namespace(from) if from.is_none() || from != home[to] => seen.add(1, to, outcome),
                    From::Node => seen.add(2, to, outcome),
                    _ => {}
                }
            }
        }
    });
    let pods = (0..classes).filter(|&class| full.index().classes().list[class].network == EndpointKind::Pod);
    let union = |kind: usize, class: usize, part: fn(&Outcome) -> PortSet| {
        let outcomes = seen.sets[kind][class].iter().map(|id| part(full.index().outcomes().get(*id)));
        outcomes.fold(PortSet::empty(), |all, ports| all.union(&ports))
    };
    pods.map(|class| Exposure {
        class: class as u32,
        internet: union(0, class, Outcome::allowed),
        internet_unknown: union(0, class, Outcome::unknown),
        namespaces: union(1, class, Outcome::allowed),
        nodes: union(2, class, Outcome::allowed),
    })
    .collect()
}

/// What a class takes from public addresses: ports that are open for some of them, and ports that may be. Both sides
/// of the connection are the class's own: nothing limits what an outside address may open.
pub fn from_internet(index: &Index, class: u32) -> (PortSet, PortSet) {
    let private = private();
    let row = index.row(class, Direction::Ingress);
    let first = index.classes().list.len() as u32;
    let mut seen: Vec<OutcomeId> = Vec::new();
    for partner in first..index.classes().partners() {
        let (low, high) = index.classes().atoms.range(partner - first);
        let outcome = row.outcome(partner);
        if !seen.contains(&outcome) && first_public(low, high, &private).is_some() {
            seen.push(outcome);
        }
    }
    let union = |part: fn(&Outcome) -> PortSet| {
        let parts = seen.iter().map(|id| part(index.outcomes().get(*id)));
        parts.fold(PortSet::empty(), |all, ports| all.union(&ports))
    };
    (union(Outcome::allowed), union(Outcome::unknown))
}

/// The namespace of all endpoints of a class; `None` when they live in several (or in none).
fn only_namespace(index: &Index, class: usize) -> Option<NamespaceId> {
    let world = index.world();
    let mut all =
        index.classes().list[class].members.iter().map(|id| world.endpoints[id.0 as usize].namespace);
    let first = all.next()??;
    all.all(|other| other == Some(first)).then_some(first)
}
