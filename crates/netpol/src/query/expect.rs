//! Expectations: what must and what must not connect, as a test of a cluster.

use crate::index::Index;
use crate::outcome::Verdict;
use crate::ports::Proto;
use crate::reach::{Party, Reach};

/// What is expected of connections from any of some parties to any of others.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Expectation {
    /// Name for reports.
    pub name: String,
    /// Sources.
    pub from: Vec<Party>,
    /// Destinations.
    pub to: Vec<Party>,
    /// Protocol.
    pub proto: Proto,
    /// Port.
    pub port: u16,
    /// Allowed or denied; unknown is never what is wanted.
    pub allowed: bool,
}

/// One connection that is not as expected.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// Index of the expectation.
    pub expectation: usize,
    /// Source.
    pub from: Party,
    /// Destination.
    pub to: Party,
    /// What holds instead.
    pub got: Reach,
}

/// All connections that are not as expected. An expectation without sources or destinations holds nothing to fail; the
/// caller should say so.
pub fn check(index: &Index, expectations: &[Expectation]) -> Vec<Failure> {
    let mut out = Vec::new();
    for (number, wanted) in expectations.iter().enumerate() {
        let verdict = if wanted.allowed { Verdict::Allowed } else { Verdict::Denied };
        for &from in &wanted.from {
            for &to in wanted.to.iter().filter(|to| **to != from) {
                let got = index.reach(from, to, wanted.proto, wanted.port);
                if got.verdict != verdict {
                    out.push(Failure { expectation: number, from, to, got });
                }
            }
        }
    }
    out
}
