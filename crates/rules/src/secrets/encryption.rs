//! The API server's EncryptionConfiguration: which entry decides for a resource, and with which provider.

use rampart_document::{FieldPath, Node};
use rampart_model::{GroupKind, Object};

/// The kinds that hold it; the second is its old name, which the API server still reads.
pub(super) const KINDS: &[GroupKind<'static>] = &[
    GroupKind::new("apiserver.config.k8s.io", "EncryptionConfiguration"),
    GroupKind::core("EncryptionConfig"),
];

/// An entry of `resources`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'a> {
    /// Index in `resources`.
    pub(super) index: usize,
    node: Node<'a>,
}

/// How a provider keeps values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// In plain text.
    Identity,
    /// AES-CBC with a local key.
    AesCbc,
    /// AES-GCM with a local key.
    AesGcm,
    /// KMS v1.
    KmsV1,
    /// XSalsa20 and Poly1305 with a local key.
    Secretbox,
    /// KMS v2.
    KmsV2,
}

impl Kind {
    /// How well it keeps values: none, with known weaknesses, well beside its key, well.
    pub(super) fn strength(self) -> u8 {
        match self {
            Self::Identity => 0,
            Self::AesCbc | Self::AesGcm | Self::KmsV1 => 1,
            Self::Secretbox => 2,
            Self::KmsV2 => 3,
        }
    }
}

/// An element of `providers`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Provider<'a> {
    /// Index in `providers`.
    pub(super) index: usize,
    /// How it keeps values.
    pub(super) kind: Kind,
    /// Its field name.
    pub(super) name: &'a str,
    node: Node<'a>,
}

/// The entries of a configuration.
pub(super) fn entries(object: Object<'_>) -> impl Iterator<Item = Entry<'_>> {
    let list = object.field(&["resources"]).and_then(Node::as_seq);
    list.into_iter().flat_map(Node::items).enumerate().map(|(index, node)| Entry { index, node })
}

/// The entry that decides for a resource: the first that matches it. Source: the API server's
/// `pkg/server/options/encryptionconfig`, where an earlier wildcard masks what follows.
pub(super) fn deciding<'a>(object: Object<'a>, resource: &str, group: &str) -> Option<Entry<'a>> {
    entries(object).find(|entry| entry.resources().any(|(_, pattern)| covers(pattern, resource, group)))
}

/// `secrets`, `deployments.apps`, `*.apps`, `*.` (the core group), `*.*`.
pub(super) fn covers(pattern: &str, resource: &str, group: &str) -> bool {
    let (name, of) = pattern.split_once('.').unwrap_or((pattern, ""));
    let wildcard = name == "*" && pattern.contains('.');
    (wildcard && of == "*") || (of == group && (wildcard || name == resource))
}

impl<'a> Entry<'a> {
    /// `resources[i]`.
    pub(super) fn path(self) -> FieldPath {
        FieldPath::root().key("resources").index(self.index)
    }

    /// The patterns of resources with their indexes.
    pub(super) fn resources(self) -> impl Iterator<Item = (usize, &'a str)> {
        let list = self.node.field("resources").and_then(Node::as_seq);
        list.into_iter()
            .flat_map(Node::items)
            .enumerate()
            .filter_map(|(index, item)| Some((index, item.as_str()?)))
    }

    /// The providers that are known, in order.
    pub(super) fn providers(self) -> impl Iterator<Item = Provider<'a>> {
        let list = self.node.field("providers").and_then(Node::as_seq);
        list.into_iter().flat_map(Node::items).enumerate().filter_map(|(index, item)| {
            let (name, _, node) = item.entries().next()?;
            let version = || node.field("apiVersion").and_then(Node::as_str);
            let kind = match name {
                "identity" => Kind::Identity,
                "aescbc" => Kind::AesCbc,
                "aesgcm" => Kind::AesGcm,
                "secretbox" => Kind::Secretbox,
                "kms" if version() == Some("v2") => Kind::KmsV2,
                "kms" => Kind::KmsV1,
                _ => return None,
            };
            Some(Provider { index, kind, name, node })
        })
    }

    /// The provider that encrypts: the first. `None` when there is none or it is not known.
    pub(super) fn first(self) -> Option<Provider<'a>> {
        self.providers().next().filter(|provider| provider.index == 0)
    }

    /// The path of a provider of this entry.
    pub(super) fn provider_path(self, provider: Provider<'_>) -> FieldPath {
        self.path().key("providers").index(provider.index)
    }
}

impl<'a> Provider<'a> {
    /// The secrets of its local keys with their indexes, as written.
    pub(super) fn keys(self) -> impl Iterator<Item = (usize, &'a str)> {
        let list = self.node.get("keys").and_then(Node::as_seq);
        list.into_iter()
            .flat_map(Node::items)
            .enumerate()
            .filter_map(|(index, key)| Some((index, key.field("secret")?.as_str()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn patterns_match_as_in_the_api_server() {
        for (pattern, resource, group, want) in [
            ("secrets", "secrets", "", true),
            ("secrets", "secrets", "example.com", false),
            ("*.", "secrets", "", true),
            ("*.", "deployments", "apps", false),
            ("*.apps", "deployments", "apps", true),
            ("*.*", "deployments", "apps", true),
            ("tokens.example.com", "tokens", "example.com", true),
            ("*", "secrets", "", false),
        ] {
            assert_eq!(covers(pattern, resource, group), want, "{pattern} {resource}.{group}");
        }
    }
}
