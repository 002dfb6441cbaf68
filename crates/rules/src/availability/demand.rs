//! What a pod asks of its node.

use rampart_model::{Pod, Quantity, Resource};

use super::resources::Amount;

/// The sum of the requests of what runs on (a limit counts where no request is written); `None` when a value cannot be
/// read. Init containers ask for the same room before, and overhead is left out, so the sum is a lower bound.
pub(super) fn pod_requests(pod: &Pod<'_>, name: &str) -> Option<Quantity> {
    pod.running_containers().try_fold(Quantity::default(), |sum, container| {
        let request = container.resource(Resource::Requests, name);
        match Amount::read(request.or_else(|| container.resource(Resource::Limits, name))) {
            Amount::Of(value) => Some(sum.plus(value)),
            Amount::Unset => Some(sum),
            Amount::Unreadable(_) => None,
        }
    })
}
