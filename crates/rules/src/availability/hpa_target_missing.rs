use rampart_document::{FieldPath, Node};
use rampart_model::{Container, GroupKind, Object, Pod, Resource};
use rampart_report::Severity;

use super::resources::{Amount, has_pod_level, pod_resource};
use crate::index::{HPA, Scalers, Supply};
use crate::shared::paths::at;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "hpa-target-missing",
    group: Group::Availability,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("hpa_target_missing.md"),
    check: Check::Object(&[HPA], check),
};

/// Kubernetes' own kinds with a scale subresource.
const SCALABLE: [GroupKind<'static>; 4] = [
    GroupKind::core("ReplicationController"),
    GroupKind::new("apps", "Deployment"),
    GroupKind::new("apps", "ReplicaSet"),
    GroupKind::new("apps", "StatefulSet"),
];

fn check(scaler: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    match Scalers::target_of(scaler) {
        Some(target) if is_fixed(target.group_kind()) => unscalable(scaler, target.group_kind(), out),
        Some(target) => {
            if let Some(pod) = context.carriers.pod(target) {
                metrics(scaler, target, &pod, context, out);
            }
        }
        None => missing(scaler, context, out),
    }
}

/// True for kinds of Kubernetes' own groups that cannot be scaled.
fn is_fixed(kind: GroupKind<'_>) -> bool {
    matches!(kind.group, "" | "apps" | "batch") && !SCALABLE.contains(&kind)
}

fn unscalable(scaler: Object<'_>, kind: GroupKind<'_>, out: &mut Findings) {
    let group = if kind.group.is_empty() { "the core group" } else { kind.group };
    let what = format!(
        "HorizontalPodAutoscaler {} targets a {} of {group}, which cannot be scaled",
        scaler.name(),
        kind.kind
    );
    out.fail(target_path(), what).class("unscalable");
}

fn target_path() -> FieldPath {
    at(&["spec", "scaleTargetRef"])
}

fn missing(scaler: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    let text = |key| scaler.field(&["spec", "scaleTargetRef", key]).and_then(Node::as_str).unwrap_or("");
    let kind = GroupKind::of(text("apiVersion"), text("kind"));
    if is_fixed(kind) {
        return unscalable(scaler, kind, out);
    }
    let target = format!("{} {}", kind.kind, text("name"));
    let namespace = scaler.effective_namespace();
    let gap = context.inventory.coverage().gap(kind, namespace);
    let gap = gap.or_else(|| (!SCALABLE.contains(&kind)).then(|| "its kind is a custom one".to_owned()));
    match gap {
        Some(gap) => {
            let what = format!(
                "{target}, which HorizontalPodAutoscaler {} targets, was not read: {gap}",
                scaler.name()
            );
            out.unknown(target_path().key("name"), what);
        }
        None => {
            let what =
                format!("HorizontalPodAutoscaler {} targets {target}, which does not exist", scaler.name());
            out.fail(target_path().key("name"), what);
        }
    }
}

/// Shares of requests need requests: `targets` lists them as resource, container and path.
fn metrics(scaler: Object<'_>, target: Object<'_>, pod: &Pod<'_>, context: &Context<'_>, out: &mut Findings) {
    let mut shares: Vec<(&str, Option<&str>, FieldPath)> = Vec::new();
    let list = scaler.field(&["spec", "metrics"]).and_then(Node::as_seq);
    for (index, metric) in list.into_iter().flat_map(Node::items).enumerate() {
        for field in ["resource", "containerResource"] {
            let Some(source) = metric.field(field) else { continue };
            let percent = source.field("targetAverageUtilization").is_some()
                || source.field("target").is_some_and(|target| target.field("averageUtilization").is_some());
            if let Some(name) = source.field("name").and_then(Node::as_str).filter(|_| percent) {
                let path = at(&["spec", "metrics"]).index(index).key(field);
                shares.push((name, source.field("container").and_then(Node::as_str), path));
            }
        }
    }
    if list.is_none_or(Node::is_empty) {
        // What the API server fills in: 80 percent of the CPU request.
        let v1 = scaler.api_version() == "autoscaling/v1";
        let field = if v1 { "targetCPUUtilizationPercentage" } else { "metrics" };
        shares.push(("cpu", None, at(&["spec", field])));
    }
    for (resource, only, path) in shares {
        for container in pod.running_containers().filter(|own| only.is_none_or(|only| own.name() == only)) {
            let owner = format!("{} of {} {}", container.title(), target.kind(), target.name());
            match request(container, pod, resource, target, context) {
                Supply::Given => continue,
                Supply::Missing => {
                    let what = format!(
                        "HorizontalPodAutoscaler {} measures a share of the {resource} request, and {owner} has none",
                        scaler.name()
                    );
                    out.fail(path, what).class("request");
                }
                Supply::Unreadable => {
                    out.unknown(path, format!("the {resource} request of {owner} cannot be read"));
                }
            }
            break;
        }
    }
}

/// Whether a container ends up with a request: its own, its limit's, the pod's or a LimitRange's.
fn request(
    container: &Container<'_>,
    pod: &Pod<'_>,
    name: &str,
    target: Object<'_>,
    context: &Context<'_>,
) -> Supply {
    let own = [Resource::Requests, Resource::Limits].map(|which| container.resource(which, name));
    let shared = [Resource::Requests, Resource::Limits]
        .map(|which| pod_resource(pod.fields.resources, which, name))
        .map(|value| value.filter(|_| has_pod_level(context.version, name)));
    for node in own.into_iter().chain(shared) {
        match Amount::read(node) {
            Amount::Of(_) => return Supply::Given,
            Amount::Unreadable(_) => return Supply::Unreadable,
            Amount::Unset => {}
        }
    }
    context.limit_ranges().supply(target.effective_namespace(), Resource::Requests, name)
}
