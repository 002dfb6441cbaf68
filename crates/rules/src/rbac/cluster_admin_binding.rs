use rampart_authz::rbac::{RoleKind, SubjectKind};
use rampart_authz::{ANONYMOUS, AUTHENTICATED, MASTERS, SERVICE_ACCOUNTS, UNAUTHENTICATED};
use rampart_model::Object;
use rampart_report::Severity;

use super::rating::is_cluster_admin;
use super::subject::{KINDS, RoleRef, Subject, remove, role_ref, subjects};
use crate::index::Rbac;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "cluster-admin-binding",
    group: Group::Rbac,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("cluster_admin_binding.md"),
    check: Check::Object(KINDS, check),
};

fn check(binding: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    let rbac = context.rbac();
    let Some(role_ref) = role_ref(rbac, binding) else { return };
    if !gives_everything(rbac, &role_ref) {
        return;
    }
    for subject in subjects(binding).filter(|subject| !is_expected(binding, *subject)) {
        let (what, severity) = match binding.effective_namespace() {
            Some(namespace) => {
                (format!("{} may do everything in namespace {namespace}", subject.title()), Severity::Medium)
            }
            None => (format!("{} may do everything in the cluster", subject.title()), severity(subject)),
        };
        let what = format!("{what} through {}", role_ref.title());
        out.fail(subject.path(), what).severity(severity).fix(remove(binding, subject));
    }
}

fn gives_everything(rbac: &Rbac<'_>, role_ref: &RoleRef<'_>) -> bool {
    (role_ref.kind == RoleKind::ClusterRole && role_ref.name == "cluster-admin")
        || role_ref.role.is_some_and(|role| is_cluster_admin(&rbac.policy, role))
}

/// `system:masters` is told of by a rule of its own, and kubeadm's group of administrators is made for this.
fn is_expected(binding: Object<'_>, subject: Subject<'_>) -> bool {
    let kubeadm = "kubeadm:cluster-admins";
    subject.kind == SubjectKind::Group
        && (subject.name == MASTERS || (binding.name() == kubeadm && subject.name == kubeadm))
}

/// Tokens of pods and groups that nobody was asked to join are the shortest ways in.
fn severity(subject: Subject<'_>) -> Severity {
    let implicit = match subject.kind {
        SubjectKind::Group => {
            matches!(subject.name, AUTHENTICATED | UNAUTHENTICATED)
                || subject.name.starts_with(SERVICE_ACCOUNTS)
        }
        SubjectKind::User => subject.name == ANONYMOUS,
        SubjectKind::ServiceAccount | SubjectKind::Other => false,
    };
    let account = subject.service_account().is_some_and(|(namespace, _)| namespace != "kube-system");
    if implicit || account { Severity::Critical } else { Severity::High }
}
