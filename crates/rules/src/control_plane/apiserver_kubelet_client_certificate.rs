use rampart_report::Severity;

use crate::index::API_SERVER;
use crate::shared::ask::{each, mend};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "apiserver-kubelet-client-certificate",
    group: Group::ControlPlane,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("apiserver_kubelet_client_certificate.md"),
    check: Check::Set(check),
};

fn check(context: &Context<'_>, out: &mut Findings) {
    each(context, API_SERVER, out, |server, out| {
        let missing = server.missing(&["kubelet-client-certificate", "kubelet-client-key"], out)?;
        server.without(&missing, "its requests to kubelets carry no certificate", out);
        let (https, path) = server.switch("kubelet-https", true, out)?;
        if let Some(path) = path.filter(|_| !https) {
            let what = "kube-apiserver speaks to kubelets without TLS (--kubelet-https=false)";
            mend(out.fail(path, what), server.unset(&["kubelet-https"], true)).class("https");
        }
        Ok(())
    });
}
