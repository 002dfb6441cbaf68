//! Rules of the group `admission`. One file a rule, with its page beside it; the slice is sorted by id.

mod admission_policy_missing;
mod gatekeeper_not_enforcing;
mod kyverno_not_enforcing;
mod labellers;
mod namespace_pod_security_audit_only;
mod namespace_pod_security_missing;
mod namespace_pod_security_not_restricted;
mod namespace_pod_security_old_version;
mod pod_security;
mod vap_not_enforcing;
mod webhook_backend_broken;
mod webhook_fails_open;
mod webhook_inventory;
mod webhook_lockout;
mod webhook_opt_out;
mod webhook_partial_coverage;
mod webhooks;

pub(crate) use pod_security::ClusterDefault;

use crate::Rule;

pub(crate) static RULES: &[&Rule] = &[
    &admission_policy_missing::RULE,
    &gatekeeper_not_enforcing::RULE,
    &kyverno_not_enforcing::RULE,
    &namespace_pod_security_audit_only::RULE,
    &namespace_pod_security_missing::RULE,
    &namespace_pod_security_not_restricted::RULE,
    &namespace_pod_security_old_version::RULE,
    &vap_not_enforcing::RULE,
    &webhook_backend_broken::RULE,
    &webhook_fails_open::RULE,
    &webhook_inventory::RULE,
    &webhook_lockout::RULE,
    &webhook_opt_out::RULE,
    &webhook_partial_coverage::RULE,
];
