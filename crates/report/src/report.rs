use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use rampart_model::{Inventory, ObjectId, Problem};

use crate::{Base, Exception, Fact, Finding, FrameworkResult, Severity, Verdict};

/// What a renderer may say about a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleInfo {
    /// Rule id.
    pub id: &'static str,
    /// One line, for lists.
    pub title: &'static str,
    /// Group of the catalogue.
    pub group: &'static str,
    /// Severity of its usual finding.
    pub severity: Severity,
    /// Why it matters, Markdown.
    pub why: String,
    /// What to do, Markdown.
    pub todo: String,
    /// Framework name to its control ids.
    pub frameworks: BTreeMap<Cow<'static, str>, Vec<Cow<'static, str>>>,
}

/// Counts of one group of rules, by severity of failures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Failures, worst first, in the order of [`Severity::ALL`].
    pub failed: [usize; 5],
    /// Findings that could not be told.
    pub unknown: usize,
    /// Findings of either kind that somebody accepted; counted nowhere else.
    pub excepted: usize,
}

impl Counts {
    fn add(&mut self, finding: &Finding) {
        match finding.detail.verdict {
            _ if finding.excepted.is_some() => self.excepted += 1,
            Verdict::Unknown => self.unknown += 1,
            Verdict::Fail => {
                let at = Severity::ALL.iter().position(|&severity| severity == finding.detail.severity);
                self.failed[at.unwrap_or(4)] += 1;
            }
        }
    }
}

/// Evaluations by their end; one evaluation is one rule on one object.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Evaluations {
    /// Without finding.
    pub passed: usize,
    /// With a failure.
    pub failed: usize,
    /// Without failure, but not decidable.
    pub unknown: usize,
}

impl Evaluations {
    /// All of them.
    pub fn total(&self) -> usize {
        self.passed + self.failed + self.unknown
    }
}

/// Everything that renderers need; they add nothing and look nothing up.
#[derive(Debug)]
pub struct Report<'a> {
    /// Version of the program.
    pub version: &'static str,
    /// The inputs as the user named them.
    pub inputs: Vec<String>,
    /// Where the files are.
    pub base: Base,
    /// The objects.
    pub inventory: &'a Inventory,
    /// Findings to show, by object; accepted ones among them.
    pub findings: &'a [Finding],
    /// What accepted findings point to.
    pub exceptions: &'a [Exception],
    /// What inventory rules list, by object.
    pub facts: &'a [Fact],
    /// Evaluations that passed, when asked for.
    pub passed: &'a [(&'static str, ObjectId)],
    /// The rules that ran, by id.
    pub rules: BTreeMap<&'static str, RuleInfo>,
    /// What was wrong with the input.
    pub problems: &'a [Problem],
    /// Evaluations of all rules.
    pub evaluations: Evaluations,
    /// Objects with a pod template, and how many templates are distinct.
    pub templates: (usize, usize),
    /// Findings that exist but are below the asked severity.
    pub hidden: usize,
    /// Findings that exist but were known before, to the baseline.
    pub known: usize,
    /// True when the findings were compared with earlier ones: what is shown is new.
    pub compared: bool,
    /// How the frameworks that were asked for stand; their controls point into `findings`.
    pub frameworks: &'a [FrameworkResult],
    /// How long it took; left out of output that must be reproducible.
    pub elapsed: Option<Duration>,
}

impl Report<'_> {
    /// Counts over all findings.
    pub fn totals(&self) -> Counts {
        let mut counts = Counts::default();
        self.findings.iter().for_each(|finding| counts.add(finding));
        counts
    }

    /// Counts by rule group, in the catalogue's words.
    pub fn by_group(&self) -> BTreeMap<&'static str, Counts> {
        let mut groups: BTreeMap<&'static str, Counts> = BTreeMap::new();
        for finding in self.findings {
            let group = self.rules.get(finding.detail.rule).map_or("other", |rule| rule.group);
            groups.entry(group).or_default().add(finding);
        }
        groups
    }

    /// Why a finding is accepted, when it is.
    pub fn exception(&self, finding: &Finding) -> Option<&Exception> {
        self.exceptions.get(finding.excepted?.index())
    }

    /// The worst severity among failures that nobody accepted.
    pub fn worst(&self) -> Option<Severity> {
        let failures = self.findings.iter().filter(|finding| finding.counts_as_failure());
        failures.map(|finding| finding.detail.severity).max()
    }
}
