use std::collections::BTreeMap;

use rampart_report::{Evaluations, Report, RuleInfo};
use rampart_rules::{Evaluation, Rule};

use super::{Plan, Triaged};

/// The report of a scan; what it hides and how long it took are the caller's to say.
pub(super) fn of<'a>(plan: &Plan, triaged: &'a Triaged, inputs: Vec<String>) -> Report<'a> {
    let (loaded, evaluation) = (&triaged.evaluated.loaded, &triaged.evaluated.evaluation);
    Report {
        version: env!("CARGO_PKG_VERSION"),
        inputs,
        inventory: &loaded.inventory,
        findings: &evaluation.findings,
        exceptions: &triaged.exceptions,
        passed: &evaluation.passed,
        rules: plan.rules.iter().map(|rule| (rule.id, rule_info(rule))).collect(),
        problems: &loaded.problems,
        evaluations: evaluations(evaluation),
        templates: (evaluation.workloads, evaluation.templates),
        hidden: 0,
        known: triaged.known,
        elapsed: None,
    }
}

/// What renderers may say about a rule.
pub(crate) fn rule_info(rule: &Rule) -> RuleInfo {
    let mut frameworks: BTreeMap<&'static str, Vec<&'static str>> = BTreeMap::new();
    if let Some(row) = rule.row() {
        for (name, ids) in [("pss", row.pss), ("cis", row.cis), ("nsa", row.nsa), ("mitre", row.mitre)] {
            if !ids.is_empty() {
                frameworks.insert(name, ids.split(';').collect());
            }
        }
    }
    RuleInfo {
        id: rule.id,
        title: rule.row().map_or(rule.id, |row| row.title),
        group: rule.group.as_str(),
        why: rule.section("Why"),
        todo: rule.section("What to do"),
        frameworks,
    }
}

fn evaluations(evaluation: &Evaluation) -> Evaluations {
    let mut sum = Evaluations::default();
    for tally in evaluation.tallies.values() {
        sum.passed += tally.passed;
        sum.failed += tally.failed;
        sum.unknown += tally.unknown;
    }
    sum
}
