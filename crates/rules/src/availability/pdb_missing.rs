use rampart_document::{Edit, Node};
use rampart_model::Object;
use rampart_report::{Fix, ObjectChange, Severity};
use serde_json::json;

use super::replicas::{DEPLOYMENT, STATEFUL_SET, kept};
use crate::index::BUDGET;
use crate::shared::paths::at;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "pdb-missing",
    group: Group::Availability,
    severity: Severity::Low,
    profile: Profile::Default,
    doc: include_str!("pdb_missing.md"),
    check: Check::Object(&[DEPLOYMENT, STATEFUL_SET, BUDGET], check),
};

fn check(object: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    if object.group_kind() == BUDGET {
        return without_bound(object, out);
    }
    let path = || at(&["spec", "replicas"]);
    let title = || format!("{} {}", object.kind(), object.name());
    let Some(replicas) = kept(object, context) else {
        out.unknown(path(), format!("the replicas of {} are no number", title()));
        return;
    };
    let Some(pod) = context.carriers.pod(object).filter(|_| replicas >= 2) else { return };
    let namespace = object.effective_namespace();
    if context.budgets().selecting(namespace, pod.labels()).next().is_some() {
        return;
    }
    if let Some(gap) = context.inventory.coverage().gap(BUDGET, namespace) {
        out.unknown(path(), format!("no PodDisruptionBudget that was read selects {}: {gap}", title()));
        return;
    }
    let what = format!("{} keeps {replicas} replicas and no PodDisruptionBudget selects them", title());
    let draft = out.fail(path(), what);
    if let Some(budget) = budget_for(object, context) {
        let fix = Fix::review("let one pod at a time be evicted", []);
        draft.fix(fix.with(ObjectChange::Create { manifest: budget }));
    }
}

/// A budget over the workload's own selector, under its name.
fn budget_for(object: Object<'_>, context: &Context<'_>) -> Option<serde_json::Value> {
    let selector = object.field(&["spec", "selector"]).filter(|selector| !selector.is_empty())?;
    let namespace = object.effective_namespace();
    if object.name().is_empty() || context.inventory.find(BUDGET, namespace, object.name()).is_some() {
        return None;
    }
    let mut metadata = json!({"name": object.name()});
    if let Some(namespace) = object.namespace() {
        metadata["namespace"] = json!(namespace);
    }
    Some(json!({
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": metadata,
        "spec": {"maxUnavailable": 1, "selector": selector.to_json()},
    }))
}

fn without_bound(budget: Object<'_>, out: &mut Findings) {
    let bound = |field| budget.spec().and_then(|spec| Node::field(spec, field));
    if bound("minAvailable").or_else(|| bound("maxUnavailable")).is_some() {
        return;
    }
    let what = format!(
        "PodDisruptionBudget {} sets neither minAvailable nor maxUnavailable, so it protects nothing",
        budget.name()
    );
    let edit = Edit::set(at(&["spec", "maxUnavailable"]), 1);
    out.fail(at(&["spec", "maxUnavailable"]), what)
        .class("no-bound")
        .fix(Fix::review("let one pod be unavailable", [edit]));
}
