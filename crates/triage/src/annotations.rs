//! `rampart.dev/ignore` annotations.

use rampart_document::{FieldPath, Node};
use rampart_model::{Carriers, Object};

/// The annotation's key. Each line of its value is one directive.
pub(crate) const KEY: &str = "rampart.dev/ignore";

/// One annotation, with the part of the object that it speaks of.
pub(crate) struct Annotation<'a> {
    /// Where it stands.
    pub(crate) path: FieldPath,
    pub(crate) value: &'a str,
    /// It speaks of what is below this path.
    pub(crate) below: FieldPath,
}

/// The annotations of an object, and of the pod template that it carries.
pub(crate) fn of<'a>(object: Object<'a>, carriers: &Carriers) -> Vec<Annotation<'a>> {
    let mut found = Vec::new();
    found.extend(at(object, FieldPath::root()));
    if let Some(pod) = carriers.pod(object).filter(|pod| !pod.prefix.is_root()) {
        found.extend(at(object, pod.prefix));
    }
    found
}

fn at(object: Object<'_>, below: FieldPath) -> Option<Annotation<'_>> {
    let path = below.key("metadata").key("annotations").key(KEY);
    let value = object.node().at(&path).and_then(Node::scalar_text)?;
    Some(Annotation { path, value, below })
}
