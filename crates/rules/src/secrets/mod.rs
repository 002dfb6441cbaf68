//! Rules of the group `secrets`. One file a rule, with its page beside it; the slice is sorted by id.

mod configmap_missing;
pub(crate) mod credential;
mod credential_in_configmap;
mod credential_in_pod_spec;
mod encryption;
mod encryption_disabled;
mod encryption_provider_weak;
mod encryption_resources_missing;
mod external_secret_store;
mod managed;
mod missing;
mod projected_token_weak;
mod pull_secret_missing;
mod secret_in_env;
mod secret_in_manifest;
mod secret_missing;
mod secret_store_unscoped;
mod service_account_token_secret;
mod side_documents;
mod tls_secret_expiry;
mod workload_reads_secrets;

use crate::Rule;

pub(crate) static RULES: &[&Rule] = &[
    &configmap_missing::RULE,
    &credential_in_configmap::RULE,
    &credential_in_pod_spec::RULE,
    &encryption_disabled::RULE,
    &encryption_provider_weak::RULE,
    &encryption_resources_missing::RULE,
    &external_secret_store::RULE,
    &projected_token_weak::RULE,
    &pull_secret_missing::RULE,
    &secret_in_env::RULE,
    &secret_in_manifest::RULE,
    &secret_missing::RULE,
    &secret_store_unscoped::RULE,
    &service_account_token_secret::RULE,
    &tls_secret_expiry::RULE,
    &workload_reads_secrets::RULE,
];
