use rampart_report::FrameworkResult;
use rampart_rules::framework::{Scoring, assign, score};

use super::{Plan, Triaged};

/// How the asked frameworks stand: by all findings, also those that the report will leave out.
pub(super) fn all(plan: &Plan, triaged: &Triaged) -> Vec<FrameworkResult> {
    let evaluation = &triaged.evaluated.evaluation;
    let scoring = Scoring {
        inventory: &triaged.evaluated.loaded.inventory,
        findings: triaged.findings(),
        tallies: &evaluation.tallies,
        passed: &evaluation.passed,
        version: plan.version,
    };
    plan.frameworks.iter().map(|framework| score(framework, &scoring)).collect()
}

/// Points the controls at the findings that the report shows.
pub(super) fn show(plan: &Plan, triaged: &Triaged, results: &mut [FrameworkResult]) {
    let inventory = &triaged.evaluated.loaded.inventory;
    for (framework, result) in plan.frameworks.iter().zip(results) {
        result.show(assign(framework, inventory, triaged.findings()));
    }
}
