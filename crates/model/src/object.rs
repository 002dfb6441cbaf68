use rampart_document::{FieldPath, Node, Source};

use crate::{GroupKind, Inventory, Labels, ObjectId, Origin, Unit};

/// One Kubernetes object of an [`Inventory`]; free to copy.
#[derive(Clone, Copy)]
pub struct Object<'a> {
    pub(crate) inventory: &'a Inventory,
    pub(crate) id: ObjectId,
}

impl<'a> Object<'a> {
    /// Its place in the inventory.
    pub fn id(self) -> ObjectId {
        self.id
    }

    /// The inventory that holds it.
    pub fn inventory(self) -> &'a Inventory {
        self.inventory
    }

    /// The object's root node: what field paths start from.
    pub fn node(self) -> Node<'a> {
        let record = self.inventory.record(self.id);
        self.inventory.unit_of(record).root(record.node)
    }

    /// The text it was read from.
    pub fn source(self) -> &'a Source {
        self.node().tree().source()
    }

    /// The unit that holds it.
    pub fn unit(self) -> &'a Unit {
        self.inventory.unit_of(self.inventory.record(self.id))
    }

    /// Where it came from.
    pub fn origin(self) -> &'a Origin {
        &self.unit().origin
    }

    /// `apiVersion` as written (or as the list that holds it says).
    pub fn api_version(self) -> &'a str {
        self.inventory.kind_of(self.id).api_version()
    }

    /// Group and kind; the group is the one that serves the kind today (`extensions` Deployments are `apps`).
    pub fn group_kind(self) -> GroupKind<'a> {
        self.inventory.kind_of(self.id).group_kind()
    }

    /// `kind`.
    pub fn kind(self) -> &'a str {
        self.group_kind().kind
    }

    /// `metadata`, if it is there.
    pub fn metadata(self) -> Option<Node<'a>> {
        self.node().get("metadata").filter(|node| !node.is_null())
    }

    /// True for a document that is no Kubernetes object (see [`Inventory::side_documents`]).
    pub fn is_side_document(self) -> bool {
        self.id.0 as usize >= self.inventory.len()
    }

    /// `metadata.name`, or `metadata.generateName`, or empty. Of a side document the end of its path.
    pub fn name(self) -> &'a str {
        if self.is_side_document() {
            return end_of_path(self.source().name());
        }
        let metadata = self.metadata();
        let text = |key| {
            metadata
                .and_then(|node| node.get(key))
                .and_then(Node::scalar_text)
                .filter(|text| !text.is_empty())
        };
        text("name").or_else(|| text("generateName")).unwrap_or("")
    }

    /// `metadata.namespace` as written; `None` for cluster-scoped objects and when the manifest leaves it open.
    pub fn namespace(self) -> Option<&'a str> {
        if self.is_cluster_scoped() {
            return None;
        }
        self.metadata()?.get("namespace")?.scalar_text().filter(|text| !text.is_empty())
    }

    /// The namespace it will live in: as written, else the one configured for the input, else `default`.
    /// `None` for cluster-scoped objects.
    pub fn effective_namespace(self) -> Option<&'a str> {
        if self.is_cluster_scoped() {
            return None;
        }
        Some(self.namespace().unwrap_or_else(|| self.inventory.default_namespace()))
    }

    /// True for kinds outside namespaces.
    pub fn is_cluster_scoped(self) -> bool {
        self.inventory.kind_of(self.id).cluster_scoped
    }

    /// `metadata.labels`.
    pub fn labels(self) -> Labels<'a> {
        Labels::new(self.metadata().and_then(|node| node.get("labels")))
    }

    /// `metadata.annotations`.
    pub fn annotations(self) -> Labels<'a> {
        Labels::new(self.metadata().and_then(|node| node.get("annotations")))
    }

    /// The owner reference with `controller: true`, as its node.
    pub fn controller(self) -> Option<Node<'a>> {
        let owners = self.metadata()?.get("ownerReferences")?;
        owners.items().find(|owner| owner.get("controller").and_then(Node::as_bool) == Some(true))
    }

    /// Group and kind of the [controller](Self::controller).
    pub fn controller_kind(self) -> Option<GroupKind<'a>> {
        let owner = self.controller()?;
        let kind = owner.get("kind").and_then(Node::scalar_text)?;
        Some(GroupKind::of(owner.get("apiVersion").and_then(Node::scalar_text).unwrap_or(""), kind))
    }

    /// True when it was read from files: as its author wrote it, or rendered from there.
    pub fn is_from_files(self) -> bool {
        matches!(self.origin(), Origin::File | Origin::Rendered { .. })
    }

    /// `spec`, if it is there.
    pub fn spec(self) -> Option<Node<'a>> {
        self.node().get("spec").filter(|node| !node.is_null())
    }

    /// The node at a path, null counting as absent.
    pub fn at(self, path: &FieldPath) -> Option<Node<'a>> {
        self.node().at(path).filter(|node| !node.is_null())
    }

    /// The node below the given field names, null counting as absent.
    pub fn field(self, names: &[&str]) -> Option<Node<'a>> {
        names.iter().try_fold(self.node(), |node, name| node.field(name))
    }
}

/// The file and the directory that holds it: what stays the same wherever a tree lies.
fn end_of_path(path: &str) -> &str {
    let mut slashes = path.rmatch_indices(['/', '\\']);
    slashes.nth(1).map_or(path, |(at, _)| &path[at + 1..])
}

impl std::fmt::Debug for Object<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

impl std::fmt::Display for Object<'_> {
    /// `Deployment payments/api`, `ClusterRole admin`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.namespace() {
            Some(namespace) => write!(f, "{} {namespace}/{}", self.kind(), self.name()),
            None => write!(f, "{} {}", self.kind(), self.name()),
        }
    }
}
