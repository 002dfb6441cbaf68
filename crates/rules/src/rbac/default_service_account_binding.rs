use rampart_model::Object;
use rampart_report::Severity;

use super::rating::{Reach, role_rating};
use super::subject::{KINDS, remove, role_ref, subjects};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "default-service-account-binding",
    group: Group::Rbac,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("default_service_account_binding.md"),
    check: Check::Object(KINDS, check),
};

fn check(binding: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    for subject in subjects(binding) {
        let Some((namespace, "default")) = subject.service_account() else { continue };
        let rbac = context.rbac();
        let Some(role_ref) = role_ref(rbac, binding) else { continue };
        let reach = Reach::of(binding.effective_namespace());
        let high = role_ref.role.is_some_and(|role| role_rating(rbac, role, reach).is_some());
        let what = format!(
            "every pod of namespace {namespace} that names no ServiceAccount of its own has the rights of {}",
            role_ref.title()
        );
        let severity = if high { Severity::High } else { Severity::Medium };
        out.fail(subject.path(), what).severity(severity).fix(remove(binding, subject));
    }
}
