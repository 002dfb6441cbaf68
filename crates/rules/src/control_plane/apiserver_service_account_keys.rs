use rampart_report::Severity;

use crate::index::API_SERVER;
use crate::shared::ask::each;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "apiserver-service-account-keys",
    group: Group::ControlPlane,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("apiserver_service_account_keys.md"),
    check: Check::Set(check),
};

const KEY: &str = "service-account-key-file";

fn check(context: &Context<'_>, out: &mut Findings) {
    each(context, API_SERVER, out, |server, out| {
        let what = "accepts tokens of ServiceAccounts that were deleted (CIS 1.2.21)";
        let lookup = ("service-account-lookup", true);
        if let Some(draft) = server.must_be(true, lookup, what, out)? {
            draft.class("lookup");
        }
        let key = server.value(KEY, out)?;
        let tls = server.value("tls-private-key-file", out)?;
        if key.is_none() && server.value("service-account-signing-endpoint", out)?.is_none() {
            let what = "the key of its serving certificate verifies ServiceAccount tokens (CIS 1.2.22)";
            if let Some(draft) = server.without(&[KEY], what, out) {
                draft.class("key");
            }
        }
        if let (Some(key), Some(tls)) = (key, tls)
            && key.value == tls.value
        {
            let what = format!("the TLS private key `{}` also verifies ServiceAccount tokens", key.value);
            out.fail(key.path, what).class("shared");
        }
        Ok(())
    });
}
