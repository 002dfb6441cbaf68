//! Findings that were known when somebody decided to look at new ones only.

use std::collections::BTreeMap;
use std::io::{self, Write};

use rampart_model::Inventory;
use rampart_report::{Finding, Severity, Verdict, fingerprint};
use rustc_hash::FxHashMap;
use serde_json::json;

use crate::snapshot::level;
use crate::{Record, Snapshot};

/// The schema's name; a breaking change gets another one.
pub const BASELINE_SCHEMA: &str = "rampart.dev/baseline/v1";

/// Writes a baseline: every finding that nobody accepted, one a line, sorted, so that its own changes read well.
pub fn write_baseline(snapshot: &Snapshot, out: &mut dyn Write) -> io::Result<()> {
    let mut counted: BTreeMap<_, (&Record, u32)> = BTreeMap::new();
    for record in snapshot.records.iter().filter(|record| !record.excepted) {
        let key = (&record.rule, &record.object, &record.fingerprint, record.level());
        counted.entry(key).or_insert((record, 0)).1 += 1;
    }
    write!(out, "{{\"schema\": \"{BASELINE_SCHEMA}\", \"findings\": [")?;
    for (index, (record, count)) in counted.values().enumerate() {
        let verdict = if record.verdict == Verdict::Fail { "fail" } else { "unknown" };
        let line = json!({
            "rule": record.rule,
            "verdict": verdict,
            "severity": record.severity.as_str(),
            "object": record.object,
            "fingerprint": record.fingerprint,
            "count": count,
        });
        write!(out, "{}\n{line}", if index == 0 { "" } else { "," })?;
    }
    writeln!(out, "\n]}}")
}

/// Removes what the baseline knows and says how many findings that were. A finding that is worse than it was then is
/// new, and so is the second of two where there was one. Accepted findings stay.
pub fn hide_known(inventory: &Inventory, findings: &mut Vec<Finding>, baseline: &Snapshot) -> usize {
    let mut known: FxHashMap<&str, Vec<(bool, Severity)>> = FxHashMap::default();
    for record in baseline.records.iter().filter(|record| !record.excepted) {
        known.entry(&record.fingerprint).or_default().push(record.level());
    }
    known.values_mut().for_each(|levels| levels.sort_unstable());
    let before = findings.len();
    findings.retain(|finding| {
        if finding.excepted.is_some() {
            return true;
        }
        let name = fingerprint(inventory.object(finding.object), finding);
        let Some(levels) = known.get_mut(name.as_str()) else { return true };
        let Some(at) = levels.iter().position(|&then| then >= level(finding)) else { return true };
        levels.remove(at);
        false
    });
    before - findings.len()
}
