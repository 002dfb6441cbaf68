use rampart_authz::rbac::SubjectKind;
use rampart_model::{GroupKind, Object};
use rampart_report::Severity;

use super::subject::{KINDS, remove, subjects};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "dangling-subject",
    group: Group::Rbac,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("dangling_subject.md"),
    check: Check::Object(KINDS, check),
};

const ACCOUNT: GroupKind<'static> = GroupKind::core("ServiceAccount");
const NAMESPACE: GroupKind<'static> = GroupKind::core("Namespace");

fn check(binding: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    for subject in subjects(binding) {
        if subject.kind == SubjectKind::ServiceAccount && subject.namespace.is_none() {
            let what = format!(
                "ServiceAccount {} has no namespace, so the subject of this ClusterRoleBinding is nobody",
                subject.name
            );
            out.fail(subject.path(), what).severity(Severity::Low).fix(remove(binding, subject));
            continue;
        }
        let Some((namespace, name)) = subject.service_account() else { continue };
        match exists(context, namespace, name) {
            Some(true) => {}
            _ if is_of_controller(binding, namespace) => {}
            Some(false) => {
                let what = format!(
                    "ServiceAccount {namespace}/{name} does not exist: whoever creates it has the rights of {binding}"
                );
                out.fail(subject.path(), what).fix(remove(binding, subject));
            }
            None => {
                let what = format!("ServiceAccount {namespace}/{name} was not in the input");
                out.unknown(subject.path(), what);
            }
        }
    }
}

/// True for a binding that Kubernetes makes for a controller of its own, which makes the account when it first needs it.
fn is_of_controller(binding: Object<'_>, namespace: &str) -> bool {
    namespace == "kube-system"
        && binding.name().starts_with("system:")
        && binding.labels().get("kubernetes.io/bootstrapping") == Some("rbac-defaults")
}

/// Whether a ServiceAccount exists; a controller creates `default` in every namespace.
fn exists(context: &Context<'_>, namespace: &str, name: &str) -> Option<bool> {
    let inventory = context.inventory;
    if inventory.find(ACCOUNT, Some(namespace), name).is_some() {
        return Some(true);
    }
    if name == "default" {
        let known = inventory.find(NAMESPACE, None, namespace).is_some();
        return Some(known || !inventory.coverage().is_full(NAMESPACE, None));
    }
    inventory.coverage().is_full(ACCOUNT, Some(namespace)).then_some(false)
}
