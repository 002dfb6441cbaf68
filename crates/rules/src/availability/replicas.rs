//! How many replicas a workload runs, with its autoscalers.

use rampart_document::Node;
use rampart_model::{GroupKind, Object};

use crate::Context;
use crate::index::Scaler;

pub(super) const DEPLOYMENT: GroupKind<'static> = GroupKind::new("apps", "Deployment");
pub(crate) const STATEFUL_SET: GroupKind<'static> = GroupKind::new("apps", "StatefulSet");
pub(super) const DAEMON_SET: GroupKind<'static> = GroupKind::new("apps", "DaemonSet");

/// `spec.replicas`, which the API defaults to 1; `None` when it is no number.
pub(super) fn written(object: Object<'_>) -> Option<i64> {
    object.field(&["spec", "replicas"]).map_or(Some(1), Node::as_i64)
}

/// The autoscaler with the largest of a bound, if there is one.
pub(super) fn largest<'s>(
    object: Object<'s>,
    context: &'s Context<'_>,
    bound: impl Fn(&Scaler) -> Option<i64>,
) -> Option<&'s Scaler> {
    context.scalers().of(object).iter().max_by_key(|scaler| (bound(scaler), std::cmp::Reverse(scaler.object)))
}

/// The replicas that are kept up: the largest minimum of its autoscalers, else `spec.replicas`; `None` when the one that
/// counts is no number.
pub(crate) fn kept(object: Object<'_>, context: &Context<'_>) -> Option<i64> {
    match largest(object, context, |scaler| scaler.min) {
        Some(scaler) => scaler.min,
        None => written(object),
    }
}
