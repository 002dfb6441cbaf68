//! Rules of the group `hygiene`. One file a rule, with its page beside it; the slice is sorted by id.

mod default_namespace;
mod deprecated_service_account_field;
mod duplicate_env;
mod env;
mod kube_system_workload;
mod labels_missing;
mod mentions;
mod naked_pod;
mod schema_invalid;
mod selector_mismatch;
mod system;
mod unused_object;

use crate::Rule;

pub(crate) static RULES: &[&Rule] = &[
    &default_namespace::RULE,
    &deprecated_service_account_field::RULE,
    &duplicate_env::RULE,
    &kube_system_workload::RULE,
    &labels_missing::RULE,
    &naked_pod::RULE,
    &schema_invalid::RULE,
    &selector_mismatch::RULE,
    &unused_object::RULE,
];
