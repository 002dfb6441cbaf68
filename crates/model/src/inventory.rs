use std::hash::BuildHasher as _;
use std::sync::Arc;

use hashbrown::HashTable;
use rampart_document::{Diagnostic, Node, Tree};
use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::{Coverage, GroupKind, Object, Template, is_cluster_scoped, known, list, normalise_group, side};

/// Where the objects of one [`Unit`] came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A file as its author wrote it.
    File,
    /// Output of a renderer (`helm`, `kustomize`) over the named directory; edits must go to the sources.
    Rendered {
        /// Program that rendered.
        by: &'static str,
        /// Chart or kustomization directory.
        from: String,
    },
    /// A live API server.
    Cluster {
        /// The list's resourceVersion.
        resource_version: String,
    },
    /// An etcd snapshot.
    Etcd {
        /// Revision that was read.
        revision: i64,
    },
}

/// One parsed text and where it came from.
#[derive(Debug, Clone)]
pub struct Unit {
    /// Its documents; shared with the inventories of simulations that leave this text as it is.
    pub tree: Arc<Tree>,
    /// Where it came from.
    pub origin: Origin,
    /// For rendered texts: which part came from which template, sorted by position; empty when unknown.
    pub templates: Arc<[Template]>,
}

impl Unit {
    /// The template that the byte at `offset` was made from.
    pub fn template(&self, offset: u32) -> Option<&Template> {
        let after = self.templates.partition_point(|template| template.span.start <= offset);
        self.templates.get(after.checked_sub(1)?).filter(|template| offset < template.span.end)
    }

    pub(crate) fn root(&self, node: u32) -> Node<'_> {
        // Ids come from this very tree, so the fallback is never taken; it keeps the function total.
        match self.tree.node(node) {
            Some(node) => node,
            None => unreachable_root(&self.tree),
        }
    }
}

#[expect(clippy::panic, reason = "an ObjectId of another inventory is a bug of the caller, not bad input")]
fn unreachable_root(tree: &Tree) -> Node<'_> {
    panic!("object id of another inventory ({} has no such node)", tree.source().name())
}

/// Index of an object in its [`Inventory`], in input order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectId(pub u32);

#[derive(Debug, Clone, Copy)]
pub(crate) struct Record {
    pub(crate) unit: u32,
    pub(crate) node: u32,
    pub(crate) kind: u16,
}

#[derive(Debug)]
pub(crate) struct KindEntry {
    api_version: Box<str>,
    group: Box<str>,
    kind: Box<str>,
    pub(crate) cluster_scoped: bool,
    /// Kubernetes' own groups have no such kind.
    unknown: bool,
}

impl KindEntry {
    pub(crate) fn api_version(&self) -> &str {
        &self.api_version
    }

    pub(crate) fn group_kind(&self) -> GroupKind<'_> {
        GroupKind::new(&self.group, &self.kind)
    }
}

/// All objects that were read, indexed by kind and by name.
#[derive(Debug)]
pub struct Inventory {
    units: Vec<Unit>,
    records: Vec<Record>,
    /// How many of the records are objects; what follows are side documents.
    objects: usize,
    kinds: Vec<KindEntry>,
    by_kind: FxHashMap<(Box<str>, Box<str>), Vec<ObjectId>>,
    by_name: HashTable<ObjectId>,
    coverage: Coverage,
    default_namespace: String,
    ignored: usize,
}

impl Inventory {
    /// Number of objects.
    pub fn len(&self) -> usize {
        self.objects
    }

    /// True when no object was read.
    pub fn is_empty(&self) -> bool {
        self.objects == 0
    }

    /// The texts the objects were read from.
    pub fn units(&self) -> &[Unit] {
        &self.units
    }

    /// All objects in input order.
    pub fn objects(&self) -> impl ExactSizeIterator<Item = Object<'_>> {
        (0..self.objects as u32).map(|id| self.object(ObjectId(id)))
    }

    /// Documents that are no Kubernetes objects and still hold what rules look at, by their kind: [`crate::HELM_VALUES`],
    /// [`crate::KUBECONFIG`], [`crate::SOPS_FILE`]. They count as ignored documents and are in no other list.
    pub fn side_documents(&self) -> impl ExactSizeIterator<Item = Object<'_>> {
        (self.objects as u32..self.records.len() as u32).map(|id| self.object(ObjectId(id)))
    }

    /// One object. The id must come from this inventory.
    pub fn object(&self, id: ObjectId) -> Object<'_> {
        Object { inventory: self, id }
    }

    /// All objects of a kind (in any version, today's group), in input order.
    pub fn of_kind<'a>(&'a self, kind: GroupKind<'_>) -> impl Iterator<Item = Object<'a>> + use<'a> {
        let key = (Box::from(kind.group), Box::from(kind.kind));
        self.by_kind.get(&key).map_or(&[][..], Vec::as_slice).iter().map(|&id| self.object(id))
    }

    /// All kinds that occur, with their objects, sorted by group and kind.
    pub fn kinds(&self) -> Vec<(GroupKind<'_>, &[ObjectId])> {
        let mut kinds: Vec<_> = self
            .by_kind
            .iter()
            .map(|((group, kind), ids)| (GroupKind::new(group, kind), ids.as_slice()))
            .collect();
        kinds.sort_unstable();
        kinds
    }

    /// The object of this kind, namespace and name, if it was read. `namespace` is the effective one; `None` for
    /// cluster-scoped kinds.
    pub fn find(&self, kind: GroupKind<'_>, namespace: Option<&str>, name: &str) -> Option<Object<'_>> {
        let hash = name_hash(kind, namespace, name);
        let found = self.by_name.find(hash, |&id| {
            let object = self.object(id);
            object.name() == name && object.group_kind() == kind && object.effective_namespace() == namespace
        });
        found.map(|&id| self.object(id))
    }

    /// What was read.
    pub fn coverage(&self) -> &Coverage {
        &self.coverage
    }

    /// The namespace of objects whose manifest leaves it open.
    pub fn default_namespace(&self) -> &str {
        &self.default_namespace
    }

    /// How many documents were not Kubernetes objects.
    pub fn ignored(&self) -> usize {
        self.ignored
    }

    /// The place in [`Self::units`] of the text that holds an object.
    pub fn unit_index(&self, id: ObjectId) -> usize {
        self.record(id).unit as usize
    }

    pub(crate) fn record(&self, id: ObjectId) -> Record {
        self.records[id.0 as usize]
    }

    pub(crate) fn unit_of(&self, record: Record) -> &Unit {
        &self.units[record.unit as usize]
    }

    pub(crate) fn kind_of(&self, id: ObjectId) -> &KindEntry {
        &self.kinds[self.record(id).kind as usize]
    }
}

fn name_hash(kind: GroupKind<'_>, namespace: Option<&str>, name: &str) -> u64 {
    FxBuildHasher.hash_one((kind.group, kind.kind, namespace, name))
}

/// Collects units and settings, then builds the [`Inventory`].
#[derive(Debug, Default)]
pub struct InventoryBuilder {
    units: Vec<Unit>,
    /// Indexes of units that hold values of charts.
    values: Vec<usize>,
    coverage: Coverage,
    default_namespace: Option<String>,
}

impl InventoryBuilder {
    /// No units, nothing known to be complete, namespace `default`.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a parsed text. Order of calls is the order of objects.
    pub fn unit(&mut self, tree: Tree, origin: Origin) {
        self.rendered_unit(tree, origin, Vec::new());
    }

    /// Adds a file that was given as values of a chart: it holds side documents and no objects.
    pub fn values_unit(&mut self, tree: Tree) {
        self.values.push(self.units.len());
        self.unit(tree, Origin::File);
    }

    /// Adds a rendered text with the templates it came from.
    pub fn rendered_unit(&mut self, tree: Tree, origin: Origin, templates: Vec<Template>) {
        self.units.push(Unit { tree: Arc::new(tree), origin, templates: templates.into() });
    }

    /// Adds a text of another inventory, shared or changed.
    pub fn known_unit(&mut self, unit: Unit) {
        self.units.push(unit);
    }

    /// Sets what is known to be complete.
    pub fn coverage(&mut self, coverage: Coverage) {
        self.coverage = coverage;
    }

    /// Sets the namespace of objects that name none.
    pub fn default_namespace(&mut self, name: impl Into<String>) {
        self.default_namespace = Some(name.into());
    }

    /// Unpacks lists, indexes, and tells what is wrong with objects: the diagnostics name the unit's source by its
    /// index in [`Inventory::units`].
    pub fn build(self) -> (Inventory, Vec<(usize, Diagnostic)>) {
        let mut diagnostics = Vec::new();
        let mut inventory = Inventory {
            units: self.units,
            records: Vec::new(),
            objects: 0,
            kinds: Vec::new(),
            by_kind: FxHashMap::default(),
            by_name: HashTable::new(),
            coverage: self.coverage,
            default_namespace: self.default_namespace.unwrap_or_else(|| "default".to_owned()),
            ignored: 0,
        };
        let mut kinds = Kinds::default();
        let mut beside: Vec<Record> = Vec::new();
        for (index, unit) in inventory.units.iter().enumerate() {
            let values = self.values.binary_search(&index).is_ok();
            for root in unit.tree.documents() {
                let mut found = list::Found { objects: Vec::new(), diagnostics: Vec::new() };
                if !values {
                    list::unpack(root, &mut found);
                }
                if found.objects.is_empty() && found.diagnostics.is_empty() {
                    inventory.ignored += usize::from(!values);
                    let kind = side::kind_of(root, unit.tree.source().name(), values);
                    if let Some(kind) = kind.and_then(|kind| kinds.number(side::API_VERSION, kind.kind)) {
                        beside.push(Record { unit: index as u32, node: root.id(), kind });
                    }
                }
                diagnostics.extend(found.diagnostics.into_iter().map(|diagnostic| (index, diagnostic)));
                for (node, api_version, kind) in found.objects {
                    let Some(kind) = kinds.number(&api_version, &kind) else { continue };
                    let entry = &kinds.list[usize::from(kind)];
                    if entry.unknown {
                        diagnostics
                            .push((index, known::unknown_kind(node, entry.api_version(), &entry.kind)));
                    }
                    inventory.records.push(Record { unit: index as u32, node: node.id(), kind });
                }
            }
        }
        inventory.objects = inventory.records.len();
        inventory.records.extend(beside);
        inventory.kinds = kinds.list;
        index(&mut inventory, &mut diagnostics);
        (inventory, diagnostics)
    }
}

/// Kinds by `apiVersion` and `kind`, numbered in the order in which they occur.
#[derive(Default)]
struct Kinds {
    list: Vec<KindEntry>,
    numbers: FxHashMap<(String, String), u16>,
}

impl Kinds {
    /// The number of a kind; `None` when there are more than can be numbered.
    fn number(&mut self, api_version: &str, kind: &str) -> Option<u16> {
        let key = (api_version.to_owned(), kind.to_owned());
        if let Some(&number) = self.numbers.get(&key) {
            return Some(number);
        }
        let number = u16::try_from(self.list.len()).ok()?;
        self.list.push(kind_entry(api_version, kind));
        self.numbers.insert(key, number);
        Some(number)
    }
}

fn kind_entry(api_version: &str, kind: &str) -> KindEntry {
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    let group = normalise_group(group, kind);
    KindEntry {
        api_version: api_version.into(),
        group: group.into(),
        kind: kind.into(),
        cluster_scoped: is_cluster_scoped(group, kind),
        unknown: known::is_unknown(api_version, kind),
    }
}

fn index(inventory: &mut Inventory, diagnostics: &mut Vec<(usize, Diagnostic)>) {
    let mut by_name: HashTable<ObjectId> = HashTable::with_capacity(inventory.len());
    let mut by_kind: FxHashMap<(Box<str>, Box<str>), Vec<ObjectId>> = FxHashMap::default();
    let mut per_kind: Vec<Vec<ObjectId>> = vec![Vec::new(); inventory.kinds.len()];
    let hash_of = |id: &ObjectId| {
        let object = inventory.object(*id);
        name_hash(object.group_kind(), object.effective_namespace(), object.name())
    };
    for object in inventory.objects() {
        let record = inventory.record(object.id);
        per_kind[usize::from(record.kind)].push(object.id);
        if object.metadata().is_none_or(|metadata| metadata.get("name").is_none()) {
            continue;
        }
        let hash = hash_of(&object.id);
        let twin = by_name.find(hash, |&id| {
            let other = inventory.object(id);
            other.name() == object.name()
                && other.group_kind() == object.group_kind()
                && other.effective_namespace() == object.effective_namespace()
        });
        match twin {
            Some(&first) => {
                diagnostics.push((record.unit as usize, duplicate(object, inventory.object(first))));
            }
            None => {
                by_name.insert_unique(hash, object.id, hash_of);
            }
        }
    }
    for (entry, ids) in inventory.kinds.iter().zip(per_kind) {
        if !ids.is_empty() {
            by_kind.entry((entry.group.clone(), entry.kind.clone())).or_default().extend(ids);
        }
    }
    for ids in by_kind.values_mut() {
        ids.sort_unstable();
    }
    inventory.by_name = by_name;
    inventory.by_kind = by_kind;
}

fn duplicate(object: Object<'_>, first: Object<'_>) -> Diagnostic {
    let at = object.metadata().and_then(|metadata| metadata.get("name")).unwrap_or(object.node());
    let start = first.node().span().start;
    let line = first.source().position(start).line;
    let message =
        format!("{object} is defined again (first at {}:{line}); both are checked", first.source().name());
    Diagnostic::warning("duplicate-object", at.span(), message)
        .help("a cluster keeps the one that is applied last; scan overlays separately")
}
