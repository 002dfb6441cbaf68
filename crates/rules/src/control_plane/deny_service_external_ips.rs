use rampart_document::Node;
use rampart_model::{GroupKind, Object};
use rampart_report::Severity;

use super::plugins::must_use;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "deny-service-external-ips",
    group: Group::ControlPlane,
    severity: Severity::Low,
    profile: Profile::Default,
    doc: include_str!("deny_service_external_ips.md"),
    check: Check::Set(check),
};

fn check(context: &Context<'_>, out: &mut Findings) {
    if is_denied_by_policy(context) {
        // The plugin would add nothing; the objects that deny it are the answer.
        for server in context.components().of(crate::index::API_SERVER) {
            out.on(server.object.id());
        }
        return;
    }
    let means = "whoever may create Services may take over traffic to any address (externalIPs)";
    must_use(context, "DenyServiceExternalIPs", means, out, |_| {});
}

const ADMISSION: &str = "admissionregistration.k8s.io";

/// True when an enforcing policy of the input looks at `externalIPs`.
fn is_denied_by_policy(context: &Context<'_>) -> bool {
    let of_kind = |group, kind| context.inventory.of_kind(GroupKind::new(group, kind));
    let gatekeeper = of_kind("constraints.gatekeeper.sh", "K8sExternalIPs");
    let mut policies = of_kind(ADMISSION, "ValidatingAdmissionPolicy");
    let mut kyverno = of_kind("kyverno.io", "ClusterPolicy");
    policies.any(|policy| speaks_of_it(policy) && is_bound(context, policy.name()))
        || gatekeeper.map(|one| text(one, &["spec", "enforcementAction"])).any(|action| {
            // Unset means deny.
            action.is_none_or(|action| action == "deny")
        })
        || kyverno.any(|policy| {
            let action = text(policy, &["spec", "validationFailureAction"]);
            speaks_of_it(policy) && action.is_some_and(|action| action.eq_ignore_ascii_case("enforce"))
        })
}

fn text<'a>(object: Object<'a>, names: &[&str]) -> Option<&'a str> {
    object.field(names).and_then(Node::scalar_text)
}

fn speaks_of_it(policy: Object<'_>) -> bool {
    policy.spec().is_some_and(|spec| policy.source().slice(spec.span()).contains("externalIPs"))
}

fn is_bound(context: &Context<'_>, policy: &str) -> bool {
    let mut bindings =
        context.inventory.of_kind(GroupKind::new(ADMISSION, "ValidatingAdmissionPolicyBinding"));
    bindings.any(|binding| {
        let actions = binding.field(&["spec", "validationActions"]).into_iter().flat_map(Node::items);
        text(binding, &["spec", "policyName"]) == Some(policy)
            && actions.filter_map(Node::scalar_text).any(|action| action == "Deny")
    })
}
