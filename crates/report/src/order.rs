use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use crate::{Detail, Finding, Report, Severity, Verdict};

/// Indexes of the findings: failures before unknowns before what was accepted, the worst first, else as they stand. What
/// has room for some findings only shows the first of these.
pub(crate) fn worst_first(report: &Report<'_>) -> Vec<u32> {
    let mut order: Vec<u32> = (0..report.findings.len() as u32).collect();
    order.sort_by_key(|&index| rank(&report.findings[index as usize]));
    order
}

fn rank(finding: &Finding) -> (bool, Verdict, Reverse<Severity>) {
    (finding.excepted.is_some(), finding.detail.verdict, Reverse(finding.detail.severity))
}

/// Findings that equal templates share, shown as one.
pub(crate) struct Group<'a> {
    pub(crate) first: &'a Finding,
    /// How many objects it is about.
    pub(crate) objects: usize,
}

/// What is not accepted, the worst first, equal findings as one.
pub(crate) fn groups<'a>(report: &Report<'a>) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    let mut known: HashMap<*const Detail, usize> = HashMap::new();
    for index in worst_first(report) {
        let finding = &report.findings[index as usize];
        if finding.excepted.is_some() {
            break;
        }
        match known.get(&Arc::as_ptr(&finding.detail)) {
            Some(&at) => groups[at].objects += 1,
            None => {
                // A detail that one finding holds cannot be seen again, and most are held once.
                if Arc::strong_count(&finding.detail) > 1 {
                    known.insert(Arc::as_ptr(&finding.detail), groups.len());
                }
                groups.push(Group { first: finding, objects: 1 });
            }
        }
    }
    groups
}
