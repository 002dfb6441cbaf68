//! The connectivity of a cluster, collapsed: partners that reach and are reached alike are one row.

use crate::full::Full;
use crate::index::Index;
use crate::outcome::OutcomeId;
use crate::policy::Direction;
use crate::world::EndpointKind;
use rustc_hash::{FxBuildHasher, FxHasher};
use std::hash::{Hash, Hasher};

type FxMap<K, V> = hashbrown::HashMap<K, V, FxBuildHasher>;

/// Partners that are alike.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    /// Classes.
    pub classes: Vec<u32>,
    /// Pieces of the address space.
    pub atoms: Vec<u32>,
}

/// The collapsed matrix.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Matrix {
    /// Groups in the order of their first member.
    pub groups: Vec<Group>,
    /// `outcomes[from * groups + to]`; pairs of outside groups are meaningless.
    pub outcomes: Vec<OutcomeId>,
}

impl Matrix {
    /// The outcome between two groups.
    pub fn outcome(&self, from: u32, to: u32) -> OutcomeId {
        self.outcomes[from as usize * self.groups.len() + to as usize]
    }
}

/// Collapses the connectivity of an index.
pub fn matrix(index: &mut Index) -> Matrix {
    let classes = index.classes().list.len();
    let mut full = Full::new(index);
    let count = full.partners() as usize;
    let mut columns = vec![0u64; count];
    let mut rows = vec![0u64; count];
    full.each(|_, sources, row| {
        let mut hasher = FxHasher::default();
        row.hash(&mut hasher);
        for &source in sources {
            rows[source as usize] = hasher.finish();
        }
        let mark = u64::from(sources[0]).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for (column, outcome) in columns.iter_mut().zip(row) {
            let mixed = (mark ^ u64::from(outcome.0)).wrapping_mul(0xff51_afd7_ed55_8ccd);
            *column = (column.rotate_left(5) ^ mixed).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        }
    });
    let mut numbers: FxMap<(u64, u64, u8), usize> = FxMap::default();
    let mut groups: Vec<Group> = Vec::new();
    for partner in 0..count {
        let kind = match full.index().classes().list.get(partner) {
            Some(class) if class.network == EndpointKind::Pod => 0,
            Some(_) => 1,
            None => 2,
        };
        let number = *numbers.entry((rows[partner], columns[partner], kind)).or_insert_with(|| {
            groups.push(Group { classes: Vec::new(), atoms: Vec::new() });
            groups.len() - 1
        });
        match partner < classes {
            true => groups[number].classes.push(partner as u32),
            false => groups[number].atoms.push((partner - classes) as u32),
        }
    }
    let first = |group: &Group| {
        let atom = group.atoms.first().map(|atom| classes as u32 + atom);
        group.classes.first().copied().or(atom).unwrap_or(0)
    };
    let firsts: Vec<u32> = groups.iter().map(first).collect();
    let mut outcomes = Vec::with_capacity(firsts.len() * firsts.len());
    let mut row = Vec::new();
    for &from in &firsts {
        full.row(from, &mut row);
        outcomes.extend(firsts.iter().map(|&to| row[to as usize]));
    }
    Matrix { groups, outcomes }
}

impl Index {
    /// True when no policy isolates or limits a class in a direction.
    pub fn is_free(&self, class: u32, direction: Direction) -> bool {
        self.policies_of(class, direction).next().is_none()
    }
}
