//! The one builder of trees: every reader reports scalars, containers and aliases in document order; limits, duplicate
//! keys, merge keys and tags are judged here, once.

use std::borrow::Cow;
use std::collections::HashSet;

use rustc_hash::FxHashMap;

use crate::tree::{ANCHORED, BORROWED, HAS_MERGE, NodeData, TAGGED};
use crate::{Diagnostic, Kind, Limits, Node, Span, Style, Tree, scalar};

/// Boxed, because reading a document returns it through every level.
pub(crate) type Failure = Box<Diagnostic>;

pub(crate) fn failure(code: &'static str, span: Span, problem: impl Into<String>) -> Failure {
    Box::new(Diagnostic::error(code, span, problem))
}

/// Mappings larger than this find duplicate keys through a hash set.
const LINEAR_KEYS: usize = 24;

/// Builds one document at the end of `tree`; on failure the caller drops what was added.
pub(crate) struct Builder<'a, 'text> {
    pub(crate) tree: &'a mut Tree,
    limits: &'a Limits,
    open: Vec<Open<'text>>,
    /// The keys of all open mappings; each knows where its own begin.
    keys: Vec<(Cow<'text, str>, Span)>,
    anchors: FxHashMap<usize, Anchor>,
    first_node: usize,
    /// Nodes so far, aliases written out.
    expanded: u64,
    pub(crate) root: Option<u32>,
    /// JSON has neither merge keys nor types for keys.
    yaml: bool,
}

struct Open<'text> {
    node: u32,
    anchor: usize,
    expanded_before: u64,
    /// Deepest nesting below, aliases written out.
    height: usize,
    /// Where the last child ends.
    last_end: u32,
    /// Mapping only: the next child is a key.
    expects_key: bool,
    /// Mapping only: the last key was `<<`.
    merging: bool,
    first_key: usize,
    lookup: HashSet<Cow<'text, str>>,
}

#[derive(Clone, Copy)]
struct Anchor {
    node: u32,
    height: usize,
    /// `None` while the anchored container is still open.
    expanded: Option<u64>,
}

/// A scalar as a reader found it.
pub(crate) struct Scalar<'text> {
    /// After unescaping.
    pub(crate) text: Cow<'text, str>,
    pub(crate) kind: Kind,
    pub(crate) style: Style,
    pub(crate) anchor: usize,
    pub(crate) tagged: bool,
    /// With quotes, in the source.
    pub(crate) span: Span,
}

impl<'a, 'text> Builder<'a, 'text> {
    pub(crate) fn new(tree: &'a mut Tree, limits: &'a Limits, yaml: bool) -> Self {
        let first_node = tree.nodes.len();
        Self {
            tree,
            limits,
            open: Vec::new(),
            keys: Vec::new(),
            anchors: FxHashMap::default(),
            first_node,
            expanded: 0,
            root: None,
            yaml,
        }
    }

    /// True when the next node is the key of a mapping.
    pub(crate) fn expects_key(&self) -> bool {
        self.open.last().is_some_and(|open| open.expects_key)
    }

    pub(crate) fn scalar(&mut self, scalar: Scalar<'text>) -> Result<(), Failure> {
        let Scalar { mut text, mut kind, style, anchor, tagged, span } = scalar;
        let mut flags = properties(anchor, tagged);
        if self.expects_key() {
            let merge = self.yaml && style == Style::Plain && kind == Kind::Str && !tagged && text == "<<";
            if kind != Kind::Str {
                let problem = "a mapping key must be text, and this one has no text form";
                let name = scalar::key_text(&text).ok_or_else(|| failure("complex-key", span, problem))?;
                text = Cow::Owned(name.into_owned());
                kind = Kind::Str;
            }
            flags |= if merge { HAS_MERGE } else { 0 };
            self.key(text.clone(), merge, span)?;
        } else {
            self.value(kind, &text, style, span)?;
        }
        let aux = if self.tree.source.text().get(inner(span, style)) == Some(&*text) {
            BORROWED
        } else {
            self.tree.strings.push(text.into());
            self.tree.strings.len() as u32 - 1
        };
        let next = self.tree.nodes.len() as u32 + 1;
        let id =
            self.push(NodeData { start: span.start, end: span.end, next, aux, kind, style, flags }, 1)?;
        if anchor != 0 {
            self.anchors.insert(anchor, Anchor { node: id, height: 0, expanded: Some(1) });
        }
        Ok(())
    }

    /// Refuses scalar values that have no place in a Kubernetes object.
    fn value(&self, kind: Kind, text: &str, style: Style, span: Span) -> Result<(), Failure> {
        if self.open.last().is_some_and(|open| open.merging) || self.merge_list() {
            return Err(merge_wants_mapping(span));
        }
        if kind == Kind::Float && style != Style::BlockScalar && self.yaml && scalar::is_not_finite(text) {
            let problem = format!("`{text}` has no form in JSON, so no API server can take it");
            return Err(failure("not-json", span, problem));
        }
        Ok(())
    }

    fn key(&mut self, text: Cow<'text, str>, merge: bool, span: Span) -> Result<(), Failure> {
        let Some(open) = self.open.last_mut() else { return Ok(()) };
        open.merging = merge;
        if merge {
            self.tree.nodes[open.node as usize].flags |= HAS_MERGE;
            return Ok(());
        }
        let keys = &self.keys[open.first_key..];
        let known = if keys.len() < LINEAR_KEYS {
            keys.iter().any(|(key, _)| *key == text)
        } else {
            if open.lookup.is_empty() {
                open.lookup.extend(keys.iter().map(|(key, _)| key.clone()));
            }
            !open.lookup.insert(text.clone())
        };
        if known {
            let first = keys.iter().find(|(key, _)| *key == text).map_or(span, |&(_, span)| span);
            let problem = format!("duplicate key `{text}`: the API server would reject this document");
            return Err(Box::new(
                Diagnostic::error("duplicate-key", span, problem)
                    .related(first, "first given here")
                    .help("keep one of the two"),
            ));
        }
        self.keys.push((text, span));
        Ok(())
    }

    pub(crate) fn start(
        &mut self,
        kind: Kind,
        style: Style,
        anchor: usize,
        tagged: bool,
        span: Span,
    ) -> Result<(), Failure> {
        if self.expects_key() {
            return Err(complex_key(span));
        }
        let merging = self.open.last().is_some_and(|open| open.merging);
        if self.merge_list() && kind != Kind::Map {
            return Err(merge_wants_mapping(span));
        }
        self.room_for(1, span)?;
        let merge_list = if merging && kind == Kind::Seq { HAS_MERGE } else { 0 };
        let flags = properties(anchor, tagged) | merge_list;
        let expanded_before = self.expanded;
        let node =
            self.push(NodeData { start: span.start, end: span.end, next: 0, aux: 0, kind, style, flags }, 1)?;
        if anchor != 0 {
            self.anchors.insert(anchor, Anchor { node, height: 0, expanded: None });
        }
        self.open.push(Open {
            node,
            anchor,
            expanded_before,
            height: 1,
            last_end: span.start,
            expects_key: kind == Kind::Map,
            merging: false,
            first_key: self.keys.len(),
            lookup: HashSet::new(),
        });
        Ok(())
    }

    /// Closes the innermost container, which ends at `end`.
    pub(crate) fn end(&mut self, end: u32) {
        let Some(open) = self.open.pop() else { return };
        self.keys.truncate(open.first_key);
        let next = self.tree.nodes.len() as u32;
        let node = &mut self.tree.nodes[open.node as usize];
        node.next = next;
        node.end = end.max(node.start);
        if open.anchor != 0 {
            let expanded = Some(self.expanded - open.expanded_before);
            self.anchors.insert(open.anchor, Anchor { node: open.node, height: open.height, expanded });
        }
        if let Some(parent) = self.open.last_mut() {
            parent.height = parent.height.max(open.height + 1);
            parent.last_end = node.end;
        }
    }

    /// Where the last child of the innermost container ends; block containers end there too.
    pub(crate) fn last_end(&self) -> u32 {
        self.open.last().map_or(0, |open| open.last_end)
    }

    /// True when the next node is the value of a key.
    pub(crate) fn expects_value(&self) -> bool {
        self.open
            .last()
            .is_some_and(|open| !open.expects_key && self.tree.nodes[open.node as usize].kind == Kind::Map)
    }

    /// How the innermost container is written.
    pub(crate) fn style(&self) -> Option<Style> {
        self.open.last().map(|open| self.tree.nodes[open.node as usize].style)
    }

    pub(crate) fn alias(&mut self, anchor: usize, span: Span) -> Result<(), Failure> {
        let Some(&Anchor { node, height, expanded }) = self.anchors.get(&anchor) else {
            return Err(failure("unknown-anchor", span, "this alias has no anchor before it"));
        };
        let Some(expanded) = expanded else {
            let problem = "this alias stands inside its own anchor, so it would never end";
            return Err(failure("cyclic-alias", span, problem));
        };
        let target = self.tree.nodes[node as usize];
        let merging = self.open.last().is_some_and(|open| open.merging) || self.merge_list();
        if merging && target.kind != Kind::Map {
            return Err(merge_wants_mapping(span));
        }
        self.room_for(height, span)?;
        let mut node = node;
        if self.expects_key() {
            if matches!(target.kind, Kind::Seq | Kind::Map) {
                return Err(complex_key(span));
            }
            let text = Node::resolve(self.tree, node).scalar_text().unwrap_or_default().to_owned();
            return self.alias_key(text, target.kind, span);
        }
        // An alias points at the anchored node itself, never at another alias.
        if self.tree.nodes[node as usize].style == Style::Alias {
            node = self.tree.nodes[node as usize].aux;
        }
        if let Some(open) = self.open.last_mut() {
            open.height = open.height.max(height + 1);
        }
        let next = self.tree.nodes.len() as u32 + 1;
        let data =
            NodeData { start: span.start, end: span.end, next, aux: node, style: Style::Alias, ..target };
        self.push(data, expanded)?;
        Ok(())
    }

    /// An alias as a key stands for its text: it becomes a scalar written as the alias.
    fn alias_key(&mut self, text: String, kind: Kind, span: Span) -> Result<(), Failure> {
        let scalar =
            Scalar { text: Cow::Owned(text), kind, style: Style::BlockScalar, anchor: 0, tagged: true, span };
        self.scalar(scalar)
    }

    /// True inside the list of a `<<` key.
    fn merge_list(&self) -> bool {
        self.open.last().is_some_and(|open| {
            let node = &self.tree.nodes[open.node as usize];
            node.kind == Kind::Seq && node.flags & HAS_MERGE != 0
        })
    }

    fn room_for(&self, levels: usize, span: Span) -> Result<(), Failure> {
        if self.open.len() + levels > self.limits.depth {
            let problem =
                format!("nested deeper than {} levels; this document was not read", self.limits.depth);
            return Err(failure("too-deep", span, problem));
        }
        Ok(())
    }

    fn push(&mut self, data: NodeData, expanded: u64) -> Result<u32, Failure> {
        let id = self.tree.nodes.len() as u32;
        self.expanded = self.expanded.saturating_add(expanded);
        let written = (self.tree.nodes.len() - self.first_node + 1) as u64;
        if expanded > 1 && self.expanded - written > self.limits.expanded_nodes {
            let span = Span { start: data.start, end: data.end };
            let problem = "aliases make this document too large once written out; it was not read";
            return Err(failure("alias-expansion", span, problem));
        }
        match self.open.last_mut() {
            None => self.root = self.root.or(Some(id)),
            Some(parent) => {
                parent.last_end = data.end;
                let container = &mut self.tree.nodes[parent.node as usize];
                if container.kind == Kind::Seq {
                    container.aux += 1;
                } else {
                    container.aux += u32::from(parent.expects_key);
                    parent.merging &= parent.expects_key;
                    parent.expects_key = !parent.expects_key;
                }
            }
        }
        self.tree.nodes.push(data);
        Ok(id)
    }
}

/// The part of a scalar's span that is its text when it needed no unescaping.
fn inner(span: Span, style: Style) -> std::ops::Range<usize> {
    let quotes = usize::from(matches!(style, Style::SingleQuoted | Style::DoubleQuoted));
    let range = span.range();
    (range.start + quotes).min(range.end)..range.end.saturating_sub(quotes).max(range.start + quotes)
}

fn properties(anchor: usize, tagged: bool) -> u8 {
    let anchored = if anchor == 0 { 0 } else { ANCHORED };
    anchored | if tagged { TAGGED } else { 0 }
}

fn complex_key(span: Span) -> Failure {
    failure("complex-key", span, "a mapping key must be a plain value here, not a list or a mapping")
}

fn merge_wants_mapping(span: Span) -> Failure {
    failure("merge-key", span, "a merge key `<<` takes a mapping or a list of mappings")
}
