use rampart_document::{Edit, FieldPath};
use rampart_model::Object;
use rampart_report::{Fix, Severity};

use super::claims::single_node_claim;
use super::replicas::{DEPLOYMENT, STATEFUL_SET, largest, written};
use super::replicas_not_spread::spreading;
use super::spread::is_spread;
use crate::{Check, Context, Findings, Group, Profile, Rule, Workload};

pub(crate) static RULE: Rule = Rule {
    id: "single-replica",
    group: Group::Availability,
    severity: Severity::Low,
    profile: Profile::Default,
    doc: include_str!("single_replica.md"),
    check: Check::Object(&[DEPLOYMENT, STATEFUL_SET], check),
};

fn check(object: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    let bound = context.settings.min_replicas;
    let Some(replicas) = written(object) else { return };
    if replicas >= bound {
        return;
    }
    let path = FieldPath::root().key("spec").key("replicas");
    let scaler = largest(object, context, |scaler| scaler.min);
    // An autoscaler rests while replicas is 0; a ScaledObject scales up from there.
    if replicas == 0 && !scaler.is_some_and(|scaler| scaler.from_zero) {
        let what = format!("{} {} is scaled to 0", object.kind(), object.name());
        out.fail(path, what).severity(Severity::Info).class("zero");
        return;
    }
    let severity = if object.group_kind() == STATEFUL_SET { Severity::Info } else { Severity::Low };
    let Some(scaler) = scaler else {
        let what = format!("{} {} runs {}", object.kind(), object.name(), count(replicas));
        let draft = out.fail(path.clone(), what).severity(severity);
        // More members of a StatefulSet, or pods sharing a disk of one node, take more than a number.
        if object.group_kind() == DEPLOYMENT && single_node_claim(object, context).is_none() {
            let mut edits = vec![Edit::set(path, bound)];
            edits.extend(spread(object, context));
            draft.fix(Fix::review(format!("run {bound} replicas"), edits));
        }
        return;
    };
    let scaling = context.inventory.object(scaler.object);
    match scaler.min {
        Some(min) if min >= bound => {}
        Some(min) => {
            let what = format!(
                "{} {} may run {}: {} {} scales it down to {min}",
                object.kind(),
                object.name(),
                count(min),
                scaling.kind(),
                scaling.name()
            );
            let draft = out.fail(path, what).severity(severity);
            draft.evidence_in(scaling.id(), FieldPath::root().key("spec"), "the autoscaler");
        }
        None => {
            out.unknown(path, format!("the minimum of {} {} is no number", scaling.kind(), scaling.name()));
        }
    }
}

/// Several replicas on one node would fall together.
fn spread(object: Object<'_>, context: &Context<'_>) -> Option<Edit> {
    let pod = context.carriers.pod(object)?;
    let path = pod.prefix.join(&pod.path("topologySpreadConstraints"));
    let workload = Workload { object, pod };
    (is_spread(&workload, context) == Some(false)).then(|| spreading(object, path)).flatten()
}

fn count(replicas: i64) -> String {
    if replicas == 1 { "a single replica".to_owned() } else { format!("{replicas} replicas") }
}
