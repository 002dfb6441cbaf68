//! Bytes to a tree with byte spans, field paths, and edits that keep comments and formatting.
//!
//! Every input (YAML, JSON) becomes the same compact tree: an arena of 20-byte nodes in document order whose
//! scalars are spans into the source text. Nothing is copied and nothing is decoded twice; unknown fields survive.
//!
//! Invariants: no I/O, no knowledge of Kubernetes, total on any bytes (bad input becomes a [`Diagnostic`]),
//! bounded depth, size and alias expansion ([`Limits`]).

mod build;
mod comments;
mod decode;
mod diagnostic;
mod diff;
mod edit;
mod json;
mod limits;
pub mod mismatches;
mod path;
mod scalar;
mod source;
mod tree;
mod value;
mod yaml;

pub use comments::{Comment, Comments};
pub use decode::{decode, lossy};
pub use diagnostic::{Diagnostic, Level};
pub use diff::unified_diff;
pub use edit::{
    Edit, EditError, Edited, Operation, Replacement, StreamChanges, apply, apply_all, apply_to_stream,
    apply_to_value, replacements, to_yaml,
};
pub use json::{parse_json, parse_json_lines};
pub use limits::Limits;
pub use path::{FieldPath, PathError, Segment};
pub use source::{Position, Source, Span};
pub use tree::{Entries, Format, Items, Kind, Node, Style, Tree};
pub use yaml::{document_ranges, parse_yaml, parse_yaml_ranges};

/// What parsing one source gave: the tree of every document that could be read, and what was wrong with the rest.
#[derive(Debug)]
pub struct Parsed {
    /// All documents that parsed, in source order.
    pub tree: Tree,
    /// What could not be read and why; a broken document costs that document only.
    pub diagnostics: Vec<Diagnostic>,
}

#[doc(hidden)]
pub mod fuzzing {
    pub use crate::yaml::both_ways;
}
