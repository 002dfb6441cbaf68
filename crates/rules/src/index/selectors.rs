use rampart_document::Node;
use rampart_model::{GroupKind, Inventory, Labels, ObjectId, Selector};
use rustc_hash::FxHashMap;

/// Objects of namespaces by the labels they select: asking for the objects that select a pod costs as much as the pod
/// has labels, whatever the number of selectors.
#[derive(Debug, Default)]
pub(crate) struct Selectors<'a> {
    by_label: FxHashMap<(&'a str, &'a str, &'a str), Vec<Entry<'a>>>,
}

#[derive(Debug, Clone, Copy)]
struct Entry<'a> {
    object: ObjectId,
    selector: Selector<'a>,
}

impl<'a> Selectors<'a> {
    /// Services. One without a selector has endpoints of its own making and selects no pod, and neither does an
    /// ExternalName one.
    pub(crate) fn of_services(inventory: &'a Inventory) -> Self {
        let mut all = Self::default();
        for service in inventory.of_kind(GroupKind::core("Service")) {
            let kind = service.field(&["spec", "type"]).and_then(Node::scalar_text);
            let selector = service.field(&["spec", "selector"]);
            if let (Some(namespace), Some(map)) = (service.effective_namespace(), selector)
                && kind != Some("ExternalName")
                && let Some((key, _, value)) = map.entries().next()
                && let Some(value) = value.scalar_text()
            {
                let entry = Entry { object: service.id(), selector: Selector::map(map) };
                all.by_label.entry((namespace, key, value)).or_default().push(entry);
            }
        }
        all
    }

    /// The objects of a namespace that select these labels, in no particular order.
    pub(crate) fn selecting<'s>(
        &'s self,
        namespace: Option<&'s str>,
        labels: Labels<'s>,
    ) -> impl Iterator<Item = ObjectId> + 's {
        let entries =
            labels.iter().filter_map(move |(key, value)| self.by_label.get(&(namespace?, key, value)));
        let entries = entries.flatten().filter(move |entry| entry.selector.matches(labels) == Some(true));
        entries.map(|entry| entry.object)
    }
}
