use std::sync::Arc;

use rampart_document::{Node, Source, Span, Tree};

/// The file that a part of a rendered text was made from.
#[derive(Debug, Clone)]
pub struct Template {
    /// Bytes of the rendered text.
    pub span: Span,
    /// The file to open.
    pub source: Source,
    /// How places of the rendered text are found there.
    pub link: Link,
}

/// How a place of a rendered text is found in the files it was made from.
#[derive(Debug, Clone)]
pub enum Link {
    /// A template that is no YAML itself: by the text of the line.
    Lines,
    /// Mappings of parsed files, by field path: the object itself first, then what was laid over it, last wins. Empty
    /// when the object has no counterpart.
    Nodes(Vec<SourceNode>),
}

/// A mapping in a file that a rendered object was made from.
#[derive(Debug, Clone)]
pub struct SourceNode {
    tree: Arc<Tree>,
    node: u32,
}

impl SourceNode {
    /// The mapping with this [`Node::id`] of `tree`; `None` when there is no such node.
    pub fn new(tree: Arc<Tree>, node: u32) -> Option<Self> {
        tree.node(node)?;
        Some(Self { tree, node })
    }

    /// The mapping.
    pub fn node(&self) -> Option<Node<'_>> {
        self.tree.node(self.node)
    }
}
