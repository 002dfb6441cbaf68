//! Configuration files of Kubernetes components, as documents of their own or as texts in ConfigMaps.

use memchr::memmem;
use rampart_document::{Edit, FieldPath, Limits, Node, Source, Tree, apply, parse_yaml};
use rampart_model::{GroupKind, Inventory, Object};

/// All configuration documents of components, in input order.
#[derive(Debug, Default)]
pub(crate) struct Configurations<'a> {
    all: Vec<Configuration<'a>>,
}

/// A configuration document of a component.
#[derive(Debug)]
pub(crate) struct Configuration<'a> {
    /// The object that is it or holds it.
    pub(crate) object: Object<'a>,
    held: Option<Held>,
}

/// A document in a text of a ConfigMap.
#[derive(Debug)]
struct Held {
    key: String,
    tree: std::sync::Arc<Tree>,
    document: usize,
}

/// What the groups of configuration kinds have in their names.
const GROUPS: [&str; 3] = ["config.k8s.io/", "kubeadm.k8s.io/", "audit.k8s.io/"];

fn is_configuration(kind: GroupKind<'_>) -> bool {
    kind.group.ends_with(".config.k8s.io") || matches!(kind.group, "kubeadm.k8s.io" | "audit.k8s.io")
}

impl<'a> Configurations<'a> {
    pub(crate) fn build(inventory: &'a Inventory) -> Self {
        let mut all = Vec::new();
        for (kind, ids) in inventory.kinds() {
            if is_configuration(kind) {
                all.extend(ids.iter().map(|&id| Configuration { object: inventory.object(id), held: None }));
            }
        }
        for object in inventory.of_kind(GroupKind::core("ConfigMap")) {
            let data = object.field(&["data"]);
            for (key, _, value) in data.into_iter().flat_map(Node::entries) {
                let text = value.scalar_text().unwrap_or("");
                if memmem::find(text.as_bytes(), b".k8s.io/").is_some()
                    && GROUPS.iter().any(|group| text.contains(group))
                {
                    held(object, key, text, &mut all);
                }
            }
        }
        all.sort_by_key(|configuration: &Configuration<'_>| configuration.object.id());
        Self { all }
    }

    /// One by its number, as [`Self::numbered`] gives it.
    pub(crate) fn get(&self, number: usize) -> Option<&Configuration<'a>> {
        self.all.get(number)
    }

    /// Those of a kind with their numbers.
    pub(crate) fn numbered(
        &self,
        kind: GroupKind<'static>,
    ) -> impl Iterator<Item = (usize, &Configuration<'a>)> {
        self.all.iter().enumerate().filter(move |(_, configuration)| configuration.kind() == kind)
    }

    /// Those of a kind.
    pub(crate) fn of_kind(&self, kind: GroupKind<'static>) -> impl Iterator<Item = &Configuration<'a>> {
        self.numbered(kind).map(|(_, configuration)| configuration)
    }

    /// The one that a flag means by its file: the one of that file name, or the only one there is.
    pub(crate) fn of_file(&self, kind: GroupKind<'static>, file: &str) -> Option<&Configuration<'a>> {
        let mut found = self.of_kind(kind);
        let first = found.next()?;
        if found.next().is_none() {
            return Some(first);
        }
        self.of_kind(kind).find(|configuration| configuration.file_name() == base(file))
    }
}

fn held<'a>(object: Object<'a>, key: &str, text: &str, all: &mut Vec<Configuration<'a>>) {
    let tree = std::sync::Arc::new(parse_yaml(&Source::new(key, text), &Limits::default()).tree);
    for (document, root) in tree.documents().enumerate() {
        if is_configuration(kind_of(root)) {
            let held = Held { key: key.to_owned(), tree: std::sync::Arc::clone(&tree), document };
            all.push(Configuration { object, held: Some(held) });
        }
    }
}

fn kind_of(root: Node<'_>) -> GroupKind<'_> {
    let text = |key| root.get(key).and_then(Node::scalar_text).unwrap_or("");
    GroupKind::of(text("apiVersion"), text("kind"))
}

fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

impl Configuration<'_> {
    /// Its root.
    pub(crate) fn node(&self) -> Node<'_> {
        let own = self.object.node();
        self.held.as_ref().and_then(|held| held.tree.documents().nth(held.document)).unwrap_or(own)
    }

    fn kind(&self) -> GroupKind<'_> {
        kind_of(self.node())
    }

    /// The field below these names, null counting as absent.
    pub(crate) fn field(&self, names: &[&str]) -> Option<Node<'_>> {
        names.iter().try_fold(self.node(), |node, name| node.field(name))
    }

    fn file_name(&self) -> &str {
        match &self.held {
            Some(held) => &held.key,
            None => base(self.object.source().name()),
        }
    }

    /// Where a field of it stands in its object: for a text in a ConfigMap, that text.
    pub(crate) fn path(&self, field: &FieldPath) -> FieldPath {
        match &self.held {
            Some(held) => FieldPath::root().key("data").key(&held.key),
            None => field.clone(),
        }
    }

    /// Edits of it as edits of its object; none when they cannot be made.
    pub(crate) fn edits(&self, edits: Vec<Edit>) -> Vec<Edit> {
        if self.held.is_none() || edits.is_empty() {
            return edits;
        }
        let text = apply(self.node(), &edits);
        text.map(|text| Edit::set(self.path(&FieldPath::root()), text)).into_iter().collect()
    }
}
