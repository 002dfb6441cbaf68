use rampart_document::FieldPath;
use rampart_model::{ContainerKind, GroupKind};
use rampart_report::Severity;

use super::probes::{brings_its_own_readiness, is_long_running};
use crate::{Check, Context, Findings, Group, Profile, Rule, Workload};

pub(crate) static RULE: Rule = Rule {
    id: "readiness-probe-missing",
    group: Group::Availability,
    severity: Severity::Low,
    profile: Profile::Default,
    doc: include_str!("readiness_probe_missing.md"),
    check: Check::Workload(check),
};

fn check(workload: &Workload<'_>, context: &Context<'_>, out: &mut Findings) {
    let pod = &workload.pod;
    if !is_long_running(pod) || brings_its_own_readiness(workload.object.group_kind()) {
        return;
    }
    let main = pod.containers().iter().filter(|container| container.kind == ContainerKind::Main);
    let mut bare = main.filter(|container| container.fields.readiness_probe.is_none()).peekable();
    if bare.peek().is_none() {
        return;
    }
    let namespace = workload.object.effective_namespace();
    // The lowest id, so that the answer does not depend on the order of lookups.
    let service = context.services().selecting(namespace, pod.labels()).min();
    let all_read = context.inventory.coverage().is_full(GroupKind::core("Service"), namespace);
    for container in bare {
        let path = container.path("readinessProbe");
        let title = container.title();
        match service.map(|id| context.inventory.object(id)) {
            Some(service) => {
                let what =
                    format!("{title} has no readiness probe, and Service {} sends to it", service.name());
                let selector = FieldPath::root().key("spec").key("selector");
                out.fail(path, what).evidence_in(service.id(), selector, "selects this pod");
            }
            None if all_read => {
                let what = format!("{title} has no readiness probe; no Service selects the pod");
                out.fail(path, what).severity(Severity::Info).class("no-service");
            }
            None => {
                out.fail(path, format!("{title} has no readiness probe"));
            }
        }
    }
}
