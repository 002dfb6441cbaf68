use rampart_document::{Edit, FieldPath, Node};
use rampart_model::GroupKind;
use rampart_report::Severity;

use crate::index::PROXY;
use crate::shared::ask::{Asked, mend, review};
use crate::shared::urls::{host, is_loopback};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "kube-proxy-metrics",
    group: Group::Node,
    severity: Severity::Low,
    profile: Profile::Default,
    doc: include_str!("kube_proxy_metrics.md"),
    check: Check::Set(check),
};

const CONFIGURATION: GroupKind<'static> = GroupKind::new("kubeproxy.config.k8s.io", "KubeProxyConfiguration");
const ADDRESS: &str = "127.0.0.1:10249";

fn check(context: &Context<'_>, out: &mut Findings) {
    for file in context.configurations().of_kind(CONFIGURATION) {
        let out = out.on(file.object.id());
        let address = file.field(&["metricsBindAddress"]).and_then(Node::scalar_text).unwrap_or("");
        if is_open(address) {
            let field = FieldPath::root().key("metricsBindAddress");
            let edits = file.edits(vec![Edit::set(field.clone(), ADDRESS)]);
            let what =
                format!("kube-proxy serves its metrics to the network (metricsBindAddress: {address})");
            let fix = review(format!("set metricsBindAddress to {ADDRESS}"), edits);
            mend(out.fail(file.path(&field), what), fix);
        }
    }
    // A cluster without kube-proxy has another service proxy.
    for component in context.components().of(PROXY) {
        let out = out.on(component.object.id());
        let proxy = Asked { component, context };
        // With a file the other flags are ignored. What could not be told has been said.
        let Ok(None) = proxy.file(CONFIGURATION, "config", out) else { continue };
        if let Ok(Some(given)) = proxy.value("metrics-bind-address", out)
            && is_open(given.value)
        {
            let what = format!(
                "kube-proxy serves its metrics to the network (--metrics-bind-address={})",
                given.value
            );
            mend(out.fail(given.path, what), proxy.set("metrics-bind-address", ADDRESS));
        }
    }
    out.drop_repeats();
}

/// Empty means the default, which is loopback.
fn is_open(address: &str) -> bool {
    !address.is_empty() && !is_loopback(host(address))
}
