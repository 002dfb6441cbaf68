//! Rules of the group `control-plane`. One file a rule, with its page beside it; the slice is sorted by id.

mod api_service_insecure_tls;
mod apiserver_always_admit;
mod apiserver_always_pull_images;
mod apiserver_anonymous;
mod apiserver_authorization_always_allow;
mod apiserver_authorization_node_missing;
mod apiserver_authorization_rbac_missing;
mod apiserver_client_ca;
mod apiserver_default_admission_off;
mod apiserver_etcd_tls;
mod apiserver_event_rate_limit;
mod apiserver_insecure_port;
mod apiserver_kubelet_ca;
mod apiserver_kubelet_client_certificate;
mod apiserver_node_restriction;
mod apiserver_request_timeout;
mod apiserver_service_account_keys;
mod apiserver_serving_certificate;
mod apiserver_static_credentials;
mod apiserver_token_expiration_extended;
mod audit;
mod audit_log_disabled;
mod audit_log_retention;
mod audit_policy_gaps;
mod audit_policy_logs_secrets;
mod authentication;
mod authentication_weak;
mod authorization_webhook_fails_open;
mod authorizers;
mod bootstrap;
mod bootstrap_token_long_lived;
mod component_bind_address;
mod component_profiling;
mod controller_manager_credentials;
mod controller_manager_key_files;
mod controller_manager_pod_gc;
mod crd_conversion_webhook_unsafe;
mod csr_system_masters;
mod deny_service_external_ips;
mod etcd;
mod etcd_auto_tls;
mod etcd_certificate_missing;
mod etcd_client_auth;
mod plugins;
mod requests;
mod tls_ciphers;

use crate::Rule;

pub(crate) static RULES: &[&Rule] = &[
    &api_service_insecure_tls::RULE,
    &apiserver_always_admit::RULE,
    &apiserver_always_pull_images::RULE,
    &apiserver_anonymous::RULE,
    &apiserver_authorization_always_allow::RULE,
    &apiserver_authorization_node_missing::RULE,
    &apiserver_authorization_rbac_missing::RULE,
    &apiserver_client_ca::RULE,
    &apiserver_default_admission_off::RULE,
    &apiserver_etcd_tls::RULE,
    &apiserver_event_rate_limit::RULE,
    &apiserver_insecure_port::RULE,
    &apiserver_kubelet_ca::RULE,
    &apiserver_kubelet_client_certificate::RULE,
    &apiserver_node_restriction::RULE,
    &apiserver_request_timeout::RULE,
    &apiserver_service_account_keys::RULE,
    &apiserver_serving_certificate::RULE,
    &apiserver_static_credentials::RULE,
    &apiserver_token_expiration_extended::RULE,
    &audit_log_disabled::RULE,
    &audit_log_retention::RULE,
    &audit_policy_gaps::RULE,
    &audit_policy_logs_secrets::RULE,
    &authentication_weak::RULE,
    &authorization_webhook_fails_open::RULE,
    &bootstrap_token_long_lived::RULE,
    &component_bind_address::RULE,
    &component_profiling::RULE,
    &controller_manager_credentials::RULE,
    &controller_manager_key_files::RULE,
    &controller_manager_pod_gc::RULE,
    &crd_conversion_webhook_unsafe::RULE,
    &csr_system_masters::RULE,
    &deny_service_external_ips::RULE,
    &etcd_auto_tls::RULE,
    &etcd_certificate_missing::RULE,
    &etcd_client_auth::RULE,
    &tls_ciphers::RULE,
];
