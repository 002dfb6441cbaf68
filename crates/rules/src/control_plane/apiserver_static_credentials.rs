use rampart_report::Severity;

use crate::index::API_SERVER;
use crate::shared::ask::each;
use crate::shared::ask::mend;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "apiserver-static-credentials",
    group: Group::ControlPlane,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("apiserver_static_credentials.md"),
    check: Check::Set(check),
};

fn check(context: &Context<'_>, out: &mut Findings) {
    each(context, API_SERVER, out, |server, out| {
        for (flag, what) in
            [("token-auth-file", "bearer tokens"), ("basic-auth-file", "user names and passwords")]
        {
            if let Some(given) = server.value(flag, out)? {
                let what = format!(
                    "kube-apiserver takes {what} from the file `{}`, which never expire",
                    given.value
                );
                mend(out.fail(given.path, what), server.unset(&[flag], false)).class(flag);
            }
        }
        Ok(())
    });
}
