use rampart_document::Node;
use rampart_model::{Carriers, Inventory, Object, ObjectId, Selector};
use rustc_hash::FxHashMap;

use crate::Context;

/// Objects with a pod template by the template's labels: asking for what a Service selects costs as much as its rarest
/// label has objects.
#[derive(Debug, Default)]
pub(crate) struct Pods<'a> {
    by_label: FxHashMap<(&'a str, &'a str, &'a str), Vec<ObjectId>>,
}

impl<'a> Pods<'a> {
    pub(crate) fn build(inventory: &'a Inventory, carriers: &Carriers) -> Self {
        let mut all = Self::default();
        for object in inventory.objects() {
            let (Some(pod), Some(namespace)) = (carriers.pod(object), object.effective_namespace()) else {
                continue;
            };
            for (key, value) in pod.labels().iter() {
                all.by_label.entry((namespace, key, value)).or_default().push(object.id());
            }
        }
        all
    }

    /// The objects in the Service's namespace whose pods its selector matches, in input order. A Service without a
    /// selector has none, and neither has an ExternalName one.
    pub(crate) fn of_service<'s>(
        &'s self,
        service: Object<'s>,
        carriers: &'s Carriers,
    ) -> impl Iterator<Item = Object<'s>> + 's {
        let external = service.field(&["spec", "type"]).and_then(Node::scalar_text) == Some("ExternalName");
        let selector = service.field(&["spec", "selector"]).filter(|map| !map.is_empty() && !external);
        let rarest = selector.and_then(|map| {
            let lists = map.entries().map(|(key, _, value)| {
                let key = (service.effective_namespace()?, key, value.scalar_text()?);
                self.by_label.get(&key)
            });
            lists.map(|list| list.map_or(&[][..], Vec::as_slice)).min_by_key(|list| list.len())
        });
        let objects = rarest.unwrap_or(&[]).iter().map(move |&id| service.inventory().object(id));
        objects.filter(move |&object| {
            let labels = carriers.pod(object).map(|pod| pod.labels());
            let selector = selector.map(Selector::map);
            labels.zip(selector).and_then(|(labels, selector)| selector.matches(labels)) == Some(true)
        })
    }

    /// The objects of a namespace whose pods a label selector matches, in input order.
    pub(crate) fn selected<'s>(
        context: &'s Context<'_>,
        namespace: &'s str,
        selector: Selector<'s>,
    ) -> impl Iterator<Item = Object<'s>> + 's {
        let index = context.pods();
        let lists = selector
            .pairs()
            .map(|(key, value)| index.by_label.get(&(namespace, key, value)).map_or(&[][..], Vec::as_slice));
        let rarest = lists.min_by_key(|list| list.len());
        let candidates = rarest.unwrap_or_else(|| &context.namespaces().of(namespace).workloads);
        let objects = candidates.iter().map(|&id| context.inventory.object(id));
        objects.filter(move |&object| {
            let pod = context.carriers.pod(object);
            pod.is_some_and(|pod| selector.matches(pod.labels()) == Some(true))
        })
    }
}
