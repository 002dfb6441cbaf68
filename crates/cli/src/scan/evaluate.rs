use std::mem::ManuallyDrop;

use rampart_rules::{Context, Evaluation, Options};
use rampart_sources::Loaded;

use super::Plan;
use crate::{custom, misfits};

/// What was read, and what the rules say about it.
///
/// Commands end after their report: giving back a hundred thousand objects one by one would only cost time.
#[derive(Debug)]
pub(crate) struct Evaluated {
    pub(crate) loaded: ManuallyDrop<Loaded>,
    pub(crate) evaluation: ManuallyDrop<Evaluation>,
}

/// Runs the plan's rules; values that they could not read join the problems of the input.
pub(crate) fn evaluate(plan: &Plan, loaded: Loaded, list_passed: bool) -> Evaluated {
    let mut loaded = ManuallyDrop::new(loaded);
    let context = ManuallyDrop::new(Context::new(plan.env(), &loaded.inventory, &plan.carriers));
    let options = Options { rules: plan.rules.clone(), list_passed };
    let mut evaluation = ManuallyDrop::new(rampart_rules::evaluate(&context, &options));
    custom::add(plan, &loaded.inventory, list_passed, &mut evaluation);
    let misfits = misfits::problems(&loaded.inventory, &evaluation.findings, plan.version);
    loaded.problems.extend(misfits);
    Evaluated { loaded, evaluation }
}
