use rampart_document::mismatches::aside;
use rampart_model::{GroupKind, Inventory, ObjectId};
use rustc_hash::FxHashMap;

use crate::Context;

/// EndpointSlices by the Service they belong to.
#[derive(Debug, Default)]
pub(crate) struct EndpointSlices<'a> {
    by_service: FxHashMap<(&'a str, &'a str), Vec<ObjectId>>,
}

impl<'a> EndpointSlices<'a> {
    pub(crate) fn build(inventory: &'a Inventory) -> Self {
        let mut all = Self::default();
        for slice in inventory.of_kind(GroupKind::new("discovery.k8s.io", "EndpointSlice")) {
            let service = slice.labels().get("kubernetes.io/service-name");
            if let Some(key) = slice.effective_namespace().zip(service) {
                all.by_service.entry(key).or_default().push(slice.id());
            }
        }
        all
    }

    /// The slices of a Service.
    pub(crate) fn of<'s>(&'s self, namespace: &'s str, service: &'s str) -> &'s [ObjectId] {
        self.by_service.get(&(namespace, service)).map_or(&[], Vec::as_slice)
    }
}

impl<'a> Context<'a> {
    /// EndpointSlices by Service.
    pub(crate) fn endpoint_slices(&self) -> &EndpointSlices<'a> {
        self.indexes().endpoint_slices.get_or_init(|| aside(|| EndpointSlices::build(self.inventory)))
    }
}
