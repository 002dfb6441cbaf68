use rampart_document::Node;
use rampart_document::mismatches::aside;
use rampart_model::{GroupKind, Inventory, Labels, Object, ObjectId, Selector};
use rustc_hash::FxHashMap;

use crate::Context;

/// Objects of namespaces by the labels they select: asking for the objects that select a pod costs as much as the pod
/// has labels, whatever the number of selectors.
#[derive(Debug, Default)]
pub(crate) struct Selectors<'a> {
    /// Selectors that name no label and value, by namespace: they may select anything.
    open: FxHashMap<&'a str, Vec<Entry<'a>>>,
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

    /// PodDisruptionBudgets. One without a selector selects nothing; an empty selector selects all pods of the namespace,
    /// and in `policy/v1beta1` nothing.
    pub(crate) fn of_budgets(inventory: &'a Inventory) -> Self {
        let mut all = Self::default();
        for budget in inventory.of_kind(BUDGET) {
            let (Some(namespace), Some(selector)) = (budget.effective_namespace(), pods_of_budget(budget))
            else {
                continue;
            };
            let entry = Entry { object: budget.id(), selector };
            match selector.pairs().next() {
                Some((key, value)) => all.by_label.entry((namespace, key, value)).or_default().push(entry),
                None => all.open.entry(namespace).or_default().push(entry),
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
        let open = namespace.and_then(|namespace| self.open.get(namespace)).into_iter().flatten();
        let entries =
            entries.flatten().chain(open).filter(move |entry| entry.selector.matches(labels) == Some(true));
        entries.map(|entry| entry.object)
    }
}

pub(crate) const BUDGET: GroupKind<'static> = GroupKind::new("policy", "PodDisruptionBudget");

/// The pods that a budget is about; `None` when it is about none.
pub(crate) fn pods_of_budget(budget: Object<'_>) -> Option<Selector<'_>> {
    let selector = Selector::label_selector(budget.field(&["spec", "selector"])?);
    (!selector.is_empty() || budget.api_version() == "policy/v1").then_some(selector)
}

impl<'a> Context<'a> {
    /// PodDisruptionBudgets by the labels they select.
    pub(crate) fn budgets(&self) -> &Selectors<'a> {
        self.indexes().budgets.get_or_init(|| aside(|| Selectors::of_budgets(self.inventory)))
    }
}
