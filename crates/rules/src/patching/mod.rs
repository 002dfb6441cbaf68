//! Rules of the group `patching`. One file a rule, with its page beside it; the slice is sorted by id.

mod addon_vulnerable;
mod addons;
mod deprecated_api;
mod lifecycle;

use crate::Rule;

pub(crate) static RULES: &[&Rule] = &[&addon_vulnerable::RULE, &deprecated_api::RULE];
