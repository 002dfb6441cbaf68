//! The inventory as it would be.

use std::collections::BTreeSet;
use std::sync::Arc;

use rampart_document::{Limits, Source, Tree, parse_yaml};
use rampart_model::{Inventory, InventoryBuilder, ObjectId, Origin, Template, Unit};
use rustc_hash::FxHashMap;

use crate::edition::Edition;
use crate::texts::{TextId, Texts};

/// The inventory after an edition.
#[derive(Debug)]
pub(crate) struct Simulation {
    pub(crate) inventory: Inventory,
    /// By new id: which object of the old inventory it is; `None` for a new one.
    pub(crate) old: Vec<Option<ObjectId>>,
}

/// Builds the inventory that the new texts give; everything else is shared with the old one.
pub(crate) fn simulate(inventory: &Inventory, texts: &Texts<'_>, edition: &Edition) -> Simulation {
    let mut text_of: FxHashMap<usize, TextId> = FxHashMap::default();
    for id in texts.ids() {
        text_of.extend(texts.get(id).units.iter().map(|&unit| (unit, id)));
    }
    let new_text = |unit: usize| text_of.get(&unit).and_then(|id| edition.texts.get(id));
    let mut builder = InventoryBuilder::new();
    builder.coverage(inventory.coverage().clone());
    builder.default_namespace(inventory.default_namespace());
    for (index, unit) in inventory.units().iter().enumerate() {
        builder.known_unit(match new_text(index) {
            None => unit.clone(),
            Some(new) => Unit {
                tree: Arc::clone(&new.tree),
                origin: unit.origin.clone(),
                templates: moved(unit, &new.tree),
            },
        });
    }
    for (name, text) in &edition.files {
        let parsed = parse_yaml(&Source::new(name.as_str(), text.as_str()), &Limits::default());
        builder.unit(parsed.tree, Origin::File);
    }
    // What is wrong with objects was told when they were read first.
    let (new, _) = builder.build();
    let mut left: Vec<Vec<ObjectId>> = vec![Vec::new(); new.units().len()];
    let nobody = BTreeSet::new();
    for object in inventory.objects() {
        let unit = inventory.unit_index(object.id());
        let deleted = new_text(unit).map_or(&nobody, |text| &text.deleted);
        if !deleted.contains(&object.node().id()) {
            left[unit].push(object.id());
        }
    }
    let mut queues: Vec<_> = left.into_iter().map(Vec::into_iter).collect();
    let old = new.objects().map(|object| queues[new.unit_index(object.id())].next()).collect();
    Simulation { inventory: new, old }
}

/// The templates of a rendered text after its documents changed: as many documents mean the same templates.
fn moved(unit: &Unit, tree: &Tree) -> Arc<[Template]> {
    let known: Vec<Option<&Template>> =
        unit.tree.document_spans().map(|span| unit.template(span.start)).collect();
    if known.len() != tree.documents().len() {
        return Arc::default();
    }
    let pairs = known.into_iter().zip(tree.document_spans());
    pairs.filter_map(|(template, span)| Some(Template { span, ..template?.clone() })).collect()
}
