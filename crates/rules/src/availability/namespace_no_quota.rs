use rampart_document::Node;
use rampart_model::{GroupKind, Object};
use rampart_report::Severity;

use crate::index::{NAMESPACE, is_system};
use crate::shared::paths::at;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "namespace-no-quota",
    group: Group::Availability,
    severity: Severity::Low,
    profile: Profile::Strict,
    doc: include_str!("namespace_no_quota.md"),
    check: Check::Object(&[NAMESPACE], check),
};

const QUOTA: GroupKind<'static> = GroupKind::core("ResourceQuota");

/// Entries of `spec.hard` that bound what pods take from nodes.
const COMPUTE: [&str; 8] =
    ["cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory", "pods", "count/pods"];

fn check(object: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    let name = object.name();
    let residents = context.namespaces().of(name);
    if is_system(name) || residents.workloads.is_empty() {
        return;
    }
    let bounds = |quota: Object<'_>| {
        let hard = quota.field(&["spec", "hard"]).and_then(Node::as_map);
        hard.is_some_and(|hard| hard.entries().any(|(key, ..)| COMPUTE.contains(&key)))
    };
    if residents.quotas.iter().any(|&id| bounds(context.inventory.object(id))) {
        return;
    }
    let path = at(&["metadata", "name"]);
    match context.inventory.coverage().gap(QUOTA, Some(name)) {
        Some(gap) => out.unknown(path, format!("no ResourceQuota of namespace {name} was read: {gap}")),
        None => {
            let what = format!("namespace {name} has workloads and no ResourceQuota for cpu, memory or pods");
            out.fail(path, what)
        }
    };
}
