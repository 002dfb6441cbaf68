//! Whether a pod holds a token of its ServiceAccount.

use rampart_document::Node;
use rampart_model::{GroupKind, Object, Pod};

use crate::{Context, Workload};

/// A ServiceAccount.
pub(super) const SERVICE_ACCOUNT: GroupKind<'static> = GroupKind::core("ServiceAccount");

/// Whether a token is mounted without being asked for, and what decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mounted {
    /// No: the pod or its account says so.
    No,
    /// The pod says so itself.
    ByPod,
    /// Neither the pod nor its account says anything, or the account says so.
    ByDefault,
    /// The pod says nothing, and its account was not read.
    Unknown,
}

/// The ServiceAccount of a workload, if it was read.
pub(super) fn account<'a>(workload: &Workload<'_>, context: &'a Context<'_>) -> Option<Object<'a>> {
    let namespace = workload.object.effective_namespace();
    context.inventory.find(SERVICE_ACCOUNT, namespace, workload.pod.service_account())
}

/// Whether a token is mounted: the pod's word counts, then that of its account; unset means yes.
pub(super) fn mounted(workload: &Workload<'_>, context: &Context<'_>) -> Mounted {
    match workload.pod.fields.automount_service_account_token {
        Some(node) if node.as_bool() == Some(false) => return Mounted::No,
        Some(node) if node.as_bool() == Some(true) => return Mounted::ByPod,
        // The engine makes a silent answer on a wrong type unknown.
        Some(_) => return Mounted::No,
        None => {}
    }
    let namespace = workload.object.effective_namespace();
    match account(workload, context) {
        Some(account) => match account.field(&["automountServiceAccountToken"]).map(Node::as_bool) {
            None | Some(Some(true)) => Mounted::ByDefault,
            Some(Some(false) | None) => Mounted::No,
        },
        None if workload.pod.service_account() == "default" => Mounted::ByDefault,
        None if context.inventory.coverage().is_full(SERVICE_ACCOUNT, namespace) => Mounted::ByDefault,
        None => Mounted::Unknown,
    }
}

/// True when a volume of the pod projects a token for the API server: with automounting off, too.
pub(super) fn projects_token(pod: &Pod<'_>) -> bool {
    pod.volumes().any(|(_, volume)| {
        let sources = volume.field("projected").and_then(|projected| projected.field("sources"));
        let mut sources = sources.and_then(Node::as_seq).into_iter().flat_map(Node::items);
        sources.any(|source| source.field("serviceAccountToken").is_some())
    })
}

/// True for pods that kubelets run from files: they get no token and no account of their own.
pub(super) fn is_static(workload: &Workload<'_>) -> bool {
    let mirror = workload.object.annotations().get("kubernetes.io/config.mirror").is_some();
    mirror || (workload.object.kind() == "Pod" && is_control_plane(workload))
}

/// True for pods of the control plane in `kube-system`.
pub(super) fn is_control_plane(workload: &Workload<'_>) -> bool {
    let labels = workload.pod.labels();
    workload.object.effective_namespace() == Some("kube-system")
        && labels.get("tier") == Some("control-plane")
}
