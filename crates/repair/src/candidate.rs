//! A fix as changes of texts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rampart_document::{Edit, Format, to_yaml};
use rampart_model::{GroupKind, Inventory, Object, ObjectId, Origin};
use rampart_report::{Finding, Fix, ObjectChange, place, source_of};
use serde_json::Value;

use crate::obstacle::Obstacle;
use crate::texts::{TextId, Texts};

/// One change of one text.
#[derive(Debug)]
pub(crate) enum Op {
    /// Edits of the object whose root is this node.
    Edit { text: TextId, node: u32, edits: Vec<Edit> },
    /// The object goes away.
    Delete { text: TextId, node: u32 },
    /// An object comes behind the last document.
    Append { text: TextId, value: Value },
    /// A file of its own comes; its name and text.
    NewFile { name: String, text: String },
}

/// A fix that may be made.
#[derive(Debug)]
pub(crate) struct Candidate<'a> {
    pub(crate) finding: &'a Finding,
    pub(crate) fix: &'a Fix,
    pub(crate) ops: Vec<Op>,
    /// The finding's object and all that change.
    pub(crate) objects: BTreeSet<ObjectId>,
    /// Directories of kustomizations whose files it changes.
    pub(crate) kustomizations: BTreeSet<String>,
}

impl Candidate<'_> {
    /// True when it makes a new object.
    pub(crate) fn creates(&self) -> bool {
        self.ops.iter().any(|op| matches!(op, Op::Append { .. } | Op::NewFile { .. }))
    }
}

/// Makes candidates of findings.
pub(crate) struct Maker<'a, 'm> {
    pub(crate) inventory: &'a Inventory,
    pub(crate) texts: &'m mut Texts<'a>,
    /// Files that an earlier pass changed: what the inventory knows of kustomizations made from them is out of date.
    pub(crate) changed: &'m BTreeSet<String>,
}

impl<'a> Maker<'a, '_> {
    /// The changes that a finding's fix means.
    pub(crate) fn make(&mut self, finding: &'a Finding, fix: &'a Fix) -> Result<Candidate<'a>, Obstacle> {
        let object = self.inventory.object(finding.object);
        let mut candidate = Candidate {
            finding,
            fix,
            ops: Vec::new(),
            objects: BTreeSet::from([finding.object]),
            kustomizations: BTreeSet::new(),
        };
        let own = finding.edits();
        if !own.is_empty() {
            self.edit(object, own, &mut candidate)?;
        }
        for change in &fix.objects {
            match change {
                ObjectChange::Edit { object, edits } => {
                    self.edit(self.inventory.object(*object), edits.clone(), &mut candidate)?;
                }
                ObjectChange::Create { manifest } => self.create(object, manifest, &mut candidate)?,
                ObjectChange::Delete { object } => {
                    self.delete(self.inventory.object(*object), &mut candidate)?;
                }
            }
        }
        Ok(candidate)
    }

    fn edit(
        &mut self,
        object: Object<'a>,
        edits: Vec<Edit>,
        candidate: &mut Candidate<'a>,
    ) -> Result<(), Obstacle> {
        candidate.objects.insert(object.id());
        if let Some(directory) = kustomization(object)? {
            let mut by_place: BTreeMap<(TextId, u32), Vec<Edit>> = BTreeMap::new();
            for edit in &edits {
                let (root, path) = source_of(object, &edit.path).ok_or_else(|| no_source(directory))?;
                let text = self.source_text(root.tree())?;
                let edit = Edit { path, operation: edit.operation.clone() };
                by_place.entry((text, root.id())).or_default().push(edit);
            }
            candidate.kustomizations.insert(directory.to_owned());
            candidate.ops.extend(by_place.into_iter().map(|((text, node), edits)| Op::Edit {
                text,
                node,
                edits,
            }));
        }
        let text = self.text_of(object);
        candidate.ops.push(Op::Edit { text, node: object.node().id(), edits });
        Ok(())
    }

    fn delete(&mut self, object: Object<'a>, candidate: &mut Candidate<'a>) -> Result<(), Obstacle> {
        candidate.objects.insert(object.id());
        if let Some(directory) = kustomization(object)? {
            let (root, _) = source_of(object, &Default::default()).ok_or_else(|| no_source(directory))?;
            let text = self.source_text(root.tree())?;
            candidate.kustomizations.insert(directory.to_owned());
            candidate.ops.push(Op::Delete { text, node: root.id() });
        }
        let text = self.text_of(object);
        candidate.ops.push(Op::Delete { text, node: object.node().id() });
        Ok(())
    }

    /// A new object is written behind the last document of the file of `beside`; a JSON file gets a YAML file beside it.
    fn create(
        &mut self,
        beside: Object<'a>,
        manifest: &Value,
        candidate: &mut Candidate<'a>,
    ) -> Result<(), Obstacle> {
        if let Some(twin) = self.twin(manifest) {
            return Err(Obstacle::Exists(twin.to_string()));
        }
        if let Some(directory) = kustomization(beside)? {
            let (root, _) = source_of(beside, &Default::default()).ok_or_else(|| no_source(directory))?;
            let text = self.source_text(root.tree())?;
            candidate.kustomizations.insert(directory.to_owned());
            candidate.ops.push(Op::Append { text, value: manifest.clone() });
        } else if beside.node().tree().format() == Format::Json {
            candidate.ops.push(own_file(beside.source().name(), manifest)?);
            return Ok(());
        }
        let text = self.text_of(beside);
        candidate.ops.push(Op::Append { text, value: manifest.clone() });
        Ok(())
    }

    fn text_of(&mut self, object: Object<'a>) -> TextId {
        self.texts.of_unit(self.inventory, self.inventory.unit_index(object.id()))
    }

    fn source_text(&mut self, tree: &'a rampart_document::Tree) -> Result<TextId, Obstacle> {
        if self.changed.contains(tree.source().name()) {
            return Err(Obstacle::Again);
        }
        Ok(self.texts.of_tree(tree))
    }

    /// The object that a new one would be defined over.
    fn twin(&self, manifest: &Value) -> Option<Object<'a>> {
        let text = |value: Option<&'_ Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
        let metadata = manifest.get("metadata");
        let (api_version, kind) = (text(manifest.get("apiVersion")), text(manifest.get("kind")));
        let kind = GroupKind::of(&api_version, &kind);
        let namespace = text(metadata.and_then(|metadata| metadata.get("namespace")));
        let name = text(metadata.and_then(|metadata| metadata.get("name")));
        let scope = if rampart_model::is_cluster_scoped(kind.group, kind.kind) {
            None
        } else if namespace.is_empty() {
            Some(self.inventory.default_namespace())
        } else {
            Some(namespace.as_str())
        };
        self.inventory.find(kind, scope, &name)
    }
}

/// The directory of the kustomization that made an object, `None` for files as they are.
fn kustomization(object: Object<'_>) -> Result<Option<&str>, Obstacle> {
    match object.origin() {
        Origin::File => Ok(None),
        Origin::Rendered { by: "kustomize", from } => Ok(Some(from)),
        Origin::Rendered { .. } => {
            Err(Obstacle::Template { place: place(object, &Default::default()).text() })
        }
        Origin::Cluster { .. } | Origin::Etcd { .. } => Err(Obstacle::NotAFile),
    }
}

fn no_source(directory: &str) -> Obstacle {
    Obstacle::NoSource { directory: directory.to_owned() }
}

/// A new file `NAME.yaml` beside a file that holds one JSON object.
fn own_file(beside: &str, manifest: &Value) -> Result<Op, Obstacle> {
    let no_room = || Obstacle::NoRoom { file: beside.to_owned() };
    let field = |key: &str| manifest.get(key).and_then(Value::as_str).map(str::to_ascii_lowercase);
    let name = manifest.get("metadata").and_then(|metadata| metadata.get("name")).and_then(Value::as_str);
    let (Some(name), Some(kind)) = (name, field("kind")) else { return Err(no_room()) };
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'));
    if beside == "-" || !plain(name) || !plain(&kind) {
        return Err(no_room());
    }
    let path = Path::new(beside).with_file_name(format!("{kind}-{name}.yaml"));
    Ok(Op::NewFile { name: path.display().to_string(), text: to_yaml(manifest) })
}
