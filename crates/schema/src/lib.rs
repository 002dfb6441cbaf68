//! The Kubernetes API's types, by minor version, and whether an object fits them.
//!
//! The tables are facts derived from the API's published description by `cargo xtask schema`; they are embedded and read
//! on first use (under a millisecond).
//!
//! Invariants: no I/O; total on any tree; an answer claims only what decoding and the API's description state, never
//! what the API server's further validation may add.

mod crd;
mod error;
mod names;
mod schema;
mod suggest;
mod syntax;
mod tables;
mod validate;
mod value;
mod version;
mod walk;

pub use crd::{CrdSchemas, CustomKind};
pub use error::{Problem, SchemaError};
pub use schema::{Field, KindInfo, Schema, Scope, Type, TypeId, TypeRef};
pub use suggest::nearest;
pub use validate::{validate, validate_as};
pub use version::{Version, VersionError};
