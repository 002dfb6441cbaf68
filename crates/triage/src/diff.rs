//! What changed between two runs.

use std::collections::BTreeMap;

use rampart_report::{Severity, Verdict};
use serde_json::{Value, json};

use crate::{Record, Snapshot};

/// The schema's name; a breaking change gets another one.
pub const DIFF_SCHEMA: &str = "rampart.dev/diff/v1";

/// How a finding changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Only the new run has it, or only there nobody accepted it.
    New,
    /// Both have it, and it matters more or less than it did.
    Severity,
    /// Only the old run has it.
    Fixed,
    /// Somebody accepted it.
    Excepted,
}

impl Change {
    /// The word used in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Severity => "severity",
            Self::Fixed => "fixed",
            Self::Excepted => "excepted",
        }
    }
}

/// One finding that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// How.
    pub change: Change,
    /// As the new run has it; for what is fixed, as the old one had it.
    pub record: Record,
    /// Verdict and severity of the old run, when those changed.
    pub was: Option<(Verdict, Severity)>,
}

impl Changed {
    /// True when it is a failure at or above `least` that was none before.
    pub fn is_new_failure(&self, least: Severity) -> bool {
        let fails = self.record.verdict == Verdict::Fail && self.record.severity >= least;
        let failed =
            self.was.is_some_and(|(verdict, severity)| verdict == Verdict::Fail && severity >= least);
        fails && !failed && matches!(self.change, Change::New | Change::Severity)
    }
}

/// All changes, and how many findings did not change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// New ones first, then changed, fixed, accepted ones; each the worst first, then by rule, object and place.
    pub changes: Vec<Changed>,
    /// Findings that both runs have alike.
    pub unchanged: usize,
}

#[derive(Default)]
struct Sides<'a> {
    old: Vec<&'a Record>,
    new: Vec<&'a Record>,
    /// Accepted ones: how many before, and which now.
    old_excepted: usize,
    new_excepted: Vec<&'a Record>,
}

/// Compares two runs by fingerprints, counting where several findings share one.
pub fn compare(old: &Snapshot, new: &Snapshot) -> Difference {
    let mut sides: BTreeMap<&str, Sides<'_>> = BTreeMap::new();
    for record in &old.records {
        let side = sides.entry(&record.fingerprint).or_default();
        if record.excepted {
            side.old_excepted += 1;
        } else {
            side.old.push(record);
        }
    }
    for record in &new.records {
        let side = sides.entry(&record.fingerprint).or_default();
        if record.excepted { side.new_excepted.push(record) } else { side.new.push(record) }
    }
    let mut difference = Difference::default();
    for side in sides.into_values() {
        one(side, &mut difference);
    }
    difference.changes.sort_by(|a, b| order(a).cmp(&order(b)));
    difference
}

type Order<'a> =
    (Change, std::cmp::Reverse<(bool, Severity)>, &'a str, &'a crate::snapshot::ObjectName, &'a str, String);

fn order(changed: &Changed) -> Order<'_> {
    let record = &changed.record;
    let level = std::cmp::Reverse(record.level());
    (changed.change, level, &record.rule, &record.object, &record.path, record.place())
}

/// All findings with one fingerprint: the worst are paired with the worst.
fn one(mut side: Sides<'_>, difference: &mut Difference) {
    side.old.sort_by_key(|record| std::cmp::Reverse(record.level()));
    side.new.sort_by_key(|record| std::cmp::Reverse(record.level()));
    let pairs = side.old.len().min(side.new.len());
    for (old, new) in side.old.iter().zip(&side.new) {
        if old.level() == new.level() {
            difference.unchanged += 1;
        } else {
            let was = Some((old.verdict, old.severity));
            difference.changes.push(Changed { change: Change::Severity, record: (*new).clone(), was });
        }
    }
    let mut push = |change, record: &Record| {
        difference.changes.push(Changed { change, record: record.clone(), was: None });
    };
    side.new[pairs..].iter().for_each(|record| push(Change::New, record));
    let mut accepted = side.new_excepted.iter().skip(side.old_excepted);
    for record in &side.old[pairs..] {
        match accepted.next() {
            Some(now) => push(Change::Excepted, now),
            None => push(Change::Fixed, record),
        }
    }
}

impl Difference {
    /// How many changes are of this kind.
    pub fn count(&self, change: Change) -> usize {
        self.changes.iter().filter(|changed| changed.change == change).count()
    }

    /// `rampart.dev/diff/v1`; the sides by the names that the user gave them.
    pub fn to_json(&self, old: &str, new: &str) -> Value {
        json!({
            "schema": DIFF_SCHEMA,
            "old": old,
            "new": new,
            "findings": self.changes.iter().map(changed_value).collect::<Vec<_>>(),
            "summary": {
                "new": self.count(Change::New),
                "severity": self.count(Change::Severity),
                "fixed": self.count(Change::Fixed),
                "excepted": self.count(Change::Excepted),
                "unchanged": self.unchanged,
            },
        })
    }
}

fn word(verdict: Verdict) -> &'static str {
    if verdict == Verdict::Fail { "fail" } else { "unknown" }
}

fn changed_value(changed: &Changed) -> Value {
    let record = &changed.record;
    let was = changed
        .was
        .map(|(verdict, severity)| json!({"verdict": word(verdict), "severity": severity.as_str()}));
    json!({
        "change": changed.change.as_str(),
        "rule": record.rule,
        "verdict": word(record.verdict),
        "severity": record.severity.as_str(),
        "was": was,
        "object": record.object,
        "path": record.path,
        "file": record.file,
        "line": record.start.map(|(line, _)| line),
        "column": record.start.map(|(_, column)| column),
        "what": record.what,
        "fingerprint": record.fingerprint,
    })
}
