use rampart_model::{GroupKind, ImageRef, Labels};
use rampart_report::Severity;

use super::system::COMPONENTS;
use crate::{Check, Context, Findings, Group, Profile, Rule, Workload};

pub(crate) static RULE: Rule = Rule {
    id: "kube-system-workload",
    group: Group::Hygiene,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("kube_system_workload.md"),
    check: Check::Workload(check),
};

const NAMESPACES: [&str; 3] = ["kube-system", "kube-public", "kube-node-lease"];
const MARKS: [&str; 2] = ["kubernetes.io/cluster-service", "addonmanager.kubernetes.io/mode"];
const NODE: GroupKind<'static> = GroupKind::core("Node");

fn check(workload: &Workload<'_>, context: &Context<'_>, out: &mut Findings) {
    let object = workload.object;
    let Some(namespace) = object.effective_namespace().filter(|name| NAMESPACES.contains(name)) else {
        return;
    };
    // Pods of a workload are judged there; the owner of a static pod is its node.
    let owner = object.controller_kind();
    if owner.is_some_and(|kind| kind != NODE && context.carriers.carries(kind)) {
        return;
    }
    let marked = |labels: Labels<'_>| MARKS.iter().any(|mark| labels.get(mark).is_some());
    if marked(object.labels()) || marked(workload.pod.labels()) || is_component(workload) {
        return;
    }
    let what =
        format!("{} {} runs in {namespace} and is no known part of a cluster", object.kind(), object.name());
    out.fail(workload.pod.path("containers"), what);
}

/// True when name and image of the workload belong to one known component.
fn is_component(workload: &Workload<'_>) -> bool {
    let name = workload.object.name();
    let mut of_name = COMPONENTS.iter().filter(|(prefix, _)| {
        name.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    });
    of_name.any(|(_, image)| {
        let images = workload.pod.containers().iter().filter_map(|container| container.image());
        images.filter_map(ImageRef::parse).any(|reference| {
            let rest = reference.path.strip_suffix(image);
            rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
        })
    })
}
