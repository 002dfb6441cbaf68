//! What is decided for a pair of partners: per port allowed, denied, or unknown.

use crate::ports::PortSet;
use crate::symbols::Interner;
use rustc_hash::FxBuildHasher;
use std::fmt;

/// A verdict.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Verdict {
    /// The connection is allowed.
    Allowed,
    /// The connection is denied.
    Denied,
    /// Nobody can tell from what was read.
    Unknown,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allowed => "allowed",
            Self::Denied => "denied",
            Self::Unknown => "unknown",
        })
    }
}

impl Verdict {
    /// The verdict of two halves of a connection that must both agree.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Denied, _) | (_, Self::Denied) => Self::Denied,
            (Self::Allowed, Self::Allowed) => Self::Allowed,
            _ => Self::Unknown,
        }
    }
}

/// Ports that may be allowed and ports that may be denied; together they are all ports, ports in both are unknown.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Outcome {
    /// Ports for which "allowed" is possible.
    pub may_allow: PortSet,
    /// Ports for which "denied" is possible.
    pub may_deny: PortSet,
}

impl Outcome {
    /// Everything is allowed.
    pub fn open() -> Self {
        Self { may_allow: PortSet::all(), may_deny: PortSet::empty() }
    }

    /// Ports that are allowed for certain.
    pub fn allowed(&self) -> PortSet {
        self.may_allow.minus(&self.may_deny)
    }

    /// Ports nobody can tell about.
    pub fn unknown(&self) -> PortSet {
        self.may_allow.intersect(&self.may_deny)
    }

    /// The verdict for one point of the port line.
    pub fn verdict(&self, point: u32) -> Verdict {
        match (self.may_allow.contains(point), self.may_deny.contains(point)) {
            (true, true) => Verdict::Unknown,
            (true, false) => Verdict::Allowed,
            _ => Verdict::Denied,
        }
    }

    /// What holds when both must agree.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self {
            may_allow: self.may_allow.intersect(&other.may_allow),
            may_deny: self.may_deny.union(&other.may_deny),
        }
    }
}

/// Index of an outcome in its table.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct OutcomeId(pub u32);

/// All different outcomes of an index; meeting two is remembered.
#[derive(Clone, Debug, Default)]
pub struct Outcomes {
    table: Interner<Outcome>,
    meets: hashbrown::HashMap<(OutcomeId, OutcomeId), OutcomeId, FxBuildHasher>,
}

impl Outcomes {
    /// The index of an outcome.
    pub fn intern(&mut self, outcome: Outcome) -> OutcomeId {
        OutcomeId(self.table.intern(outcome))
    }

    /// The outcome behind an index.
    pub fn get(&self, id: OutcomeId) -> &Outcome {
        self.table.get(id.0)
    }

    /// How many different ones there are.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// True before the first.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// What holds when both must agree.
    pub fn meet(&mut self, left: OutcomeId, right: OutcomeId) -> OutcomeId {
        if left == right {
            return left;
        }
        let key = (left.min(right), left.max(right));
        if let Some(&known) = self.meets.get(&key) {
            return known;
        }
        let met = self.get(left).and(self.get(right));
        let id = self.intern(met);
        self.meets.insert(key, id);
        id
    }
}
