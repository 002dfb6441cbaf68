//! Documents that are no Kubernetes objects and still hold what rules look at: values of charts, kubeconfigs, files that
//! SOPS encrypted.

use rampart_document::{Kind, Node};

use crate::GroupKind;

const GROUP: &str = "rampart.dev";

/// Values for a Helm chart.
pub const HELM_VALUES: GroupKind<'static> = GroupKind::new(GROUP, "HelmValues");

/// A kubeconfig: clusters, users and contexts for clients of the API.
pub const KUBECONFIG: GroupKind<'static> = GroupKind::new(GROUP, "Kubeconfig");

/// A file that SOPS encrypted, when it is no Kubernetes object.
pub const SOPS_FILE: GroupKind<'static> = GroupKind::new(GROUP, "SopsFile");

/// The `apiVersion` that such documents are told under.
pub(crate) const API_VERSION: &str = "rampart.dev/v1";

/// What a document without an object is, by its content and the name of its file; `values` when it was given as values.
pub(crate) fn kind_of(root: Node<'_>, source: &str, values: bool) -> Option<GroupKind<'static>> {
    if root.kind() != Kind::Map {
        None
    } else if is_sops(root) {
        Some(SOPS_FILE)
    } else if values || is_values_name(source) {
        Some(HELM_VALUES)
    } else {
        is_kubeconfig(root).then_some(KUBECONFIG)
    }
}

/// `apiVersion: v1`, `kind: Config` with users or clusters: what `kubectl config` writes.
pub(crate) fn is_kubeconfig(root: Node<'_>) -> bool {
    let text = |key| root.get(key).and_then(Node::scalar_text);
    let lists = ["users", "clusters", "contexts"];
    text("kind") == Some("Config")
        && text("apiVersion") == Some("v1")
        && lists.iter().any(|key| root.get(key).is_some_and(|list| list.kind() == Kind::Seq))
}

/// SOPS writes its own key with a checksum beside what it encrypted.
fn is_sops(root: Node<'_>) -> bool {
    root.get("sops").is_some_and(|sops| sops.kind() == Kind::Map && sops.get("mac").is_some())
}

/// `values.yaml`, `values-prod.yaml`, `prod.values.yml`, and the like.
fn is_values_name(source: &str) -> bool {
    let name = source.rsplit(['/', '\\']).next().unwrap_or(source);
    let Some((stem, extension)) = name.rsplit_once('.') else { return false };
    let around =
        |rest: Option<&str>| rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '.', '_']));
    let behind = |rest: Option<&str>| rest.is_some_and(|rest| rest.ends_with(['-', '.', '_']));
    matches!(extension, "yaml" | "yml")
        && (around(stem.strip_prefix("values")) || behind(stem.strip_suffix("values")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rampart_document::{Limits, Source, parse_yaml};

    #[test]
    fn documents_are_told_by_content_and_name() {
        for (name, text, want) in [
            ("a/values.yaml", "image: nginx\n", Some(HELM_VALUES)),
            ("values-prod.yml", "image: nginx\n", Some(HELM_VALUES)),
            ("prod.values.yaml", "image: nginx\n", Some(HELM_VALUES)),
            ("evaluation.yaml", "image: nginx\n", None),
            ("values.json", "image: nginx\n", None),
            ("values.yaml", "- a\n", None),
            ("config", "apiVersion: v1\nkind: Config\nusers: []\n", Some(KUBECONFIG)),
            ("config", "apiVersion: v1\nkind: Config\n", None),
            ("secrets.yaml", "a: ENC[x]\nsops:\n  mac: ENC[y]\n", Some(SOPS_FILE)),
            ("secrets.yaml", "a: b\nsops: {}\n", None),
        ] {
            let parsed = parse_yaml(&Source::new(name, text), &Limits::default());
            let root = parsed.tree.documents().next().unwrap();
            assert_eq!(kind_of(root, name, false), want, "{name}: {text}");
        }
    }
}
