//! Rules of the group `images`. One file a rule, with its page beside it; the slice is sorted by id.

mod deprecated_registry;
mod gatekeeper_repo_prefix;
mod git_sync_injection;
mod image_provenance_admission;
mod latest_tag;
mod no_digest;
mod pull_policy;
mod references;
mod registry_not_allowed;

use crate::Rule;

pub(crate) static RULES: &[&Rule] = &[
    &deprecated_registry::RULE,
    &gatekeeper_repo_prefix::RULE,
    &git_sync_injection::RULE,
    &image_provenance_admission::RULE,
    &latest_tag::RULE,
    &no_digest::RULE,
    &pull_policy::RULE,
    &registry_not_allowed::RULE,
];
