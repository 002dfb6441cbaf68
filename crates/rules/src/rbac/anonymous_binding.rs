use rampart_authz::rbac::{PolicyRule, SubjectKind};
use rampart_authz::{ANONYMOUS, UNAUTHENTICATED};
use rampart_model::Object;
use rampart_report::Severity;

use super::subject::{KINDS, RoleRef, Subject, is_bootstrap, remove, role_ref, subjects};
use crate::index::Rbac;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "anonymous-binding",
    group: Group::Rbac,
    severity: Severity::Critical,
    profile: Profile::Default,
    doc: include_str!("anonymous_binding.md"),
    check: Check::Object(KINDS, check),
};

fn check(binding: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    let is_anonymous = |subject: &Subject<'_>| match subject.kind {
        SubjectKind::User => subject.name == ANONYMOUS,
        SubjectKind::Group => subject.name == UNAUTHENTICATED,
        SubjectKind::ServiceAccount | SubjectKind::Other => false,
    };
    let mut anonymous = subjects(binding).filter(is_anonymous).peekable();
    if anonymous.peek().is_none() {
        return;
    }
    let rbac = context.rbac();
    let Some(role_ref) = role_ref(rbac, binding) else { return };
    if is_expected(rbac, binding, &role_ref) {
        return;
    }
    let severity = match role_ref.role.map(|role| rbac.rules_of(role)) {
        Some(rules) if rules.iter().all(reads_paths_only) => Severity::Medium,
        Some(_) => Severity::Critical,
        None => Severity::High,
    };
    for subject in anonymous {
        let what = format!(
            "{} is bound to {}: nobody has to log in for its rights",
            subject.title(),
            role_ref.title()
        );
        out.fail(subject.path(), what).severity(severity).fix(remove(binding, subject));
    }
}

fn reads_paths_only(rule: &PolicyRule<&str>) -> bool {
    rule.resources.is_empty() && rule.verbs.iter().all(|verb| *verb == "get")
}

/// What Kubernetes and kubeadm set up themselves: versions and health for everybody, and the cluster's address and
/// certificate for nodes that join.
fn is_expected(rbac: &Rbac<'_>, binding: Object<'_>, role_ref: &RoleRef<'_>) -> bool {
    const PUBLIC_INFO: &str = "system:public-info-viewer";
    const JOIN: &str = "kubeadm:bootstrap-signer-clusterinfo";
    let joins = |rule: &PolicyRule<&str>| {
        rule.verbs == ["get"] && rule.resources == ["configmaps"] && rule.resource_names == ["cluster-info"]
    };
    let join = binding.name() == JOIN
        && role_ref.name == JOIN
        && binding.effective_namespace() == Some("kube-public")
        && role_ref.role.is_none_or(|role| rbac.rules_of(role).iter().all(joins));
    join || is_bootstrap(rbac, binding, role_ref, &[(PUBLIC_INFO, PUBLIC_INFO)])
}
