//! Rules of the group `secrets`. One file a rule, with its page beside it; the slice is sorted by id.

mod credential;

use crate::Rule;

pub(crate) static RULES: &[&Rule] = &[];
