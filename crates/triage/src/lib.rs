//! What people said about findings: which are accepted, which were known before, and what changed between two runs.
//!
//! Acceptance comes from three places: entries of an exceptions file, `# rampart:ignore` comments, and
//! `rampart.dev/ignore` annotations. Whatever is said wrongly is told with its place and accepts nothing.
//!
//! Invariants: no I/O and no clock (the day is an input); a finding is never dropped here, only marked or compared; the
//! result depends on the input alone.

mod accept;
mod annotations;
mod baseline;
mod comments;
mod day;
mod diff;
mod directive;
mod entries;
mod glob;
mod inline;
mod pattern;
mod rule_names;
mod snapshot;
mod words;

pub use accept::{Accepting, Outcome, accept};
pub use baseline::{BASELINE_SCHEMA, hide_known, write_baseline};
pub use day::Day;
pub use diff::{Change, Changed, DIFF_SCHEMA, Difference, compare};
pub use entries::{Entry, ExceptionsFile};
pub use rule_names::RuleNames;
pub use snapshot::{ObjectName, Record, Snapshot, SnapshotError};
