use rampart_report::Severity;

use super::missing;
use crate::index::Named;
use crate::{Check, Context, Findings, Group, Profile, Rule, Workload};

pub(crate) static RULE: Rule = Rule {
    id: "configmap-missing",
    group: Group::Secrets,
    severity: Severity::Low,
    profile: Profile::Default,
    doc: include_str!("configmap_missing.md"),
    check: Check::Workload(check),
};

fn check(workload: &Workload<'_>, context: &Context<'_>, out: &mut Findings) {
    missing::check_workload(Named::ConfigMap, workload, context, out);
}
