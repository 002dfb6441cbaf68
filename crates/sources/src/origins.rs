//! Which files the objects of a built kustomization came from. `kustomize` does not say, so the files that the
//! kustomization names are read again and their objects found by kind and name.

use std::collections::{BTreeSet, HashMap};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use rampart_document::{Limits, Node, Tree, parse_yaml};
use rampart_model::{GroupKind, Link, SourceNode, Template, objects_of};

use crate::kustomize::{kustomization_file, normal};
use crate::read;
use crate::render::widen;

/// Kustomizations that use each other deeper than this are not followed.
const MAX_DEPTH: usize = 32;

/// For every document of `rendered`, which `directory` was built to: the object in its file and the patches over it.
pub(crate) fn templates(rendered: &Tree, directory: &Path) -> Vec<Template> {
    let mut files = Files { dotted: directory.starts_with("."), ..Files::default() };
    files.directory(&normal(directory), &Names::default(), 0);
    let Some(main) = files.main.clone() else { return Vec::new() };
    let index = Index::new(&files.found);
    let mut templates = Vec::new();
    for (root, span) in rendered.documents().zip(rendered.document_spans()) {
        let object = objects_of(root).into_iter().next();
        let nodes = object.map(|(node, api_version, kind)| {
            index.sources(node, GroupKind::of(&api_version, &kind)).into_iter().cloned().collect()
        });
        let nodes: Vec<SourceNode> = nodes.unwrap_or_default();
        let source = match nodes.first().and_then(SourceNode::node) {
            Some(node) => node.tree().source().clone(),
            None => main.source().clone(),
        };
        templates.push(Template { span: widen(span), source, link: Link::Nodes(nodes) });
    }
    templates
}

/// What kustomizations on the way put around a name.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Names {
    prefix: String,
    suffix: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Object,
    Patch,
    /// An entry of `configMapGenerator` or `secretGenerator`; a hash may follow the name.
    Generator,
}

/// One mapping that a rendered object may have been made from.
struct Found {
    role: Role,
    group: String,
    kind: String,
    name: String,
    namespace: Option<String>,
    /// The name with the prefixes and suffixes on the way.
    expected: String,
    source: SourceNode,
}

#[derive(Default)]
struct Files {
    /// Paths were given as `./…`, so they are shown like that.
    dotted: bool,
    trees: HashMap<PathBuf, Option<Arc<Tree>>>,
    visited: BTreeSet<(PathBuf, Names)>,
    found: Vec<Found>,
    /// The kustomization file that was built.
    main: Option<Arc<Tree>>,
}

impl Files {
    fn directory(&mut self, directory: &Path, around: &Names, depth: usize) {
        if depth > MAX_DEPTH || !self.visited.insert((directory.to_owned(), around.clone())) {
            return;
        }
        let Some(tree) = kustomization_file(directory).and_then(|path| self.tree(&path)) else { return };
        if depth == 0 {
            self.main = Some(Arc::clone(&tree));
        }
        let Some(root) = tree.documents().next() else { return };
        let names = Names {
            prefix: format!("{}{}", around.prefix, text(root, "namePrefix").unwrap_or_default()),
            suffix: format!("{}{}", text(root, "nameSuffix").unwrap_or_default(), around.suffix),
        };
        for entry in ["resources", "bases", "components", "crds"].iter().flat_map(|key| list(root, key)) {
            // What is neither is remote; the renderer reads it.
            let Some(path) = entry.scalar_text().map(|entry| normal(&directory.join(entry))) else {
                continue;
            };
            if path.is_dir() {
                self.directory(&path, &names, depth + 1);
            } else {
                self.file(&path, Role::Object, &names);
            }
        }
        let paths = list(root, "patches").filter_map(|patch| text(patch, "path"));
        for path in paths.chain(list(root, "patchesStrategicMerge").filter_map(Node::scalar_text)) {
            self.file(&normal(&directory.join(path)), Role::Patch, &names);
        }
        for (key, kind) in [("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")] {
            for entry in list(root, key) {
                self.add(&tree, entry, Role::Generator, text(entry, "name"), GroupKind::core(kind), &names);
            }
        }
    }

    fn file(&mut self, path: &Path, role: Role, names: &Names) {
        let Some(tree) = self.tree(path) else { return };
        for root in tree.documents() {
            for (node, api_version, kind) in objects_of(root) {
                let name = node.get("metadata").and_then(|metadata| text(metadata, "name"));
                self.add(&tree, node, role, name, GroupKind::of(&api_version, &kind), names);
            }
        }
    }

    fn add(
        &mut self,
        tree: &Arc<Tree>,
        node: Node<'_>,
        role: Role,
        name: Option<&str>,
        kind: GroupKind<'_>,
        names: &Names,
    ) {
        let (Some(name), Some(source)) = (name, SourceNode::new(Arc::clone(tree), node.id())) else { return };
        let holder = if role == Role::Generator { Some(node) } else { node.get("metadata") };
        self.found.push(Found {
            role,
            group: kind.group.to_owned(),
            kind: kind.kind.to_owned(),
            name: name.to_owned(),
            namespace: holder.and_then(|holder| text(holder, "namespace")).map(str::to_owned),
            expected: format!("{}{name}{}", names.prefix, names.suffix),
            source,
        });
    }

    fn tree(&mut self, path: &Path) -> Option<Arc<Tree>> {
        if let Some(known) = self.trees.get(path) {
            return known.clone();
        }
        let shown = if self.dotted && !path.starts_with(Component::ParentDir) {
            Path::new(".").join(path)
        } else {
            path.to_owned()
        };
        let source = if path.is_file() { read::text(&shown).ok() } else { None };
        let tree = source.map(|source| Arc::new(parse_yaml(&source, &Limits::default()).tree));
        self.trees.insert(path.to_owned(), tree.clone());
        tree
    }
}

fn list<'a>(root: Node<'a>, key: &str) -> impl Iterator<Item = Node<'a>> + use<'a> {
    root.get(key).into_iter().flat_map(Node::items)
}

fn text<'a>(node: Node<'a>, key: &str) -> Option<&'a str> {
    node.get(key).and_then(Node::scalar_text)
}

type Kinds<'a> = HashMap<(&'a str, &'a str), Vec<&'a Found>>;

struct Index<'a> {
    by_name: HashMap<(&'a str, &'a str, &'a str), Vec<&'a Found>>,
    by_kind: Kinds<'a>,
}

impl<'a> Index<'a> {
    fn new(found: &'a [Found]) -> Self {
        let mut index = Self { by_name: HashMap::new(), by_kind: HashMap::new() };
        for found in found {
            let (group, kind) = (found.group.as_str(), found.kind.as_str());
            index.by_name.entry((group, kind, &found.expected)).or_default().push(found);
            index.by_kind.entry((group, kind)).or_default().push(found);
        }
        index
    }

    /// The object that `rendered` was made from and its patches in order; nothing unless the object is certain.
    fn sources(&self, rendered: Node<'_>, kind: GroupKind<'_>) -> Vec<&'a SourceNode> {
        let metadata = rendered.get("metadata");
        let Some(name) = metadata.and_then(|metadata| text(metadata, "name")) else { return Vec::new() };
        let namespace = metadata.and_then(|metadata| text(metadata, "namespace"));
        let exact = self.by_name.get(&(kind.group, kind.kind, name)).map_or(&[][..], Vec::as_slice);
        let of_kind = self.by_kind.get(&(kind.group, kind.kind)).map_or(&[][..], Vec::as_slice);
        let object = the_only(exact, namespace, |found| found.role != Role::Patch)
            .or_else(|| {
                the_only(of_kind, namespace, |found| {
                    found.role == Role::Generator && is_hashed(name, &found.expected)
                })
            })
            .or_else(|| {
                the_only(of_kind, namespace, |found| found.role == Role::Object && name.contains(&found.name))
            });
        let Some(object) = object else { return Vec::new() };
        // A patch names the object as it is called where the patch is applied.
        let names = [object.name.as_str(), object.expected.as_str(), name];
        let patches =
            of_kind.iter().filter(|found| found.role == Role::Patch && names.contains(&found.name.as_str()));
        std::iter::once(object).chain(patches.copied()).map(|found| &found.source).collect()
    }
}

/// The one that `accepts`; of several the one with the namespace.
fn the_only<'a>(
    found: &[&'a Found],
    namespace: Option<&str>,
    accepts: impl Fn(&Found) -> bool,
) -> Option<&'a Found> {
    let accepted: Vec<&'a Found> = found.iter().copied().filter(|found| accepts(found)).collect();
    let one = |found: &[&'a Found]| match found {
        [one] => Some(*one),
        _ => None,
    };
    one(&accepted).or_else(|| {
        let here = accepted.into_iter().filter(|found| found.namespace.as_deref() == namespace);
        one(&here.collect::<Vec<_>>())
    })
}

/// Kustomize appends `-` and ten letters or digits of a hash.
fn is_hashed(name: &str, expected: &str) -> bool {
    name.strip_prefix(expected)
        .and_then(|rest| rest.strip_prefix('-'))
        .is_some_and(|hash| hash.len() == 10 && hash.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}
