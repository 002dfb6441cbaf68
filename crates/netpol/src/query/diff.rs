//! Connections gained and lost between two states of a cluster.
//!
//! Endpoints are the same when namespace, kind and name are. Endpoints that are in both fall into joint classes (equal
//! before and equal after), address ranges into joint pieces; only these are compared, each pair once.

use crate::cidr::Point;
use crate::full::Full;
use crate::index::Index;
use crate::outcome::{Outcome, OutcomeId};
use crate::ports::PortSet;
use crate::symbols::Interner;
use crate::world::{EndpointId, World};
use rustc_hash::FxBuildHasher;

type FxMap<K, V> = hashbrown::HashMap<K, V, FxBuildHasher>;

/// Connection partners that are alike in both states.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Place {
    /// Endpoints, by their numbers in the new state.
    Endpoints(Vec<EndpointId>),
    /// An address range (inclusive).
    Addresses(Point, Point),
}

/// What changed for connections from some partners to some others.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// Indexes into [`Diff::places`].
    pub from: Vec<u32>,
    /// Indexes into [`Diff::places`].
    pub to: Vec<u32>,
    /// What held before.
    pub before: Outcome,
    /// What holds now.
    pub after: Outcome,
}

impl Change {
    /// Ports allowed now and not before.
    pub fn gained(&self) -> PortSet {
        self.after.allowed().minus(&self.before.allowed())
    }

    /// Ports allowed before and not now.
    pub fn lost(&self) -> PortSet {
        self.before.allowed().minus(&self.after.allowed())
    }
}

/// The difference of two states.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diff {
    /// What changes speak about.
    pub places: Vec<Place>,
    /// Changes, in the order of their first source.
    pub changes: Vec<Change>,
    /// Endpoints only the new state has.
    pub added: Vec<EndpointId>,
    /// Endpoints only the old state has (their numbers there).
    pub removed: Vec<EndpointId>,
}

/// A place with its partner numbers in both states.
struct Joint {
    before: u32,
    after: u32,
    place: Place,
}

fn keys(world: &World) -> impl Iterator<Item = (&str, &str, &str)> {
    world.endpoints.iter().map(|endpoint| {
        let namespace = endpoint.namespace.map(|id| world.namespaces[id.0 as usize].name);
        let text = |sym| world.symbols.text(sym);
        (namespace.map_or("", text), text(endpoint.kind), text(endpoint.name))
    })
}

fn joints(old: &Index, new: &Index, diff: &mut Diff) -> Vec<Joint> {
    let mut known: FxMap<(&str, &str, &str), u32> = FxMap::default();
    known.extend(keys(old.world()).enumerate().map(|(number, key)| (key, number as u32)));
    let mut seen = vec![false; old.world().endpoints.len()];
    let mut classes: FxMap<(u32, u32), u32> = FxMap::default();
    let mut out: Vec<Joint> = Vec::new();
    for (number, key) in keys(new.world()).enumerate() {
        let id = EndpointId(number as u32);
        let Some(&before) = known.get(&key) else {
            diff.added.push(id);
            continue;
        };
        seen[before as usize] = true;
        let pair = (old.classes().of[before as usize], new.classes().of[number]);
        let index = *classes.entry(pair).or_insert_with(|| {
            out.push(Joint { before: pair.0, after: pair.1, place: Place::Endpoints(Vec::new()) });
            out.len() as u32 - 1
        });
        if let Place::Endpoints(members) = &mut out[index as usize].place {
            members.push(id);
        }
    }
    let gone = seen.iter().enumerate().filter(|(_, seen)| !**seen);
    diff.removed = gone.map(|(number, _)| EndpointId(number as u32)).collect();
    let (a, b) = (&old.classes().atoms, &new.classes().atoms);
    let (mut left, mut right) = (0, 0);
    while (left as usize) < a.len() && (right as usize) < b.len() {
        let ((low, high), (first, last)) = (a.range(left), b.range(right));
        out.push(Joint {
            before: old.classes().atom_partner(left),
            after: new.classes().atom_partner(right),
            place: Place::Addresses(low.max(first), high.min(last)),
        });
        left += u32::from(high <= last);
        right += u32::from(last <= high);
    }
    out
}

/// The outcomes of one state under numbers both states share.
#[derive(Default)]
struct Shared {
    numbers: Vec<u32>,
}

impl Shared {
    fn catch_up(&mut self, full: &Full<'_>, table: &mut Interner<Outcome>) {
        let outcomes = full.index().outcomes();
        for number in self.numbers.len()..outcomes.len() {
            self.numbers.push(table.intern(outcomes.get(OutcomeId(number as u32)).clone()));
        }
    }
}

/// What changed for one source: outcome before, outcome now, destinations.
type Changed = Vec<(u32, u32, Vec<u32>)>;

/// Compares two states.
pub fn diff(old: &mut Index, new: &mut Index) -> Diff {
    let mut out = Diff { places: Vec::new(), changes: Vec::new(), added: Vec::new(), removed: Vec::new() };
    let joints = joints(old, new, &mut out);
    let (mut before, mut after) = (Full::new(old), Full::new(new));
    let mut table: Interner<Outcome> = Interner::default();
    let (mut left, mut right) = (Shared::default(), Shared::default());
    let (mut row_before, mut row_after) = (Vec::new(), Vec::new());
    let mut groups: FxMap<Changed, usize> = FxMap::default();
    let mut found: Vec<(Vec<u32>, Changed)> = Vec::new();
    for (source, joint) in joints.iter().enumerate() {
        before.row(joint.before, &mut row_before);
        after.row(joint.after, &mut row_after);
        left.catch_up(&before, &mut table);
        right.catch_up(&after, &mut table);
        let outside = matches!(joint.place, Place::Addresses(..));
        let mut own: Changed = Vec::new();
        for (target, other) in joints.iter().enumerate() {
            let was = left.numbers[row_before[other.before as usize].0 as usize];
            let is = right.numbers[row_after[other.after as usize].0 as usize];
            if was == is || (outside && matches!(other.place, Place::Addresses(..))) {
                continue;
            }
            // One pod and itself is no connection policies are asked about.
            if source == target && matches!(&joint.place, Place::Endpoints(members) if members.len() == 1) {
                continue;
            }
            match own.iter_mut().find(|(a, b, _)| (*a, *b) == (was, is)) {
                Some((_, _, targets)) => targets.push(target as u32),
                None => own.push((was, is, vec![target as u32])),
            }
        }
        if own.is_empty() {
            continue;
        }
        match groups.get(&own) {
            Some(&group) => found[group].0.push(source as u32),
            None => {
                groups.insert(own.clone(), found.len());
                found.push((vec![source as u32], own));
            }
        }
    }
    for (sources, changes) in found {
        for (was, is, targets) in changes {
            let (before, after) = (table.get(was).clone(), table.get(is).clone());
            out.changes.push(Change { from: sources.clone(), to: targets, before, after });
        }
    }
    out.places = joints.into_iter().map(|joint| joint.place).collect();
    out
}
