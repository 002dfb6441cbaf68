use rampart_document::{FieldPath, Node, Segment};
use rampart_model::{ImageRef, Object};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::glob::Globs;

/// Which objects it is about; what is left out means all. `*` stands for any text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct ObjectPattern {
    /// E.g. `apps/*`.
    api_version: Globs,
    /// E.g. `DaemonSet`.
    kind: Globs,
    /// Objects of no namespace fit no pattern.
    namespace: Globs,
    /// E.g. `node-*`.
    name: Globs,
}

impl ObjectPattern {
    pub(crate) fn fits(&self, object: Object<'_>) -> bool {
        self.kind.fit(object.kind())
            && self.name.fit(object.name())
            && (self.namespace.is_open()
                || object.effective_namespace().is_some_and(|namespace| self.namespace.fit(namespace)))
            && self.api_version.fit(object.api_version())
    }
}

/// The image of the container that the path leads into, if it does.
pub(crate) fn image_at<'a>(object: Object<'a>, path: &FieldPath) -> Option<&'a str> {
    let mut node = object.node();
    let mut in_containers = false;
    let mut image = None;
    for segment in path.segments() {
        match segment {
            Segment::Key(key) => {
                in_containers = matches!(
                    &*key,
                    "containers" | "initContainers" | "ephemeralContainers" | "steps" | "sidecars"
                );
                node = node.get(&key)?;
            }
            Segment::Index(index) => {
                node = node.items().nth(index)?;
                if in_containers {
                    image = node.get("image").and_then(Node::scalar_text);
                }
            }
        }
        if image.is_some() {
            break;
        }
    }
    image
}

/// True when a pattern fits the image as written, or with its registry filled in.
pub(crate) fn image_fits(patterns: &Globs, image: &str) -> bool {
    if patterns.fit(image) {
        return true;
    }
    let Some(parts) = ImageRef::parse(image) else { return false };
    let mut full = parts.repository();
    if let Some(tag) = parts.tag {
        full.push_str(&format!(":{tag}"));
    }
    if let Some(digest) = parts.digest {
        full.push_str(&format!("@{digest}"));
    }
    patterns.fit(&full)
}

/// True when a pattern fits the path or one of its parents, with list elements by number or by their name.
pub(crate) fn path_fits(patterns: &Globs, path: &FieldPath, stable: impl FnOnce() -> String) -> bool {
    if patterns.is_open() {
        return true;
    }
    let fits = |text: &str| {
        let ends = text.match_indices(['.', '[']).map(|(at, _)| at).filter(|&at| at > 0);
        ends.chain([text.len()]).any(|end| patterns.fit(&text[..end]))
    };
    fits(path.as_str()) || fits(&stable())
}
