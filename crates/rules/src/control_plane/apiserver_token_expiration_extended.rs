use rampart_report::Severity;

use crate::index::API_SERVER;
use crate::shared::ask::each;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "apiserver-token-expiration-extended",
    group: Group::ControlPlane,
    severity: Severity::Low,
    profile: Profile::Strict,
    doc: include_str!("apiserver_token_expiration_extended.md"),
    check: Check::Set(check),
};

fn check(context: &Context<'_>, out: &mut Findings) {
    each(context, API_SERVER, out, |server, out| {
        let flag = ("service-account-extend-token-expiration", true);
        server.must_be(false, flag, "lets ServiceAccount tokens of an hour live for a year", out)?;
        Ok(())
    });
}
