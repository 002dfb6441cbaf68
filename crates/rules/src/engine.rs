//! Runs rules over an inventory. Pod rules run once for each distinct template and the answer is shared by every object
//! that carries it; the cost grows with distinct templates, not with objects.

mod batch;
mod run;
mod sets;
mod share;
mod templates;

use std::collections::BTreeMap;
use std::sync::Arc;

use rampart_model::{Object, ObjectId};
use rampart_report::{Detail, Finding, Verdict};
use rayon::prelude::*;

use crate::{Context, Fact, Rule};
use batch::{Batch, Plan};
use sets::Sets;
pub(crate) use share::Shared;
use templates::Templates;

pub use run::WRONG_TYPE;

/// What to run.
#[derive(Clone)]
pub struct Options {
    /// The rules, in the order their findings are listed for one object.
    pub rules: Vec<&'static Rule>,
    /// Also list every evaluation that passed.
    pub list_passed: bool,
}

/// How the evaluations of one rule ended. One evaluation is one rule on one object.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// No finding.
    pub passed: usize,
    /// At least one failure.
    pub failed: usize,
    /// No failure, but something that could not be told.
    pub unknown: usize,
}

impl Tally {
    /// All evaluations.
    pub fn evaluated(&self) -> usize {
        self.passed + self.failed + self.unknown
    }

    fn count(&mut self, details: &[(u16, Arc<Detail>)]) {
        if details.iter().any(|(_, detail)| detail.verdict == Verdict::Fail) {
            self.failed += 1;
        } else if details.is_empty() {
            self.passed += 1;
        } else {
            self.unknown += 1;
        }
    }

    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.unknown += other.unknown;
    }
}

/// The result of [`evaluate`].
#[derive(Debug, Default)]
pub struct Evaluation {
    /// Findings by object, then in rule order.
    pub findings: Vec<Finding>,
    /// What inventory rules list, by object, then in rule order.
    pub facts: Vec<Fact>,
    /// Counts for each rule that ran, by id.
    pub tallies: BTreeMap<&'static str, Tally>,
    /// Evaluations that passed, when asked for: rule and object, sorted by object.
    pub passed: Vec<(&'static str, ObjectId)>,
    /// How many objects carry a pod template.
    pub workloads: usize,
    /// How many of those templates are distinct.
    pub templates: usize,
    /// How many times a check was run: fewer than the evaluations, because equal templates share the runs of pod rules.
    pub runs: usize,
}

/// Objects per parallel batch: large enough that joining costs nothing, small enough to spread.
const BATCH: usize = 256;

/// Runs `options.rules` over all objects of the context's inventory. Deterministic for any number of threads.
pub fn evaluate(context: &Context<'_>, options: &Options) -> Evaluation {
    let plan = Plan::new(options);
    let templates = Templates::collect(context);
    let by_template = templates.run(context, options, &plan);
    let sets = Sets::run(context, options);
    let inventory = context.inventory;
    let ids: Vec<ObjectId> = inventory.objects().chain(inventory.side_documents()).map(Object::id).collect();
    let batches: Vec<Batch<'_, '_>> = ids
        .par_chunks(BATCH)
        .map(|chunk| {
            let mut batch = Batch::new(context, options, &plan);
            for &id in chunk {
                let shared = templates.class_of(id).map(|class| &by_template[class]);
                batch.object(context.inventory.object(id), shared, sets.of(id));
            }
            batch
        })
        .collect();
    let mut evaluation = Evaluation {
        workloads: templates.workloads,
        templates: by_template.len(),
        runs: plan.pod.len() * by_template.len() + sets.runs,
        ..Default::default()
    };
    let mut tallies = vec![Tally::default(); options.rules.len()];
    evaluation.findings.reserve_exact(batches.iter().map(|batch| batch.findings.len()).sum());
    for batch in batches {
        evaluation.findings.extend(batch.findings);
        evaluation.facts.extend(batch.facts);
        evaluation.passed.extend(batch.passed);
        evaluation.runs += batch.runs;
        tallies.iter_mut().zip(batch.tallies).for_each(|(sum, part)| sum.add(part));
    }
    evaluation.passed.extend(sets.listed);
    evaluation.passed.sort_by_key(|&(_, object)| object);
    tallies.iter_mut().zip(&sets.passed).for_each(|(tally, passed)| tally.passed += passed);
    evaluation.tallies = options.rules.iter().map(|rule| rule.id).zip(tallies).collect();
    evaluation
}
