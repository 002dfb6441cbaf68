//! Rules of the group `rbac`. One file a rule, with its page beside it; the slice is sorted by id.

use crate::Rule;

pub(crate) static RULES: &[&Rule] = &[];
