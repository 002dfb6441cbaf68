//! Volumes that only one node can use at a time.

use rampart_document::Node;
use rampart_model::{GroupKind, Object};

use crate::Context;

pub(super) const CLAIM: GroupKind<'static> = GroupKind::core("PersistentVolumeClaim");

/// What a workload's claims say about sharing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Claim<'a> {
    /// This claim can be used by one node (or one pod) at a time.
    OneNode(&'a str),
    /// This claim is not in the input.
    NotRead(&'a str),
}

/// The first claim of the pod template that several nodes cannot share, or else one that was not read; `None` when
/// pods on several nodes can run side by side.
pub(super) fn single_node_claim<'a>(object: Object<'a>, context: &Context<'_>) -> Option<Claim<'a>> {
    let pod = context.carriers.pod(object)?;
    let namespace = object.effective_namespace();
    let mut not_read = None;
    for (_, volume) in pod.volumes() {
        let Some(source) = volume.get("persistentVolumeClaim").filter(|source| !source.is_null()) else {
            continue;
        };
        let Some(name) = source.field("claimName").and_then(Node::as_str) else { continue };
        match context.inventory.find(CLAIM, namespace, name) {
            Some(claim) if is_for_one_node(claim) => return Some(Claim::OneNode(name)),
            Some(_) => {}
            None if context.inventory.coverage().is_full(CLAIM, namespace) => {}
            None => not_read = not_read.or(Some(Claim::NotRead(name))),
        }
    }
    not_read
}

fn is_for_one_node(claim: Object<'_>) -> bool {
    let modes = || claim.field(&["spec", "accessModes"]).into_iter().flat_map(Node::items);
    let has = |mode| modes().any(|item| item.scalar_text() == Some(mode));
    (has("ReadWriteOnce") || has("ReadWriteOncePod")) && !has("ReadWriteMany")
}
