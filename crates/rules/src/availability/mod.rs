//! Rules of the group `availability`. One file a rule, with its page beside it; the slice is sorted by id.

mod cpu_limit;
mod cpu_request;
mod ephemeral_storage_limit;
mod memory_limit;
mod memory_request;
mod requests_not_equal_limits;
mod resources;

use crate::Rule;

pub(crate) static RULES: &[&Rule] = &[
    &cpu_limit::RULE,
    &cpu_request::RULE,
    &ephemeral_storage_limit::RULE,
    &memory_limit::RULE,
    &memory_request::RULE,
    &requests_not_equal_limits::RULE,
];
