use std::borrow::Cow;
use std::collections::BTreeMap;

use rampart_report::{Evaluations, FrameworkResult, Report, RuleInfo};
use rampart_rules::{Evaluation, Rule};

use super::{Plan, Triaged};
use crate::output;

/// The report of a scan; what it hides and how long it took are the caller's to say.
pub(super) fn of<'a>(
    plan: &Plan,
    triaged: &'a Triaged,
    frameworks: &'a [FrameworkResult],
    inputs: Vec<String>,
) -> Report<'a> {
    let (loaded, evaluation) = (&triaged.evaluated.loaded, &triaged.evaluated.evaluation);
    Report {
        version: env!("CARGO_PKG_VERSION"),
        inputs,
        base: output::base(),
        inventory: &loaded.inventory,
        findings: &evaluation.findings,
        exceptions: &triaged.exceptions,
        facts: &evaluation.facts,
        passed: if triaged.list_passed { &evaluation.passed } else { &[] },
        rules: rules(plan),
        problems: &loaded.problems,
        evaluations: evaluations(evaluation),
        templates: (evaluation.workloads, evaluation.templates),
        hidden: 0,
        known: triaged.known,
        compared: false,
        frameworks,
        elapsed: None,
    }
}

/// The rules that ran, with the controls of the frameworks that were asked for.
fn rules(plan: &Plan) -> BTreeMap<&'static str, RuleInfo> {
    let own = plan.custom.iter().map(|rule| (rule.id, rule.info()));
    let mut rules: BTreeMap<_, _> =
        plan.rules.iter().map(|rule| (rule.id, rule_info(rule))).chain(own).collect();
    for framework in &plan.frameworks {
        let mut controls: BTreeMap<&str, Vec<Cow<'static, str>>> = BTreeMap::new();
        for control in framework.controls() {
            for named in &control.rules {
                let ids = controls.entry(&named.rule).or_default();
                if ids.last().is_none_or(|last| *last != control.id) {
                    ids.push(Cow::Owned(control.id.clone()));
                }
            }
        }
        for (rule, ids) in controls {
            if let Some(info) = rules.get_mut(rule) {
                info.frameworks.insert(Cow::Owned(framework.id.clone()), ids);
            }
        }
    }
    rules
}

/// What renderers may say about a rule.
pub(crate) fn rule_info(rule: &Rule) -> RuleInfo {
    let mut frameworks: BTreeMap<Cow<'static, str>, Vec<Cow<'static, str>>> = BTreeMap::new();
    if let Some(row) = rule.row() {
        for (name, ids) in [("pss", row.pss), ("cis", row.cis), ("nsa", row.nsa), ("mitre", row.mitre)] {
            if !ids.is_empty() {
                frameworks.insert(Cow::Borrowed(name), ids.split(';').map(Cow::Borrowed).collect());
            }
        }
    }
    RuleInfo {
        id: rule.id,
        title: rule.row().map_or(rule.id, |row| row.title),
        group: rule.group.as_str(),
        severity: rule.severity,
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
