//! Field paths from literal names.

use rampart_document::FieldPath;

/// The path of these field names, one below the other: `at(&["spec", "replicas"])`.
pub(crate) fn at(fields: &[&str]) -> FieldPath {
    let mut path = FieldPath::root();
    fields.iter().for_each(|field| path.push_key(field));
    path
}
