use rampart_report::{Finding, Verdict};

use super::Triaged;
use crate::arguments::FailOn;
use crate::exit;
use crate::input::is_broken;

/// What the scan ends with. Accepted findings, and those that the baseline knows, do not count.
pub(super) fn of(triaged: &Triaged, fail_on: FailOn, strict: bool) -> u8 {
    let findings = triaged.findings();
    let unknown =
        |finding: &Finding| finding.detail.verdict == Verdict::Unknown && finding.excepted.is_none();
    if is_broken(&triaged.evaluated.loaded.problems) {
        exit::BAD_INPUT
    } else if findings.iter().any(|finding| fails(finding, fail_on)) {
        exit::FINDINGS
    } else if strict && findings.iter().any(unknown) {
        exit::INCOMPLETE
    } else {
        0
    }
}

fn fails(finding: &Finding, fail_on: FailOn) -> bool {
    finding.counts_as_failure()
        && matches!(fail_on, FailOn::Severity(least) if finding.detail.severity >= least)
}
