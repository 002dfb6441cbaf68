//! Every pair at once: for each source the outcome towards every destination, both sides agreed.
//!
//! Ingress rows are turned round once. A destination's row is its `rest` plus exceptions; exceptions are listed by
//! source as long as there is room, later ones are kept as sets and asked. A source's answer is then one copy of the defaults, a few
//! overwrites and one table look-up per destination; sources with equal rows and equal exceptions share it.

use crate::index::Index;
use crate::outcome::{Outcome, OutcomeId};
use crate::policy::Direction;
use roaring::RoaringBitmap;
use rustc_hash::FxBuildHasher;
use std::sync::Arc;

type FxMap<K, V> = hashbrown::HashMap<K, V, FxBuildHasher>;

/// An exception: destinations that share the ingress row `0` have outcome `1`.
type Exception = (u32, OutcomeId);

/// All ingress rows, arranged by source.
pub struct Full<'a> {
    index: &'a mut Index,
    open: OutcomeId,
    /// Outcome of every destination for a source without exceptions.
    defaults: Vec<OutcomeId>,
    /// Destinations that share a row, by row number.
    sharing: FxMap<u32, Vec<u32>>,
    listed: Vec<Vec<Exception>>,
    wide: Vec<(Arc<RoaringBitmap>, Exception)>,
    /// For an egress outcome: what it makes of every ingress outcome.
    meets: FxMap<OutcomeId, Vec<OutcomeId>>,
    ingress_outcomes: u32,
}

/// Most exceptions that are listed by source, 8 bytes each; sets beyond it are kept and asked.
const LISTED: u64 = 8 << 20;

impl<'a> Full<'a> {
    /// Turns the rows of an index round.
    pub fn new(index: &'a mut Index) -> Self {
        let open = index.outcomes.intern(Outcome::open());
        let partners = index.classes().partners() as usize;
        let classes = index.classes().list.len() as u32;
        let mut out = Self {
            open,
            defaults: vec![open; partners],
            sharing: FxMap::default(),
            listed: vec![Vec::new(); partners],
            wide: Vec::new(),
            meets: FxMap::default(),
            ingress_outcomes: index.outcomes().len() as u32,
            index,
        };
        let mut room = LISTED;
        for class in 0..classes {
            let number = out.index.row_number(class, Direction::Ingress);
            out.defaults[class as usize] = out.index.row(class, Direction::Ingress).rest;
            let sharing = out.sharing.entry(number).or_default();
            sharing.push(class);
            if sharing.len() > 1 {
                continue;
            }
            for (outcome, set) in &out.index.row(class, Direction::Ingress).parts {
                if set.len() <= room {
                    room -= set.len();
                    set.iter().for_each(|source| out.listed[source as usize].push((number, *outcome)));
                } else {
                    out.wide.push((Arc::clone(set), (number, *outcome)));
                }
            }
        }
        out
    }

    /// The index.
    pub fn index(&self) -> &Index {
        self.index
    }

    /// Number of partners: the length of every row.
    pub fn partners(&self) -> u32 {
        self.defaults.len() as u32
    }

    /// Everything the answer of a source depends on.
    fn exceptions(&self, source: u32) -> Vec<Exception> {
        let mut out = self.listed[source as usize].clone();
        out.extend(self.wide.iter().filter(|(set, _)| set.contains(source)).map(|(_, exception)| *exception));
        out
    }

    /// Writes the outcomes from one source to every partner.
    pub fn row(&mut self, source: u32, out: &mut Vec<OutcomeId>) {
        let exceptions = self.exceptions(source);
        self.fill(source, &exceptions, out);
    }

    fn fill(&mut self, source: u32, exceptions: &[Exception], out: &mut Vec<OutcomeId>) {
        out.clear();
        out.extend_from_slice(&self.defaults);
        for (number, outcome) in exceptions {
            for &destination in self.sharing.get(number).into_iter().flatten() {
                out[destination as usize] = *outcome;
            }
        }
        if source as usize >= self.index.classes().list.len() {
            return;
        }
        let row = self.index.row(source, Direction::Egress);
        let (rest, parts) = (row.rest, row.parts.clone());
        let mut named: Vec<(u32, OutcomeId)> = Vec::new();
        for (outcome, set) in &parts {
            let table = self.meets_of(*outcome);
            named.extend(set.iter().map(|to| (to, table[out[to as usize].0 as usize])));
        }
        if rest != self.open {
            let table = self.meets_of(rest);
            match table.first() {
                Some(&only) if table.iter().all(|outcome| *outcome == only) => out.fill(only),
                _ => out.iter_mut().for_each(|outcome| *outcome = table[outcome.0 as usize]),
            }
        }
        for (to, outcome) in named {
            out[to as usize] = outcome;
        }
    }

    fn meets_of(&mut self, outcome: OutcomeId) -> &[OutcomeId] {
        let count = self.ingress_outcomes;
        let outcomes = &mut self.index.outcomes;
        let make = || (0..count).map(|other| outcomes.meet(outcome, OutcomeId(other))).collect();
        self.meets.entry(outcome).or_insert_with(make)
    }

    /// Calls `see` once per different row with the sources that share it, classes and address pieces alike. Rows are
    /// as long as there are partners; pairs of address pieces are open and mean nothing.
    pub fn each(&mut self, mut see: impl FnMut(&Index, &[u32], &[OutcomeId])) {
        let mut groups: FxMap<(Option<u32>, Vec<Exception>), Vec<u32>> = FxMap::default();
        let classes = self.index.classes().list.len() as u32;
        for source in 0..self.partners() {
            let row = (source < classes).then(|| self.index.row_number(source, Direction::Egress));
            groups.entry((row, self.exceptions(source))).or_default().push(source);
        }
        let mut groups: Vec<_> =
            groups.into_iter().map(|((_, exceptions), sources)| (sources, exceptions)).collect();
        groups.sort_unstable_by_key(|(sources, _)| sources[0]);
        let mut row = Vec::new();
        for (sources, exceptions) in groups {
            self.fill(sources[0], &exceptions, &mut row);
            see(self.index, &sources, &row);
        }
    }
}
