//! The texts that change: files, and outputs of renderers that stand for them in the simulation.

use rampart_document::{Format, Limits, Parsed, Source, Tree, parse_json, parse_yaml};
use rampart_model::{Inventory, Origin};
use rustc_hash::FxHashMap;

/// Place of a text in [`Texts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct TextId(pub(crate) u32);

/// A text as it is before the pass.
#[derive(Debug)]
pub(crate) struct Text<'a> {
    pub(crate) tree: &'a Tree,
    /// The units of the inventory that were read from it; none for the source files of a kustomization.
    pub(crate) units: Vec<usize>,
    /// False for what a renderer printed: changed in the simulation, never written.
    pub(crate) written: bool,
}

impl Text<'_> {
    pub(crate) fn name(&self) -> &str {
        self.tree.source().name()
    }
}

/// All texts that some candidate changes.
#[derive(Debug, Default)]
pub(crate) struct Texts<'a> {
    list: Vec<Text<'a>>,
    by_name: FxHashMap<&'a str, TextId>,
    by_unit: FxHashMap<usize, TextId>,
}

impl<'a> Texts<'a> {
    pub(crate) fn get(&self, id: TextId) -> &Text<'a> {
        &self.list[id.0 as usize]
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = TextId> + use<> {
        (0..self.list.len() as u32).map(TextId)
    }

    /// The text of a unit. A file that was read twice is one text of two units.
    pub(crate) fn of_unit(&mut self, inventory: &'a Inventory, unit: usize) -> TextId {
        if let Some(&id) = self.by_unit.get(&unit) {
            return id;
        }
        let own = &inventory.units()[unit];
        let written = own.origin == Origin::File;
        let id = if written { self.of_tree(&own.tree) } else { self.add(&own.tree, false) };
        self.list[id.0 as usize].units.push(unit);
        self.by_unit.insert(unit, id);
        id
    }

    /// The text of a file by its name.
    pub(crate) fn of_tree(&mut self, tree: &'a Tree) -> TextId {
        let name = tree.source().name();
        if let Some(&id) = self.by_name.get(name) {
            return id;
        }
        let id = self.add(tree, true);
        self.by_name.insert(name, id);
        id
    }

    fn add(&mut self, tree: &'a Tree, written: bool) -> TextId {
        let id = TextId(self.list.len() as u32);
        self.list.push(Text { tree, units: Vec::new(), written });
        id
    }
}

/// Reads a changed text as the one before it was read.
pub(crate) fn parse_like(old: &Tree, name: &str, text: &str) -> Parsed {
    let source = Source::new(name, text);
    match old.format() {
        Format::Yaml => parse_yaml(&source, &Limits::default()),
        Format::Json => parse_json(&source, &Limits::default()),
    }
}
