//! Changes as data, applied to text (every other byte kept) or to values.

mod apply;
mod block;
mod flow;
mod layout;
mod model;
mod plan;
mod render;
mod replacements;
mod stream;

use crate::FieldPath;

pub use apply::{Edited, apply, apply_all};
pub use model::apply_to_value;
pub use replacements::{Replacement, replacements};
pub use stream::{StreamChanges, apply_to_stream, to_yaml};

/// Why an [`Edit`] was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` cannot be edited: {reason}")]
pub struct EditError {
    /// The path of the edit.
    pub path: FieldPath,
    /// What stands in its way.
    pub reason: String,
}

/// One change of a document, as data: the same edit changes a file, a live object and the model.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    /// Where in the object.
    pub path: FieldPath,
    /// What happens there.
    pub operation: Operation,
}

/// What an [`Edit`] does at its path.
#[derive(Debug, Clone, PartialEq)]
pub enum Operation {
    /// The field gets this value; it and missing parents are created.
    Set(serde_json::Value),
    /// The field or list element goes away; nothing happens when it is absent.
    Remove,
    /// The field is created with this value; it is an error when it exists.
    Insert(serde_json::Value),
    /// The list gets one more element at its end; the list and missing parents are created.
    Append(serde_json::Value),
}

impl Edit {
    /// Sets a field, creating it and missing parents.
    pub fn set(path: FieldPath, value: impl Into<serde_json::Value>) -> Self {
        Self { path, operation: Operation::Set(value.into()) }
    }

    /// Removes a field or list element.
    pub fn remove(path: FieldPath) -> Self {
        Self { path, operation: Operation::Remove }
    }

    /// Creates a field that must not exist yet.
    pub fn insert(path: FieldPath, value: impl Into<serde_json::Value>) -> Self {
        Self { path, operation: Operation::Insert(value.into()) }
    }

    /// Appends an element to a list.
    pub fn append(path: FieldPath, value: impl Into<serde_json::Value>) -> Self {
        Self { path, operation: Operation::Append(value.into()) }
    }
}
