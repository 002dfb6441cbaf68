use rampart_document::{Edit, FieldPath};
use rampart_model::{Object, Pod};
use rampart_report::{Fix, Severity};

use super::pod_security::{Level, label_path, level, severity};
use crate::index::{NAMESPACE, is_system};
use crate::{Check, Context, Findings, Group, Profile, Rule, workload};

pub(crate) static RULE: Rule = Rule {
    id: "namespace-pod-security-not-restricted",
    group: Group::Admission,
    severity: Severity::Low,
    profile: Profile::Strict,
    doc: include_str!("namespace_pod_security_not_restricted.md"),
    check: Check::Object(&[NAMESPACE], check),
};

/// More workloads than anybody reads are not listed.
const LISTED: usize = 10;

fn check(namespace: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    // No level, or privileged, is namespace-pod-security-missing.
    if level(namespace, "enforce") != Some(Level::Baseline) {
        return;
    }
    let path = label_path("enforce");
    let name = namespace.name();
    let residents = &context.namespaces().of(name).workloads;
    let objects = residents.iter().map(|&id| context.inventory.object(id));
    let refused: Vec<Object<'_>> = objects
        .filter(|&object| context.carriers.pod(object).is_some_and(|pod| is_refused(&pod, context)))
        .take(LISTED)
        .collect();
    let usual = severity(namespace, Severity::Low, context);
    let what = match refused.len() {
        0 => format!("namespace {name} enforces baseline, and no workload that was read breaks restricted"),
        _ => format!("namespace {name} enforces baseline, not restricted"),
    };
    let draft = out.fail(path.clone(), what).severity(usual);
    for object in &refused {
        let note = "would be refused under restricted";
        draft.evidence_in(object.id(), FieldPath::root().key("metadata").key("name"), note);
    }
    if !is_system(name) {
        draft.fix(Fix::review("enforce the level restricted", [Edit::set(path, "restricted")]));
    }
}

/// True when a rule about a control of the Pod Security Standards fails the pod.
fn is_refused(pod: &Pod<'_>, context: &Context<'_>) -> bool {
    workload::RULES.iter().any(|rule| {
        let (Check::Pod(check), Some(row)) = (rule.check, rule.row()) else { return false };
        let mut out = Findings::new(rule.id, rule.severity);
        if !row.pss.is_empty() {
            rampart_document::mismatches::aside(|| check(pod, &context.env, &mut out));
        }
        out.has_failure()
    })
}
