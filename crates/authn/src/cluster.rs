//! Questions about objects that a credential is bound to.

use rampart_document::Node;
use rampart_model::{GroupKind, Inventory};

use crate::outcome::{Check, Trail};

/// A credential lives only as long as this object: it must exist and have this uid.
pub(crate) fn bound(
    inventory: &Inventory,
    kind: &'static str,
    namespace: Option<&str>,
    name: &str,
    uid: &str,
    trail: &mut Trail,
) {
    let shown = namespace.map_or_else(|| format!("{kind} {name}"), |space| format!("{kind} {space}/{name}"));
    let group_kind = GroupKind::core(kind);
    let Some(object) = inventory.find(group_kind, namespace, name) else {
        match inventory.coverage().gap(group_kind, namespace) {
            None => trail.note(Check::Fail, "bound object", format!("{shown} does not exist"), None),
            Some(_) => trail.assume(format!("{shown} exists with uid {uid} (not in the input)")),
        }
        return;
    };
    match object.field(&["metadata", "uid"]).and_then(Node::as_str) {
        Some(own) if own == uid => {
            trail.note(Check::Pass, "bound object", format!("{shown} exists with this uid"), None);
        }
        Some(own) => {
            let detail = format!("{shown} has uid {own}, the token says {uid}: it was made for an older one");
            trail.note(Check::Fail, "bound object", detail, None);
        }
        None => trail.assume(format!("{shown} has uid {uid} (the manifest does not say)")),
    }
}

/// A text in base64, as Secrets hold it.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    let dense: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    base64::engine::general_purpose::STANDARD.decode(dense).ok()
}

/// Seconds since 1970 of a time as the API writes it.
pub fn seconds(time: &str) -> Option<i64> {
    rampart_expr::Timestamp::parse(time).map(|time| time.seconds)
}
