//! Rules of the group `storage`. One file a rule, with its page beside it; the slice is sorted by id.

mod encryption;
mod pv_hostpath;
mod pv_unencrypted;
mod pvc_missing;
mod statefulset_service;
mod workload_uses_pvc;

use crate::Rule;

pub(crate) static RULES: &[&Rule] = &[
    &pv_hostpath::RULE,
    &pv_unencrypted::RULE,
    &pvc_missing::RULE,
    &statefulset_service::RULE,
    &workload_uses_pvc::RULE,
];
