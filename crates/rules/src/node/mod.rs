//! Rules of the group `node`. One file a rule, with its page beside it; the slice is sorted by id.

mod kube_proxy_metrics;

use crate::Rule;

pub(crate) static RULES: &[&Rule] = &[&kube_proxy_metrics::RULE];
