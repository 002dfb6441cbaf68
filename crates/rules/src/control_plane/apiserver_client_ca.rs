use rampart_report::Severity;

use super::authentication::AUTHENTICATION;
use crate::index::API_SERVER;
use crate::shared::ask::each;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "apiserver-client-ca",
    group: Group::ControlPlane,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("apiserver_client_ca.md"),
    check: Check::Set(check),
};

fn check(context: &Context<'_>, out: &mut Findings) {
    each(context, API_SERVER, out, |server, out| {
        let missing = server.missing(&["client-ca-file"], out)?;
        if missing.is_empty() {
            return Ok(());
        }
        // Without an authority nobody logs in by certificate: fine where everybody does by token.
        let file = server.file(AUTHENTICATION, "authentication-config", out)?;
        let by_token = file.and_then(|file| file.field(&["jwt"])).is_some_and(|list| !list.is_empty());
        let draft = server.without(&missing, "client certificates are not accepted", out);
        if let Some(draft) = draft.filter(|_| by_token) {
            draft.severity(Severity::Info);
        }
        Ok(())
    });
}
