//! What an answer would need and was not read.

use rampart_model::GroupKind;

use crate::Context;

/// Kubernetes' own kinds that make pods.
const POD_MAKERS: [GroupKind<'static>; 8] = [
    GroupKind::core("Pod"),
    GroupKind::core("ReplicationController"),
    GroupKind::new("apps", "DaemonSet"),
    GroupKind::new("apps", "Deployment"),
    GroupKind::new("apps", "ReplicaSet"),
    GroupKind::new("apps", "StatefulSet"),
    GroupKind::new("batch", "CronJob"),
    GroupKind::new("batch", "Job"),
];

/// Why not all pods of a namespace are known; `None` when they are.
pub(crate) fn gap_of_pods(context: &Context<'_>, namespace: Option<&str>) -> Option<String> {
    gap_of(context, &POD_MAKERS, namespace)
}

/// Why not all objects of these kinds in a namespace are known; `None` when they are.
pub(crate) fn gap_of(
    context: &Context<'_>,
    kinds: &[GroupKind<'_>],
    namespace: Option<&str>,
) -> Option<String> {
    kinds.iter().find_map(|&kind| context.inventory.coverage().gap(kind, namespace))
}
