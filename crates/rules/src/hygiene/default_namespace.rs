use rampart_document::FieldPath;
use rampart_model::{GroupKind, Object, ObjectId};
use rampart_report::Severity;

use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "default-namespace",
    group: Group::Hygiene,
    severity: Severity::Low,
    profile: Profile::Default,
    doc: include_str!("default_namespace.md"),
    check: Check::Set(check),
};

/// Kinds besides workloads that say whose namespace it is. Endpoints and EndpointSlices follow from Services.
const OTHERS: [GroupKind<'static>; 11] = [
    GroupKind::core("ConfigMap"),
    GroupKind::core("PersistentVolumeClaim"),
    GroupKind::core("Secret"),
    GroupKind::core("Service"),
    GroupKind::core("ServiceAccount"),
    GroupKind::new("autoscaling", "HorizontalPodAutoscaler"),
    GroupKind::new("networking.k8s.io", "Ingress"),
    GroupKind::new("networking.k8s.io", "NetworkPolicy"),
    GroupKind::new("policy", "PodDisruptionBudget"),
    GroupKind::new("rbac.authorization.k8s.io", "Role"),
    GroupKind::new("rbac.authorization.k8s.io", "RoleBinding"),
];

fn check(context: &Context<'_>, out: &mut Findings) {
    let inventory = context.inventory;
    let mut others: Vec<ObjectId> = Vec::new();
    for (kind, ids) in inventory.kinds() {
        let carries = context.carriers.carries(kind);
        if !carries && !OTHERS.contains(&kind) {
            continue;
        }
        for object in ids.iter().map(|&id| inventory.object(id)) {
            if is_owned(object, context) || comes_with_the_cluster(object) {
                continue;
            }
            let in_default = object.effective_namespace() == Some("default");
            if in_default && !carries {
                others.push(object.id());
                continue;
            }
            let out = out.on(object.id());
            if in_default {
                out.fail(path(), format!("{} {} {}", object.kind(), object.name(), lives(object, false)));
            }
        }
    }
    // All others of the namespace together are one evaluation.
    if let Some(&first) = others.iter().min() {
        let object = inventory.object(first);
        let more = match others.len() - 1 {
            0 => String::new(),
            1 => " and 1 more object".to_owned(),
            count => format!(" and {count} more objects"),
        };
        let lives = lives(object, others.len() > 1);
        out.on(first)
            .fail(path(), format!("{} {}{more} {lives}", object.kind(), object.name()))
            .class("others");
    }
}

fn path() -> FieldPath {
    FieldPath::root().key("metadata").key("namespace")
}

fn lives(object: Object<'_>, plural: bool) -> &'static str {
    match (object.namespace().is_some(), plural) {
        (true, false) => "lives in the namespace default",
        (true, true) => "live in the namespace default",
        (false, false) => "names no namespace and lands in default",
        (false, true) => "name no namespace and land in default",
    }
}

/// True for what a workload makes: the finding stands on the workload.
fn is_owned(object: Object<'_>, context: &Context<'_>) -> bool {
    object.controller_kind().is_some_and(|kind| context.carriers.carries(kind))
}

fn comes_with_the_cluster(object: Object<'_>) -> bool {
    matches!(
        (object.kind(), object.name()),
        ("Service", "kubernetes") | ("ConfigMap", "kube-root-ca.crt") | ("ServiceAccount", "default")
    )
}
