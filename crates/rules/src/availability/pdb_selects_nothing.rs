use rampart_model::Object;
use rampart_report::Severity;

use crate::index::{BUDGET, Pods, pods_of_budget};
use crate::shared::coverage::gap_of_pods;
use crate::shared::paths::at;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "pdb-selects-nothing",
    group: Group::Availability,
    severity: Severity::Low,
    profile: Profile::Default,
    doc: include_str!("pdb_selects_nothing.md"),
    check: Check::Object(&[BUDGET], check),
};

fn check(budget: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    let path = at(&["spec", "selector"]);
    let Some(selector) = pods_of_budget(budget) else {
        let empty = budget.field(&["spec", "selector"]).is_some();
        let why = if empty { "an empty selector, which in policy/v1beta1" } else { "no selector, which" };
        out.fail(path, format!("PodDisruptionBudget {} has {why} selects no pod", budget.name()));
        return;
    };
    let namespace = budget.effective_namespace();
    if namespace.is_some_and(|namespace| Pods::selected(context, namespace, selector).next().is_some()) {
        return;
    }
    match gap_of_pods(context, namespace) {
        Some(gap) => {
            let what = format!("PodDisruptionBudget {} selects nothing that was read: {gap}", budget.name());
            out.unknown(path, what);
        }
        None => {
            let what = format!("PodDisruptionBudget {} selects no pod of its namespace", budget.name());
            out.fail(path, what);
        }
    }
}
