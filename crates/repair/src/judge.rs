//! What a simulation did to the findings.

use rampart_model::ObjectId;
use rampart_report::{Finding, Severity, Verdict};
use rustc_hash::FxHashMap;

use crate::obstacle::Obstacle;
use crate::simulate::Simulation;

/// Findings by object and rule.
pub(crate) type ByPlace<'f> = FxHashMap<(ObjectId, &'static str), Vec<&'f Finding>>;

pub(crate) fn by_place(findings: &[Finding]) -> ByPlace<'_> {
    let mut by: ByPlace<'_> = FxHashMap::default();
    for finding in findings {
        by.entry((finding.object, finding.detail.rule)).or_default().push(finding);
    }
    by
}

/// Something that speaks against a set of fixes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Violation {
    /// The object as it was known before; `None` for a new one.
    pub(crate) object: Option<ObjectId>,
    pub(crate) rule: &'static str,
    pub(crate) what: String,
    pub(crate) severity: Severity,
    /// A finding that was to go away is still there; else a finding is new.
    pub(crate) still: bool,
}

impl Violation {
    pub(crate) fn obstacle(&self) -> Obstacle {
        if self.still {
            Obstacle::StillThere
        } else {
            Obstacle::Brings { rule: self.rule, what: self.what.clone() }
        }
    }
}

/// Compares findings before and after. `fixed` counts, by object and rule, the findings whose fixes were made.
pub(crate) fn violations(
    before: &ByPlace<'_>,
    simulation: &Simulation,
    after: &[Finding],
    fixed: &FxHashMap<(ObjectId, &'static str), usize>,
) -> Vec<Violation> {
    let mut violations = Vec::new();
    for group in grouped(after) {
        let first = group[0];
        let rule = first.detail.rule;
        let old = simulation.old.get(first.object.0 as usize).copied().flatten();
        let empty = Vec::new();
        let known = old.and_then(|id| before.get(&(id, rule))).unwrap_or(&empty);
        let done = old.and_then(|id| fixed.get(&(id, rule))).copied().unwrap_or(0);
        let violation = |finding: &Finding, still: bool| Violation {
            object: old,
            rule,
            what: finding.detail.what.to_string(),
            severity: finding.detail.severity,
            still,
        };
        let (stayed, new): (Vec<&Finding>, Vec<&Finding>) = group.into_iter().partition(|finding| {
            // What is not decidable is not fixed.
            finding.detail.verdict == Verdict::Unknown || known.iter().any(|old| is_known(old, finding))
        });
        if let Some(still) = stayed.first().filter(|_| done > 0 && stayed.len() + done > known.len()) {
            violations.push(violation(still, true));
        }
        violations.extend(new.into_iter().map(|finding| violation(finding, false)));
    }
    violations
}

/// True when a finding is an earlier one, perhaps with other words or at another place of its list, and no worse.
fn is_known(old: &Finding, new: &Finding) -> bool {
    let (before, after) = (&old.detail, &new.detail);
    let same_place = before.path == after.path && before.class == after.class;
    before.verdict == Verdict::Fail
        && before.severity >= after.severity
        && (before.what == after.what || same_place)
}

/// Findings of one rule on one object, which follow each other.
fn grouped(findings: &[Finding]) -> impl Iterator<Item = Vec<&Finding>> {
    let same = |a: &Finding, b: &Finding| a.object == b.object && a.detail.rule == b.detail.rule;
    findings.chunk_by(same).map(|group| group.iter().collect())
}
