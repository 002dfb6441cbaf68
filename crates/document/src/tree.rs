//! The arena. Nodes lie in document order: a container is followed by its subtree, a mapping's children are
//! key, value, key, value; `next` is the index after the subtree. An alias is one node that points at its anchor.

use crate::{FieldPath, Segment, Source, Span, mismatches, scalar};

/// What a node is, as the API server's decoder would see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `null`, `~` or nothing.
    Null,
    /// A boolean (YAML 1.1 spellings included).
    Bool,
    /// An integer that fits 64 bits, with or without a sign. A YAML float without a fraction (`3.0`) is one too, since
    /// it becomes one on its way through JSON.
    Int,
    /// Any other number.
    Float,
    /// Text.
    Str,
    /// A list.
    Seq,
    /// A mapping with string keys.
    Map,
}

/// How a node is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// A bare scalar.
    Plain,
    /// `'…'`
    SingleQuoted,
    /// `"…"`
    DoubleQuoted,
    /// `|` or `>` text.
    BlockScalar,
    /// An indented mapping or list.
    Block,
    /// `{…}` or `[…]`, and everything in JSON.
    Flow,
    /// `*name`; the node read through it is the anchored one.
    Alias,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct NodeData {
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// Index after this node's subtree.
    pub(crate) next: u32,
    /// Container: number of children; scalar: index of its decoded text or `BORROWED`; alias: the anchored node.
    pub(crate) aux: u32,
    pub(crate) kind: Kind,
    pub(crate) style: Style,
    pub(crate) flags: u8,
}

/// The scalar's text is its span (without quotes).
pub(crate) const BORROWED: u32 = u32::MAX;
/// The mapping has a `<<` key; the key that is one; the list of mappings that stands after one.
pub(crate) const HAS_MERGE: u8 = 1;
/// The node carries an anchor.
pub(crate) const ANCHORED: u8 = 2;
/// The node carries a tag.
pub(crate) const TAGGED: u8 = 4;

/// All documents of one source.
#[derive(Debug)]
pub struct Tree {
    pub(crate) source: Source,
    pub(crate) nodes: Vec<NodeData>,
    pub(crate) strings: Vec<Box<str>>,
    pub(crate) documents: Vec<(u32, Span)>,
    pub(crate) format: Format,
}

/// What a source is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// YAML documents, split by `---`.
    Yaml,
    /// JSON values.
    Json,
}

impl Tree {
    pub(crate) fn new(source: Source, format: Format) -> Self {
        Self { source, nodes: Vec::new(), strings: Vec::new(), documents: Vec::new(), format }
    }

    /// What it was read as.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The text this tree was read from.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The root of every document, in order. Empty documents are left out.
    pub fn documents(&self) -> impl ExactSizeIterator<Item = Node<'_>> {
        self.documents.iter().map(|&(root, _)| Node::resolve(self, root))
    }

    /// The bytes of each document of [`Self::documents`], from its `---` or first line, leading comments included.
    pub fn document_spans(&self) -> impl ExactSizeIterator<Item = Span> {
        self.documents.iter().map(|&(_, span)| span)
    }

    /// The node with this [`Node::id`], if there is one.
    pub fn node(&self, id: u32) -> Option<Node<'_>> {
        ((id as usize) < self.nodes.len()).then(|| Node::resolve(self, id))
    }
}

/// A place in a [`Tree`]; a pair of a reference and an index, free to copy. Reading through an alias gives the
/// anchored node.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    tree: &'a Tree,
    id: u32,
}

impl<'a> Node<'a> {
    pub(crate) fn resolve(tree: &'a Tree, mut id: u32) -> Self {
        // An alias never points at an alias or at itself (the builder refuses both), so one step is enough.
        if tree.nodes[id as usize].style == Style::Alias {
            id = tree.nodes[id as usize].aux;
        }
        Self { tree, id }
    }

    pub(crate) fn data(self) -> &'a NodeData {
        &self.tree.nodes[self.id as usize]
    }

    /// The tree that holds this node.
    pub fn tree(self) -> &'a Tree {
        self.tree
    }

    /// Index in the tree; [`Tree::node`] reads it back.
    pub fn id(self) -> u32 {
        self.id
    }

    /// What the node is.
    pub fn kind(self) -> Kind {
        self.data().kind
    }

    /// How it is written.
    pub fn style(self) -> Style {
        self.data().style
    }

    /// The bytes it is written in (quotes and brackets included).
    pub fn span(self) -> Span {
        Span { start: self.data().start, end: self.data().end }
    }

    /// True for `null`. The API treats a null field as an absent one.
    pub fn is_null(self) -> bool {
        self.data().kind == Kind::Null
    }

    /// Number of entries of a mapping or elements of a list (merged entries not counted); 0 for scalars.
    pub fn len(self) -> usize {
        match self.kind() {
            Kind::Seq | Kind::Map => self.data().aux as usize,
            _ => 0,
        }
    }

    /// True when [`Self::len`] is 0.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The text of any scalar after unescaping, whatever its type; `None` for containers.
    pub fn scalar_text(self) -> Option<&'a str> {
        let data = self.data();
        match data.kind {
            Kind::Seq | Kind::Map => None,
            _ if data.aux != BORROWED => self.tree.strings.get(data.aux as usize).map(|text| &**text),
            _ => {
                let quotes = u32::from(matches!(data.style, Style::SingleQuoted | Style::DoubleQuoted));
                let span = Span { start: data.start + quotes, end: data.end.saturating_sub(quotes) };
                Some(self.tree.source.slice(span))
            }
        }
    }

    /// The text of a string. Null is absent; any other type is a [mismatch](mismatches) and `None`.
    pub fn as_str(self) -> Option<&'a str> {
        match self.kind() {
            Kind::Str => self.scalar_text(),
            _ => self.mismatch(),
        }
    }

    /// A boolean. Null is absent; any other type is a [mismatch](mismatches) and `None`.
    pub fn as_bool(self) -> Option<bool> {
        match self.kind() {
            Kind::Bool => self.scalar_text().map(scalar::bool_value),
            _ => self.mismatch(),
        }
    }

    /// An integer. Null is absent; any other type is a [mismatch](mismatches) and `None`.
    pub fn as_i64(self) -> Option<i64> {
        match self.kind() {
            // Above 63 bits no field of the API can take it.
            Kind::Int => self.scalar_text().and_then(scalar::int_value).or_else(|| self.mismatch()),
            _ => self.mismatch(),
        }
    }

    /// A number of any kind. Null is absent; any other type is a [mismatch](mismatches) and `None`.
    pub fn as_f64(self) -> Option<f64> {
        match self.kind() {
            Kind::Int | Kind::Float => self.scalar_text().and_then(scalar::float_value),
            _ => self.mismatch(),
        }
    }

    /// This node if it is a mapping. Null is absent; any other type is a [mismatch](mismatches).
    pub fn as_map(self) -> Option<Self> {
        if self.kind() == Kind::Map { Some(self) } else { self.mismatch() }
    }

    /// This node if it is a list. Null is absent; any other type is a [mismatch](mismatches).
    pub fn as_seq(self) -> Option<Self> {
        if self.kind() == Kind::Seq { Some(self) } else { self.mismatch() }
    }

    #[cold]
    fn mismatch<T>(self) -> Option<T> {
        if !self.is_null() {
            mismatches::record();
        }
        None
    }

    /// The value of a key, null included. A merge key (`<<`) counts where it stands: as in the API machinery's reader,
    /// what comes later wins. `None` when this is no mapping.
    pub fn get(self, key: &str) -> Option<Node<'a>> {
        if self.kind() != Kind::Map {
            return None;
        }
        if self.data().flags & HAS_MERGE != 0 {
            return self.get_merged(key).map(|(_, value)| value);
        }
        self.raw_entries().find(|(name, _)| name.scalar_text() == Some(key)).map(|(_, value)| value)
    }

    fn get_merged(self, key: &str) -> Option<(Node<'a>, Node<'a>)> {
        let mut found = None;
        for (name, value) in self.raw_entries() {
            if name.data().flags & HAS_MERGE != 0 {
                let merged = value.merge_sources().find_map(|source| source.entry(key));
                found = merged.or(found);
            } else if name.scalar_text() == Some(key) {
                found = Some((name, value));
            }
        }
        found
    }

    /// Key node and value of a key, as [`Self::get`] finds them.
    fn entry(self, key: &str) -> Option<(Node<'a>, Node<'a>)> {
        if self.data().flags & HAS_MERGE != 0 {
            return self.get_merged(key);
        }
        self.raw_entries().find(|(name, _)| name.scalar_text() == Some(key))
    }

    /// The value of a field as the API sees it: a null field is absent. A node that is neither a mapping nor null is
    /// a [mismatch](mismatches).
    pub fn field(self, key: &str) -> Option<Node<'a>> {
        match self.kind() {
            Kind::Map => self.get(key).filter(|node| !node.is_null()),
            _ => self.mismatch(),
        }
    }

    /// The node that carries a key's name, for pointing at it. Merged keys are found where they are written.
    pub fn key_node(self, key: &str) -> Option<Node<'a>> {
        if self.kind() == Kind::Map { self.entry(key).map(|(name, _)| name) } else { None }
    }

    /// All entries of a mapping, merged ones included (see [`Self::get`]). Empty otherwise.
    pub fn entries(self) -> Entries<'a> {
        let merges = self.kind() == Kind::Map && self.data().flags & HAS_MERGE != 0;
        if !merges {
            return Entries(EntriesInner::Plain(self.raw_entries()));
        }
        let mut all: Vec<(&'a str, Node<'a>, Node<'a>)> = Vec::new();
        let mut set =
            |entry: (&'a str, Node<'a>, Node<'a>)| match all.iter_mut().find(|(name, ..)| *name == entry.0) {
                Some(old) => *old = entry,
                None => all.push(entry),
            };
        for (name, value) in self.raw_entries() {
            if name.data().flags & HAS_MERGE == 0 {
                named((name, value)).into_iter().for_each(&mut set);
                continue;
            }
            let sources: Vec<_> = value.merge_sources().collect();
            // The first mapping of a list wins, so it comes last.
            sources.into_iter().rev().flat_map(Node::entries).for_each(&mut set);
        }
        Entries(EntriesInner::Merged(all.into_iter()))
    }

    /// The elements of a list. Empty when this is no list.
    pub fn items(self) -> Items<'a> {
        let left = if self.kind() == Kind::Seq { self.data().aux } else { 0 };
        Items { tree: self.tree, at: self.id + 1, left }
    }

    /// The node at `path` below this one, null included.
    pub fn at(self, path: &FieldPath) -> Option<Node<'a>> {
        path.segments().try_fold(self, |node, segment| match segment {
            Segment::Key(key) => node.get(&key),
            Segment::Index(index) => node.items().nth(index),
        })
    }

    pub(crate) fn raw_entries(self) -> RawEntries<'a> {
        let left = if self.kind() == Kind::Map { self.data().aux } else { 0 };
        RawEntries { tree: self.tree, at: self.id + 1, left }
    }

    /// The mappings that this value of a `<<` key brings in, in order of precedence.
    fn merge_sources(self) -> impl Iterator<Item = Node<'a>> {
        std::iter::once(self).filter(|node| node.kind() == Kind::Map).chain(self.items())
    }
}

impl std::fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {:?}", self.kind(), self.tree.source.slice(self.span()))
    }
}

fn named<'a>((key, value): (Node<'a>, Node<'a>)) -> Option<(&'a str, Node<'a>, Node<'a>)> {
    Some((key.scalar_text()?, key, value))
}

pub(crate) struct RawEntries<'a> {
    tree: &'a Tree,
    at: u32,
    left: u32,
}

impl<'a> Iterator for RawEntries<'a> {
    type Item = (Node<'a>, Node<'a>);
    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let value_id = self.tree.nodes[self.at as usize].next;
        let entry = (Node::resolve(self.tree, self.at), Node::resolve(self.tree, value_id));
        self.at = self.tree.nodes[value_id as usize].next;
        Some(entry)
    }
}

/// Iterator of [`Node::entries`]: key text, key node, value node.
pub struct Entries<'a>(EntriesInner<'a>);

enum EntriesInner<'a> {
    Plain(RawEntries<'a>),
    Merged(std::vec::IntoIter<(&'a str, Node<'a>, Node<'a>)>),
}

impl<'a> Iterator for Entries<'a> {
    type Item = (&'a str, Node<'a>, Node<'a>);
    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            EntriesInner::Plain(entries) => entries.find_map(named),
            EntriesInner::Merged(entries) => entries.next(),
        }
    }
}

/// Iterator of [`Node::items`].
pub struct Items<'a> {
    tree: &'a Tree,
    at: u32,
    left: u32,
}

impl<'a> Iterator for Items<'a> {
    type Item = Node<'a>;
    fn next(&mut self) -> Option<Node<'a>> {
        self.left = self.left.checked_sub(1)?;
        let node = Node::resolve(self.tree, self.at);
        self.at = self.tree.nodes[self.at as usize].next;
        Some(node)
    }
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left as usize, Some(self.left as usize))
    }
}

impl ExactSizeIterator for Items<'_> {}
