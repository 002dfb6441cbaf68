use rampart_report::Severity;

use crate::index::API_SERVER;
use crate::shared::ask::each;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "apiserver-serving-certificate",
    group: Group::ControlPlane,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("apiserver_serving_certificate.md"),
    check: Check::Set(check),
};

fn check(context: &Context<'_>, out: &mut Findings) {
    each(context, API_SERVER, out, |server, out| {
        let missing = server.missing(&["tls-cert-file", "tls-private-key-file"], out)?;
        if server.value("tls-sni-cert-key", out)?.is_none() {
            server.without(&missing, "it makes a certificate of its own that no client can verify", out);
        }
        Ok(())
    });
}
