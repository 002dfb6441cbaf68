//! Rules of the user's own: reading their files, and their part of an evaluation.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use rampart_document::Source;
use rampart_model::{Inventory, Version};
use rampart_policy::custom::{CustomRule, CustomRules, evaluate};
use rampart_report::problem_text;
use rampart_rules::Evaluation;

use crate::scan::Plan;
use crate::terminal;

/// Reads one file; everything that is wrong with it is in the error.
pub(crate) fn read(path: &Path, version: Version) -> anyhow::Result<CustomRules> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
    CustomRules::read(&Source::new(name.as_str(), text), version).map_err(|problems| {
        let shown = problems.iter().map(|problem| problem_text(problem, &terminal::stderr()));
        anyhow!("{}", shown.collect::<Vec<_>>().join("\n\n")).context(format!("{name} was not understood"))
    })
}

/// Reads all files. Nothing of them counts when one is wrong.
pub(crate) fn load(paths: &[PathBuf], version: Version) -> anyhow::Result<Vec<CustomRule>> {
    let mut rules: Vec<CustomRule> = Vec::new();
    for path in paths {
        for rule in read(path, version)?.rules {
            if rules.iter().any(|known| known.id == rule.id) {
                bail!("{}: another file has a rule `{}`, too", path.display(), rule.id);
            }
            rules.push(rule);
        }
    }
    Ok(rules)
}

/// Adds what the user's rules say.
pub(crate) fn add(plan: &Plan, inventory: &Inventory, list_passed: bool, evaluation: &mut Evaluation) {
    if plan.custom.is_empty() {
        return;
    }
    let rules: Vec<&CustomRule> = plan.custom.iter().collect();
    let own = evaluate(&rules, inventory, &plan.carriers, list_passed);
    evaluation.findings.extend(own.findings);
    evaluation.passed.extend(own.passed);
    evaluation.tallies.extend(own.tallies);
    evaluation.runs += own.runs;
    // Stable: the user's rules come after ours for each object.
    evaluation.findings.sort_by_key(|finding| finding.object);
    evaluation.passed.sort_by_key(|(_, object)| *object);
}
