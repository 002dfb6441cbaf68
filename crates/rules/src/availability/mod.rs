//! Rules of the group `availability`. One file a rule, with its page beside it; the slice is sorted by id.

mod claims;
mod cpu_limit;
mod cpu_request;
mod demand;
mod ephemeral_storage_limit;
mod hpa_min_replicas;
mod hpa_static_replicas;
mod hpa_target_missing;
mod job_lifetime;
mod liveness_probe_missing;
mod liveness_probe_port;
mod memory_limit;
mod memory_request;
mod namespace_no_limit_range;
mod namespace_no_quota;
mod pdb_blocks_eviction;
mod pdb_missing;
mod pdb_selects_nothing;
mod pdb_unhealthy_eviction_policy;
mod priority_class;
mod probes;
mod probes_identical;
mod readiness_probe_missing;
mod readiness_probe_port;
pub(crate) mod replicas;
mod replicas_not_spread;
mod requests_not_equal_limits;
mod resources;
mod single_replica;
mod spread;
mod startup_probe_port;
mod update_strategy;

use crate::Rule;

pub(crate) static RULES: &[&Rule] = &[
    &cpu_limit::RULE,
    &cpu_request::RULE,
    &ephemeral_storage_limit::RULE,
    &hpa_min_replicas::RULE,
    &hpa_static_replicas::RULE,
    &hpa_target_missing::RULE,
    &job_lifetime::RULE,
    &liveness_probe_missing::RULE,
    &liveness_probe_port::RULE,
    &memory_limit::RULE,
    &memory_request::RULE,
    &namespace_no_limit_range::RULE,
    &namespace_no_quota::RULE,
    &pdb_blocks_eviction::RULE,
    &pdb_missing::RULE,
    &pdb_selects_nothing::RULE,
    &pdb_unhealthy_eviction_policy::RULE,
    &priority_class::RULE,
    &probes_identical::RULE,
    &readiness_probe_missing::RULE,
    &readiness_probe_port::RULE,
    &replicas_not_spread::RULE,
    &requests_not_equal_limits::RULE,
    &single_replica::RULE,
    &startup_probe_port::RULE,
    &update_strategy::RULE,
];
