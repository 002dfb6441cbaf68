use rampart_report::{Exception, Finding, Severity};

use super::Evaluated;

/// Findings with what people said about them.
#[derive(Debug)]
pub(crate) struct Triaged {
    pub(crate) evaluated: Evaluated,
    /// What accepted findings point to.
    pub(crate) exceptions: Vec<Exception>,
    /// Findings left out because the baseline knows them.
    pub(crate) known: usize,
}

/// Marks what was accepted.
pub(crate) fn triage(evaluated: Evaluated) -> Triaged {
    Triaged { evaluated, exceptions: Vec::new(), known: 0 }
}

impl Triaged {
    /// The findings that are left, accepted ones among them.
    pub(crate) fn findings(&self) -> &[Finding] {
        &self.evaluated.evaluation.findings
    }

    /// Leaves out findings below a severity and says how many.
    pub(crate) fn hide_below(&mut self, lowest: Severity) -> usize {
        let findings = &mut self.evaluated.evaluation.findings;
        let all = findings.len();
        findings.retain(|finding| finding.detail.severity >= lowest);
        all - findings.len()
    }
}
