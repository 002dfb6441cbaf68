use rampart_report::Severity;

use super::plugins::Plugins;
use crate::index::API_SERVER;
use crate::shared::ask::{each, mend};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "apiserver-always-admit",
    group: Group::ControlPlane,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("apiserver_always_admit.md"),
    check: Check::Set(check),
};

fn check(context: &Context<'_>, out: &mut Findings) {
    each(context, API_SERVER, out, |server, out| {
        let plugins = Plugins::of(server, out)?;
        if let Some(given) = plugins.asked_for("AlwaysAdmit") {
            let what = "kube-apiserver uses the admission plugin AlwaysAdmit, which rejects nothing";
            mend(out.fail(given.path.clone(), what), plugins.drop(server, "AlwaysAdmit"));
        }
        Ok(())
    });
}
