//! The `type` of seccomp and AppArmor profiles.

use rampart_document::{Edit, FieldPath, Node};
use rampart_report::Fix;

/// `type` of a `seccompProfile` or `appArmorProfile`; absent and empty are `None`. A value of the wrong type counts as
/// set: the engine makes the answer `unknown`.
pub(crate) fn kind(profile: Option<Node<'_>>) -> Option<&str> {
    let node = profile?.field("type")?;
    Some(node.as_str().unwrap_or("?")).filter(|kind| !kind.is_empty())
}

/// Sets a profile's `type` to the runtime's own profile.
pub(crate) fn runtime_default(path: FieldPath) -> Fix {
    Fix::review("use the runtime's default profile", [Edit::set(path, "RuntimeDefault")])
}

/// Sets a profile annotation to the runtime's own profile.
pub(crate) fn runtime_default_annotation(path: FieldPath) -> Fix {
    Fix::review("use the runtime's default profile", [Edit::set(path, "runtime/default")])
}
