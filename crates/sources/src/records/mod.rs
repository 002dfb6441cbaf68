//! Records of what happened in a cluster, as streams: audit events and network flows.
//!
//! Files may be compressed (gzip, zstd; told by their first bytes), directories are read in the order of their names,
//! `-` is standard input. Memory does not grow with the length of a log: one line is held at a time, and a line that is
//! too long is skipped and counted like any other that cannot be used.

pub mod audit;
pub mod flows;
mod lines;

pub use lines::{LineError, MAX_LINE};

use std::collections::BTreeMap;

/// Lines that were not used, by reason, with the place of the first of each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Skipped {
    reasons: BTreeMap<&'static str, (u64, String)>,
}

impl Skipped {
    /// Counts one.
    pub fn add(&mut self, reason: &'static str, place: impl FnOnce() -> String) {
        self.reasons.entry(reason).or_insert_with(|| (0, place())).0 += 1;
    }

    /// Reason, how often, and `file:line` of the first, by reason.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64, &str)> {
        self.reasons.iter().map(|(reason, (count, first))| (*reason, *count, first.as_str()))
    }

    /// How many in all.
    pub fn total(&self) -> u64 {
        self.reasons.values().map(|(count, _)| count).sum()
    }
}

/// What a stream of records was.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Files read to their end.
    pub files: usize,
    /// Lines, used or not.
    pub lines: u64,
    /// Bytes after decompression.
    pub bytes: u64,
    /// Records handed on.
    pub records: u64,
    /// What was not used, and why.
    pub skipped: Skipped,
    /// First and last time that a record names, as it is written.
    pub window: Option<(String, String)>,
}

impl Summary {
    /// Widens the window; times are RFC 3339 in UTC, so that text order is time order.
    pub(crate) fn saw(&mut self, time: &str) {
        if time.is_empty() {
            return;
        }
        match &mut self.window {
            None => self.window = Some((time.to_owned(), time.to_owned())),
            Some((first, last)) => {
                if time < first.as_str() {
                    time.clone_into(first);
                }
                if time > last.as_str() {
                    time.clone_into(last);
                }
            }
        }
    }
}
