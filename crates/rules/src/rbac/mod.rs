//! Rules of the group `rbac`. One file a rule, with its page beside it; the slice is sorted by id.

mod admission_configuration_write;
mod aggregation_label_hijack;
mod anonymous_binding;
mod api_extension_write;
mod authenticated_binding;
mod automount_service_account_token;
mod bind_roles;
mod certificate;
mod cluster_admin_binding;
mod configmap_write;
mod csr_approve;
mod dangling_role_ref;
mod dangling_subject;
mod default_service_account;
mod default_service_account_binding;
mod endpoint_slice_write;
mod ephemeral_containers_write;
mod escalate_roles;
mod events_delete;
mod impersonate;
mod impersonate_constrained;
mod missing_service_account;
mod namespace_label_write;
mod network_write;
mod node_proxy;
mod node_status_write;
mod pods_create;
mod pods_exec_attach;
mod pods_modify;
mod pods_portforward;
mod pv_create;
mod rating;
mod resources;
mod role;
mod role_binding_write;
mod role_rule_never_matches;
mod secrets_issue_token;
mod secrets_read;
mod service_account_token_create;
mod service_status_write;
mod subject;
mod system_masters;
mod token;
mod wildcard_all;
mod wildcard_resource;
mod wildcard_verb;
mod workload_with_admin_role;
mod workloads_delete;

use crate::Rule;

pub(crate) static RULES: &[&Rule] = &[
    &admission_configuration_write::RULE,
    &aggregation_label_hijack::RULE,
    &anonymous_binding::RULE,
    &api_extension_write::RULE,
    &authenticated_binding::RULE,
    &automount_service_account_token::RULE,
    &bind_roles::RULE,
    &cluster_admin_binding::RULE,
    &configmap_write::RULE,
    &csr_approve::RULE,
    &dangling_role_ref::RULE,
    &dangling_subject::RULE,
    &default_service_account::RULE,
    &default_service_account_binding::RULE,
    &endpoint_slice_write::RULE,
    &ephemeral_containers_write::RULE,
    &escalate_roles::RULE,
    &events_delete::RULE,
    &impersonate::RULE,
    &impersonate_constrained::RULE,
    &missing_service_account::RULE,
    &namespace_label_write::RULE,
    &network_write::RULE,
    &node_proxy::RULE,
    &node_status_write::RULE,
    &pods_create::RULE,
    &pods_exec_attach::RULE,
    &pods_modify::RULE,
    &pods_portforward::RULE,
    &pv_create::RULE,
    &role_binding_write::RULE,
    &role_rule_never_matches::RULE,
    &secrets_issue_token::RULE,
    &secrets_read::RULE,
    &service_account_token_create::RULE,
    &service_status_write::RULE,
    &system_masters::RULE,
    &wildcard_all::RULE,
    &wildcard_resource::RULE,
    &wildcard_verb::RULE,
    &workload_with_admin_role::RULE,
    &workloads_delete::RULE,
];
