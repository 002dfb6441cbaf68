use rampart_model::Object;
use rampart_report::Severity;

use super::role::{Hit, KINDS, each};
use crate::index::rbac::Rights;
use crate::index::rbac::table::{CSR_APPROVE, CSR_STATUS, SIGNER_APPROVE, SIGNER_SIGN};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "csr-approve",
    group: Group::Rbac,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("csr_approve.md"),
    check: Check::Object(KINDS, check),
};

/// Signers whose certificates the API server takes as identities, and the pattern for all of their domain.
const TRUSTED: [&str; 4] = [
    "kubernetes.io/kube-apiserver-client",
    "kubernetes.io/kube-apiserver-client-kubelet",
    "kubernetes.io/legacy-unknown",
    "kubernetes.io/*",
];

/// Whether the role has the signer's side of what the rule gives, for any signer and for a trusted one. Approval needs
/// `approve` on the signer, issuing through the status needs `sign`.
fn signers(hit: &Hit<'_>) -> (bool, bool) {
    let pairs = [(CSR_APPROVE, SIGNER_APPROVE), (CSR_STATUS, SIGNER_SIGN)];
    let given = pairs.iter().filter(|(right, _)| hit.given.has(*right));
    let wanted = given.fold(Rights::NONE, |all, &(_, signer)| all | signer);
    let (mut any, mut trusted) = (false, false);
    for (index, id) in hit.rbac.policy.rules_of(hit.role).enumerate() {
        if hit.rbac.rights(hit.role, index, id).cluster.has(wanted) {
            let names = hit.rbac.policy.rule(id).resource_names;
            any = true;
            trusted |= names.is_empty() || names.iter().any(|name| TRUSTED.contains(name));
        }
    }
    (any, trusted)
}

fn check(role: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    each(role, context, out, CSR_APPROVE | CSR_STATUS, |hit, out| {
        let (any, trusted) = signers(hit);
        if trusted {
            hit.fail(out, hit.graded(Severity::High), ", for signers that the API server trusts");
        } else if !any {
            hit.fail(out, hit.ungraded(Severity::Low), ", for no signer");
        }
    });
}
