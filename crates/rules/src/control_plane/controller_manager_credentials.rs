use rampart_report::Severity;

use crate::index::CONTROLLER_MANAGER;
use crate::shared::ask::each;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "controller-manager-credentials",
    group: Group::ControlPlane,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("controller_manager_credentials.md"),
    check: Check::Set(check),
};

fn check(context: &Context<'_>, out: &mut Findings) {
    each(context, CONTROLLER_MANAGER, out, |manager, out| {
        let flag = ("use-service-account-credentials", false);
        manager.must_be(true, flag, "runs all controllers with one credential", out)?;
        Ok(())
    });
}
