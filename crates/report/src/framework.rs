use crate::{Finding, Verdict};

/// How a control stands after a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ControlState {
    /// A weakness is there.
    Fail,
    /// Something that would be needed could not be told.
    Unknown,
    /// Everything was checked and nothing found.
    Pass,
    /// The input has nothing that it is about, or the version has no such control.
    NotApplicable,
    /// Files and processes of nodes would be needed.
    NeedsNode,
    /// A running cluster would be needed.
    NeedsLive,
    /// Contents of images would be needed.
    NeedsImage,
    /// A human has to look.
    Manual,
}

impl ControlState {
    /// All of them, in the order in which they are counted.
    pub const ALL: [Self; 8] = [
        Self::Pass,
        Self::Fail,
        Self::Unknown,
        Self::NotApplicable,
        Self::NeedsNode,
        Self::NeedsLive,
        Self::NeedsImage,
        Self::Manual,
    ];

    /// The word used in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Unknown => "unknown",
            Self::Pass => "pass",
            Self::NotApplicable => "not-applicable",
            Self::NeedsNode => "needs-node",
            Self::NeedsLive => "needs-live",
            Self::NeedsImage => "needs-image",
            Self::Manual => "manual",
        }
    }

    /// The words shown to people, for several controls.
    pub const fn words(self) -> &'static str {
        match self {
            Self::NotApplicable => "not applicable",
            Self::NeedsNode => "need a node",
            Self::NeedsLive => "need a running cluster",
            Self::NeedsImage => "need images",
            _ => self.as_str(),
        }
    }
}

/// One control after a scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlResult {
    /// Its id in the framework.
    pub id: String,
    /// A few words.
    pub title: String,
    /// The section it stands in.
    pub section: String,
    /// How it stands.
    pub state: ControlState,
    /// Why it stands so, where that is not plain.
    pub reason: Option<String>,
    /// What the rules do not tell about it.
    pub note: Option<String>,
    /// The rules that tell something about it.
    pub rules: Vec<String>,
    /// Failures that nobody accepted.
    pub failed: usize,
    /// Findings that could not be told.
    pub unknown: usize,
    /// Accepted findings.
    pub excepted: usize,
    /// Evaluations of its rules.
    pub evaluated: usize,
    /// Its findings, by their places in the report.
    pub findings: Vec<usize>,
}

/// A framework after a scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameworkResult {
    /// The name used in flags and JSON.
    pub id: String,
    /// Its full name.
    pub title: String,
    /// Its edition.
    pub version: String,
    /// In the framework's order.
    pub controls: Vec<ControlResult>,
}

impl FrameworkResult {
    /// How many controls stand so.
    pub fn count(&self, state: ControlState) -> usize {
        self.controls.iter().filter(|control| control.state == state).count()
    }

    /// Controls that rules could decide: passed, failed and unknown ones.
    pub fn decided(&self) -> usize {
        [ControlState::Pass, ControlState::Fail, ControlState::Unknown]
            .into_iter()
            .map(|state| self.count(state))
            .sum()
    }

    /// Passed controls of all that rules could decide, in whole percent, rounded down; `None` when there are none.
    pub fn percent(&self) -> Option<usize> {
        (self.count(ControlState::Pass) * 100).checked_div(self.decided())
    }

    /// Points the controls at the findings that are shown, which may be fewer than those that were counted.
    pub fn show(&mut self, assigned: Vec<Vec<usize>>) {
        for (control, findings) in self.controls.iter_mut().zip(assigned) {
            control.findings = findings;
        }
    }
}

/// The worst first, so that a few can stand for all.
pub(crate) fn worst_first(findings: &mut [&Finding]) {
    findings.sort_by_key(|finding| {
        let detail = &finding.detail;
        (finding.excepted.is_some(), detail.verdict == Verdict::Unknown, std::cmp::Reverse(detail.severity))
    });
}
