//! Rules of the group `storage`. One file a rule, with its page beside it; the slice is sorted by id.

mod backup_schedule_missing;
mod backups;
mod encryption;
mod pv_hostpath;
mod pv_unencrypted;
mod pvc_missing;
mod statefulset_service;
mod workload_uses_pvc;

pub(crate) use backups::Backups;

use crate::Rule;

pub(crate) static RULES: &[&Rule] = &[
    &backup_schedule_missing::RULE,
    &pv_hostpath::RULE,
    &pv_unencrypted::RULE,
    &pvc_missing::RULE,
    &statefulset_service::RULE,
    &workload_uses_pvc::RULE,
];
