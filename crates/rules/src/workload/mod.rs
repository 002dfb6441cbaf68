//! Rules of the group `workload`. One file a rule, with its page beside it; the slice is sorted by id.

mod host_pid;
mod privileged;

use crate::Rule;

pub(crate) static RULES: &[&Rule] = &[&host_pid::RULE, &privileged::RULE];
