use rampart_report::Severity;

use crate::index::API_SERVER;
use crate::shared::ask::each;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "apiserver-kubelet-ca",
    group: Group::ControlPlane,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("apiserver_kubelet_ca.md"),
    check: Check::Set(check),
};

fn check(context: &Context<'_>, out: &mut Findings) {
    each(context, API_SERVER, out, |server, out| {
        let missing = server.missing(&["kubelet-certificate-authority"], out)?;
        server.without(&missing, "it does not verify the certificates of kubelets", out);
        Ok(())
    });
}
