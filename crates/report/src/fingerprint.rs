use rampart_document::{Node, Segment};
use rampart_model::Object;
use sha2::{Digest as _, Sha256};

use crate::Finding;

/// A name of the finding that stays when lines move, list elements change order and files are renamed: a hash of rule,
/// object (group, kind, namespace, name), path with list elements by their `name`, and value class. 32 hex digits.
pub fn fingerprint(object: Object<'_>, finding: &Finding) -> String {
    let kind = object.group_kind();
    let path = stable_path(object, finding);
    let parts = [
        finding.detail.rule,
        kind.group,
        kind.kind,
        object.effective_namespace().unwrap_or(""),
        object.name(),
        &path,
        finding.detail.class,
    ];
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.as_bytes());
        hasher.update([0]);
    }
    hasher.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn stable_path(object: Object<'_>, finding: &Finding) -> String {
    let path = finding.path();
    let mut node = Some(object.node());
    let mut text = String::new();
    for segment in path.segments() {
        match segment {
            Segment::Key(key) => {
                node = node.and_then(|node| node.get(&key));
                text.push('.');
                text.push_str(&key);
            }
            Segment::Index(index) => {
                node = node.and_then(|node| node.items().nth(index));
                let name = node.and_then(|item| item.get("name")).and_then(Node::scalar_text);
                match name {
                    Some(name) => text.push_str(&format!("[{name}]")),
                    None => text.push_str(&format!("[{index}]")),
                }
            }
        }
    }
    text
}
