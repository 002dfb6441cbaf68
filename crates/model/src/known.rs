//! Whether Kubernetes has the kind that an object claims to be.

use rampart_document::{Diagnostic, Node};
use rampart_schema::{Schema, Version};

/// True when `api_version` belongs to a built-in API group that has no such kind in any version.
pub(crate) fn is_unknown(api_version: &str, kind: &str) -> bool {
    let schema = Schema::for_version(Version::NEWEST);
    let group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
    schema.has_group(group) && schema.kind(api_version, kind).is_none()
}

/// What to say about an object of an [unknown](is_unknown) kind: the API server rejects it, and no rule looks at it.
pub(crate) fn unknown_kind(node: Node<'_>, api_version: &str, kind: &str) -> Diagnostic {
    let schema = Schema::for_version(Version::NEWEST);
    let at = node.get("kind").unwrap_or(node);
    let problem = format!(
        "{api_version} has no kind {kind}: the API server would reject this object; it was not checked"
    );
    let diagnostic = Diagnostic::error("unknown-kind", at.span(), problem);
    let same =
        schema.kinds().filter(|known| known.kind == kind && known.served && !known.plural.contains('/'));
    let elsewhere = same
        .map(|known| known.group_version)
        .min_by_key(|version| version.contains("alpha") || version.contains("beta"));
    match elsewhere {
        Some(group_version) => diagnostic.help(format!("{kind} is in {group_version}")),
        None => diagnostic.help("check apiVersion and kind"),
    }
}
