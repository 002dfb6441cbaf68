//! Rules of the group `network`. One file a rule, with its page beside it; the slice is sorted by id.

mod cluster_network_policy_ambiguous;
mod cluster_network_policy_overrides;
mod covers;
mod exposed_admin_interface;
mod gateway_routes_from_all;
mod ingress_dangling;
mod ingress_nginx_end_of_life;
mod ingress_nginx_snippets;
mod ingress_no_tls;
mod internet_exposed;
mod isolation;
mod kubernetes_dashboard;
mod metadata_api_reachable;
mod namespace_no_default_deny;
mod namespace_no_network_policy;
mod network_policy_open_egress;
mod network_policy_open_ingress;
mod network_policy_selects_nothing;
mod openings;
mod pod_egress_not_isolated;
mod pod_ingress_not_isolated;
mod policies;
mod service_external_ip;
mod service_load_balancer;
mod service_node_port;
mod service_selects_nothing;
mod service_target_port;
mod tiller_present;
mod ways;

use crate::Rule;

pub(crate) static RULES: &[&Rule] = &[
    &cluster_network_policy_ambiguous::RULE,
    &cluster_network_policy_overrides::RULE,
    &exposed_admin_interface::RULE,
    &gateway_routes_from_all::RULE,
    &ingress_dangling::RULE,
    &ingress_nginx_end_of_life::RULE,
    &ingress_nginx_snippets::RULE,
    &ingress_no_tls::RULE,
    &internet_exposed::RULE,
    &kubernetes_dashboard::RULE,
    &metadata_api_reachable::RULE,
    &namespace_no_default_deny::RULE,
    &namespace_no_network_policy::RULE,
    &network_policy_open_egress::RULE,
    &network_policy_open_ingress::RULE,
    &network_policy_selects_nothing::RULE,
    &pod_egress_not_isolated::RULE,
    &pod_ingress_not_isolated::RULE,
    &service_external_ip::RULE,
    &service_load_balancer::RULE,
    &service_node_port::RULE,
    &service_selects_nothing::RULE,
    &service_target_port::RULE,
    &tiller_present::RULE,
];
