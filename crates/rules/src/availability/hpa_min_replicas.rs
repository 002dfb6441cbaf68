use rampart_document::{Edit, FieldPath, Node};
use rampart_model::Object;
use rampart_report::{Fix, Severity};

use super::demand::pod_requests;
use crate::index::{HPA, Scalers};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "hpa-min-replicas",
    group: Group::Availability,
    severity: Severity::Low,
    profile: Profile::Default,
    doc: include_str!("hpa_min_replicas.md"),
    check: Check::Object(&[HPA], check),
};

fn check(object: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    let bound = context.settings.min_replicas;
    let spec = FieldPath::root().key("spec");
    let written = object.field(&["spec", "minReplicas"]);
    let min = written.map_or(Some(1), Node::as_i64);
    let max = object.field(&["spec", "maxReplicas"]).and_then(Node::as_i64);
    if let Some(min) = min.filter(|&min| min < bound) {
        let unset = if written.is_none() { ", the default" } else { "" };
        let what =
            format!("HorizontalPodAutoscaler {} may scale down to {min} (minReplicas{unset})", object.name());
        let path = spec.key("minReplicas");
        let draft = out.fail(path.clone(), what);
        if max.is_some_and(|max| max >= bound) {
            draft.fix(Fix::review(format!("keep at least {bound} replicas"), [Edit::set(path, bound)]));
        }
    }
    if let Some((min, max)) = min.zip(max).filter(|(min, max)| min == max) {
        let what =
            format!("HorizontalPodAutoscaler {} cannot scale: minimum {min}, maximum {max}", object.name());
        out.fail(spec.key("maxReplicas"), what).class("static");
    }
    beyond_capacity(object, context, out);
}

/// Live clusters only: what the autoscaler wants now against all that the nodes have.
fn beyond_capacity(object: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    let desired = object.field(&["status", "desiredReplicas"]).and_then(Node::as_i64);
    let Some(desired) = desired.filter(|&desired| desired > 0) else { return };
    let Some(capacity) = context.capacity() else { return };
    let Some(target) = Scalers::target_of(object) else { return };
    let Some(pod) = context.carriers.pod(target) else { return };
    for (name, available) in [("cpu", capacity.cpu), ("memory", capacity.memory)] {
        if pod_requests(&pod, name).is_some_and(|one| one.times(desired) > available) {
            let path = FieldPath::root().key("status").key("desiredReplicas");
            let what = format!(
                "HorizontalPodAutoscaler {} wants {desired} replicas, more {name} than all nodes together have",
                object.name()
            );
            out.fail(path, what).severity(Severity::Info).class("capacity");
        }
    }
}
