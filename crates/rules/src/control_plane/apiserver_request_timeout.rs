use rampart_model::parse_duration;
use rampart_report::Severity;

use crate::index::API_SERVER;
use crate::shared::ask::{each, mend};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "apiserver-request-timeout",
    group: Group::ControlPlane,
    severity: Severity::Low,
    profile: Profile::Strict,
    doc: include_str!("apiserver_request_timeout.md"),
    check: Check::Set(check),
};

const FLAG: &str = "request-timeout";

fn check(context: &Context<'_>, out: &mut Findings) {
    each(context, API_SERVER, out, |server, out| {
        let Some(given) = server.value(FLAG, out)? else { return Ok(()) };
        let how = match parse_duration(given.value).map(|duration| duration.as_secs()) {
            None => {
                out.unknown(given.path, format!("--{FLAG}={} is no duration", given.value));
                return Ok(());
            }
            Some(0) => "never ends",
            Some(301..) => "ends only after more than 5 minutes",
            Some(_) => return Ok(()),
        };
        let what = format!("a request to kube-apiserver {how} (--{FLAG}={})", given.value);
        mend(out.fail(given.path, what), server.set(FLAG, "60s"));
        Ok(())
    });
}
