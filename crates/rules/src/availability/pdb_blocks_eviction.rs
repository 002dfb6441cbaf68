use rampart_document::Edit;
use rampart_model::{CarrierKind, IntOrString, Object, ObjectId};
use rampart_report::{Fix, Severity};

use super::replicas::kept;
use crate::index::{BUDGET, Pods, pods_of_budget};
use crate::shared::paths::at;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "pdb-blocks-eviction",
    group: Group::Availability,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("pdb_blocks_eviction.md"),
    check: Check::Object(&[BUDGET], check),
};

fn check(budget: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    let value = |field| budget.field(&["spec", field]).and_then(IntOrString::read);
    let (min, max) = (value("minAvailable"), value("maxUnavailable"));
    for (field, value) in [("minAvailable", min), ("maxUnavailable", max)] {
        if let Some(IntOrString::Text(text)) = value.filter(|value| value.scaled(1, true).is_none()) {
            out.unknown(
                at(&["spec", field]),
                format!("{field} is neither a number nor a percentage: `{text}`"),
            );
            return;
        }
    }
    let selected = selected(budget, context);
    let said = match (min, max) {
        (_, Some(max)) if max.scaled(100, true) == Some(0) => {
            Some(("maxUnavailable", "maxUnavailable is 0, so no pod may ever be evicted".to_owned()))
        }
        (Some(min), _) if min.percent().is_some_and(|share| share >= 100) => {
            Some(("minAvailable", "minAvailable is 100%, so no pod may ever be evicted".to_owned()))
        }
        (Some(min), _) => keeps_all(budget, min, &selected, context, out).map(|what| ("minAvailable", what)),
        _ => None,
    };
    if let Some((field, what)) = said {
        let what = format!("PodDisruptionBudget {}: {what}", budget.name());
        let mut edits = vec![Edit::set(at(&["spec", "maxUnavailable"]), 1)];
        if min.is_some() {
            edits.insert(0, Edit::remove(at(&["spec", "minAvailable"])));
        }
        let draft = out.fail(at(&["spec", field]), what);
        draft.fix(Fix::review("let one pod at a time be evicted", edits));
    }
    overlap(budget, &selected, context, out);
}

/// What the budget selects, apart from what another selected object makes.
fn selected<'c>(budget: Object<'c>, context: &'c Context<'_>) -> Vec<Object<'c>> {
    let (Some(namespace), Some(selector)) = (budget.effective_namespace(), pods_of_budget(budget)) else {
        return Vec::new();
    };
    let made =
        |object: &Object<'_>| object.controller_kind().is_some_and(|kind| context.carriers.carries(kind));
    Pods::selected(context, namespace, selector).filter(|object| !made(object)).collect()
}

/// Why `minAvailable` leaves no pod to evict, if so. Source: `getExpectedPodCount` of the disruption controller.
fn keeps_all(
    budget: Object<'_>,
    min: IntOrString<'_>,
    selected: &[Object<'_>],
    context: &Context<'_>,
    out: &mut Findings,
) -> Option<String> {
    let mut total = 0;
    for &object in selected {
        let pods = match context.carriers.pod(object)?.carrier {
            CarrierKind::Pod => Some(1),
            CarrierKind::LongRunning => kept(object, context),
            _ => None,
        };
        let Some(pods) = pods else {
            let reason = format!("how many pods {} {} runs cannot be told", object.kind(), object.name());
            out.unknown(at(&["spec", "minAvailable"]), reason);
            return None;
        };
        total += pods;
    }
    let wanted = min.scaled(total, true)?;
    if total == 0 || wanted < total {
        return None;
    }
    let names: Vec<String> =
        selected.iter().take(3).map(|object| format!("{} {}", object.kind(), object.name())).collect();
    let written = budget.field(&["spec", "minAvailable"])?.scalar_text()?;
    let pods = if total == 1 { "the only pod".to_owned() } else { format!("all {total} pods") };
    Some(format!("minAvailable {written} keeps {pods} of {}", names.join(", ")))
}

/// The eviction API refuses a pod that two budgets select.
fn overlap(budget: Object<'_>, selected: &[Object<'_>], context: &Context<'_>, out: &mut Findings) {
    let other = |object: &Object<'_>| -> Option<(ObjectId, String)> {
        let pod = context.carriers.pod(*object)?;
        let all = context.budgets().selecting(object.effective_namespace(), pod.labels());
        let other = all.filter(|&id| id != budget.id()).min()?;
        Some((other, format!("{} {}", object.kind(), object.name())))
    };
    let Some((other, workload)) = selected.iter().find_map(other) else { return };
    let twin = context.inventory.object(other);
    let what = format!(
        "PodDisruptionBudgets {} and {} both select {workload}, so the eviction API refuses its pods",
        budget.name(),
        twin.name()
    );
    let draft = out.fail(at(&["spec", "selector"]), what).class("overlap");
    draft.evidence_in(other, at(&["spec", "selector"]), "the other budget");
}
