use rampart_document::mismatches::watch;
use rampart_document::{Edit, FieldPath};
use rampart_model::Object;
use rampart_report::{Fix, Severity};
use serde_json::json;

use super::replicas::{DEPLOYMENT, STATEFUL_SET, largest, written};
use super::spread::is_spread;
use crate::{Check, Context, Findings, Group, Profile, Rule, Workload};

pub(crate) static RULE: Rule = Rule {
    id: "replicas-not-spread",
    group: Group::Availability,
    severity: Severity::Low,
    profile: Profile::Default,
    doc: include_str!("replicas_not_spread.md"),
    check: Check::Workload(check),
};

fn check(workload: &Workload<'_>, context: &Context<'_>, out: &mut Findings) {
    let object = workload.object;
    if ![DEPLOYMENT, STATEFUL_SET].contains(&object.group_kind()) {
        return;
    }
    let Some(replicas) = written(object) else { return };
    let scaled = largest(object, context, |scaler| scaler.max).and_then(|scaler| scaler.max);
    let most = replicas.max(scaled.unwrap_or(0));
    if most < 2 {
        return;
    }
    let path = workload.pod.path("topologySpreadConstraints");
    let (spread, unreadable) = watch(|| is_spread(workload, context));
    match spread.filter(|&spread| spread || !unreadable) {
        Some(true) => {}
        None => {
            out.unknown(path, "whether the pod anti-affinity selects the pod's own replicas cannot be told");
        }
        Some(false) => {
            let what = format!(
                "the {most} replicas of {} {} may share a node: only the scheduler's soft default spreads them",
                object.kind(),
                object.name()
            );
            let draft = out.fail(path.clone(), what);
            if let Some(edit) = spreading(object, path) {
                draft.fix(Fix::review("spread the replicas over nodes", [edit]));
            }
        }
    }
}

/// Spreads the pods that the controller's own selector tells from others; `path` is that of the pod's constraints.
pub(super) fn spreading(object: Object<'_>, path: FieldPath) -> Option<Edit> {
    let selector = object.field(&["spec", "selector"]).filter(|selector| !selector.is_empty())?;
    let constraint = json!({"maxSkew": 1, "topologyKey": "kubernetes.io/hostname",
        "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": selector.to_json()});
    Some(Edit::append(path, constraint))
}
