use rampart_model::{Carriers, GroupKind, Inventory, ObjectId};
use rustc_hash::FxHashMap;

use rampart_document::mismatches::aside;

use crate::Context;

/// What lives in each namespace, by what rules ask for.
#[derive(Debug, Default)]
pub(crate) struct Namespaces<'a> {
    by_name: FxHashMap<&'a str, Residents>,
}

/// The objects of one namespace, each list in input order.
#[derive(Debug, Default)]
pub(crate) struct Residents {
    /// Objects with a pod template that no other one made.
    pub(crate) workloads: Vec<ObjectId>,
    /// PersistentVolumeClaims.
    pub(crate) claims: Vec<ObjectId>,
    /// ResourceQuotas.
    pub(crate) quotas: Vec<ObjectId>,
    /// LimitRanges.
    pub(crate) limit_ranges: Vec<ObjectId>,
}

static NOTHING: Residents =
    Residents { workloads: Vec::new(), claims: Vec::new(), quotas: Vec::new(), limit_ranges: Vec::new() };

impl<'a> Namespaces<'a> {
    fn build(inventory: &'a Inventory, carriers: &Carriers) -> Self {
        let mut all = Self::default();
        for (kind, ids) in inventory.kinds() {
            let list: fn(&mut Residents) -> &mut Vec<ObjectId> = match (kind.group, kind.kind) {
                ("", "PersistentVolumeClaim") => |one| &mut one.claims,
                ("", "ResourceQuota") => |one| &mut one.quotas,
                ("", "LimitRange") => |one| &mut one.limit_ranges,
                _ if carriers.carries(kind) => |one| &mut one.workloads,
                _ => continue,
            };
            for object in ids.iter().map(|&id| inventory.object(id)) {
                let made = object.controller_kind().is_some_and(|kind| carriers.carries(kind));
                if let Some(namespace) = object.effective_namespace().filter(|_| !made) {
                    list(all.by_name.entry(namespace).or_default()).push(object.id());
                }
            }
        }
        all.by_name.values_mut().for_each(|one| one.workloads.sort_unstable());
        all
    }

    /// What lives in a namespace.
    pub(crate) fn of(&self, namespace: &str) -> &Residents {
        self.by_name.get(namespace).unwrap_or(&NOTHING)
    }
}

/// Namespaces that Kubernetes makes for itself.
pub(crate) fn is_system(namespace: &str) -> bool {
    matches!(namespace, "kube-system" | "kube-public" | "kube-node-lease")
}

pub(crate) const NAMESPACE: GroupKind<'static> = GroupKind::core("Namespace");

impl<'a> Context<'a> {
    /// What lives in each namespace.
    pub(crate) fn namespaces(&self) -> &Namespaces<'a> {
        let build = || aside(|| Namespaces::build(self.inventory, self.carriers));
        self.indexes().namespaces.get_or_init(build)
    }
}
