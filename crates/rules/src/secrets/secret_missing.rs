use rampart_model::GroupKind;
use rampart_report::Severity;

use super::missing;
use crate::index::Named;
use crate::{Check, Context, Findings, Group, Profile, Rule, Workload};

pub(crate) static RULE: Rule = Rule {
    id: "secret-missing",
    group: Group::Secrets,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("secret_missing.md"),
    check: Check::WorkloadAndObject(
        check,
        &[GroupKind::new("networking.k8s.io", "Ingress")],
        missing::check_tls,
    ),
};

fn check(workload: &Workload<'_>, context: &Context<'_>, out: &mut Findings) {
    missing::check_workload(Named::Secret, workload, context, out);
}
