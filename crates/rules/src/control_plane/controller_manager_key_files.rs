use rampart_report::Severity;

use crate::index::{API_SERVER, CONTROLLER_MANAGER, Setting};
use crate::shared::ask::each;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "controller-manager-key-files",
    group: Group::ControlPlane,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("controller_manager_key_files.md"),
    check: Check::Set(check),
};

fn check(context: &Context<'_>, out: &mut Findings) {
    let servers = context.components().of(API_SERVER);
    let external = servers
        .iter()
        .any(|server| matches!(server.flag("service-account-signing-endpoint"), Setting::Given(_)));
    each(context, CONTROLLER_MANAGER, out, |manager, out| {
        let missing = manager.missing(&["service-account-private-key-file"], out)?;
        if !external {
            let means = "tokens of Secrets are not signed with a key of their own (CIS 1.3.4)";
            if let Some(draft) = manager.without(&missing, means, out) {
                draft.class("key");
            }
        }
        let missing = manager.missing(&["root-ca-file"], out)?;
        let means = "pods get no authority to verify the API server with (CIS 1.3.5)";
        if let Some(draft) = manager.without(&missing, means, out) {
            draft.class("authority");
        }
        Ok(())
    });
}
