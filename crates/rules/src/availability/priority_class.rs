use rampart_document::Node;
use rampart_model::{CarrierKind, GroupKind};
use rampart_report::Severity;

use crate::{Check, Context, Findings, Group, Profile, Rule, Workload};

pub(crate) static RULE: Rule = Rule {
    id: "priority-class",
    group: Group::Availability,
    severity: Severity::Low,
    profile: Profile::Default,
    doc: include_str!("priority_class.md"),
    check: Check::Workload(check),
};

const PRIORITY_CLASS: GroupKind<'static> = GroupKind::new("scheduling.k8s.io", "PriorityClass");

fn check(workload: &Workload<'_>, context: &Context<'_>, out: &mut Findings) {
    let path = || workload.pod.path("priorityClassName");
    match workload.pod.fields.priority_class_name.map(Node::as_str) {
        Some(None) => {}
        Some(Some(class @ ("system-node-critical" | "system-cluster-critical"))) => {
            let namespace = workload.object.effective_namespace().unwrap_or("");
            let platform = || context.settings.platform_namespaces.iter().any(|name| name == namespace);
            if namespace != "kube-system" && !platform() {
                let what = format!("the pod claims {class} in namespace {namespace}");
                out.fail(path(), what).severity(Severity::Medium).class("system");
            }
        }
        Some(Some(class)) if !class.is_empty() => {}
        _ if !context.strict || workload.pod.carrier == CarrierKind::Template || is_tekton(workload) => {}
        _ if context.has_default_priority() => {}
        _ => match context.inventory.coverage().gap(PRIORITY_CLASS, None) {
            None => {
                out.fail(path(), "the pod names no PriorityClass, and none is the default of the cluster");
            }
            Some(gap) => {
                let reason =
                    format!("the pod names no PriorityClass; whether one is the default is open: {gap}");
                out.unknown(path(), reason);
            }
        },
    }
}

/// Tasks have no such field: their runs carry it.
fn is_tekton(workload: &Workload<'_>) -> bool {
    workload.object.group_kind().group == "tekton.dev"
}
