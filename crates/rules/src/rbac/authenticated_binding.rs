use rampart_authz::rbac::SubjectKind;
use rampart_authz::{AUTHENTICATED, SERVICE_ACCOUNTS};
use rampart_model::Object;
use rampart_report::Severity;

use super::rating::{Reach, role_rating};
use super::role::lower;
use super::subject::{KINDS, RoleRef, Subject, is_bootstrap, remove, role_ref, subjects};
use crate::index::Rbac;
use crate::index::rbac::table::{ANY_WRITE, SECRETS_READ};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "authenticated-binding",
    group: Group::Rbac,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("authenticated_binding.md"),
    check: Check::Object(KINDS, check),
};

/// Bindings that Kubernetes creates itself, with their roles.
const KNOWN: [(&str, &str); 4] = [
    ("system:basic-user", "system:basic-user"),
    ("system:discovery", "system:discovery"),
    ("system:public-info-viewer", "system:public-info-viewer"),
    ("system:service-account-issuer-discovery", "system:service-account-issuer-discovery"),
];

fn check(binding: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    let mut everybody = subjects(binding).filter(is_everybody).peekable();
    if everybody.peek().is_none() {
        return;
    }
    let rbac = context.rbac();
    let Some(role_ref) = role_ref(rbac, binding) else { return };
    if is_bootstrap(rbac, binding, &role_ref, &KNOWN) {
        return;
    }
    let severity = severity(rbac, binding, &role_ref);
    for subject in everybody {
        let own =
            namespace_of(subject).is_some_and(|namespace| binding.effective_namespace() == Some(namespace));
        let who = match (subject.name, namespace_of(subject)) {
            (AUTHENTICATED, _) => "everybody who logs in".to_owned(),
            (_, Some(namespace)) => format!("every ServiceAccount of namespace {namespace}"),
            _ => "every ServiceAccount".to_owned(),
        };
        let what = format!("Group {} is bound to {}: {who} has its rights", subject.name, role_ref.title());
        let severity = if own { lower(severity) } else { severity };
        out.fail(subject.path(), what).severity(severity).fix(remove(binding, subject));
    }
}

fn is_everybody(subject: &Subject<'_>) -> bool {
    let group = subject.name == AUTHENTICATED || subject.name == SERVICE_ACCOUNTS;
    subject.kind == SubjectKind::Group && (group || namespace_of(*subject).is_some())
}

/// The namespace whose ServiceAccounts a group is.
fn namespace_of(subject: Subject<'_>) -> Option<&str> {
    subject.name.strip_prefix(SERVICE_ACCOUNTS)?.strip_prefix(':')
}

fn severity(rbac: &Rbac<'_>, binding: Object<'_>, role_ref: &RoleRef<'_>) -> Severity {
    let Some(role) = role_ref.role else { return Severity::High };
    let reach = Reach::of(binding.effective_namespace());
    let held = rbac.holders.of_role(role, reach == Reach::Cluster).any();
    if role_rating(rbac, role, reach).is_some() {
        Severity::Critical
    } else if held.has(ANY_WRITE | SECRETS_READ) {
        Severity::High
    } else {
        Severity::Low
    }
}
