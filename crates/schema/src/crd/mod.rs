//! Custom resources: the structural schemas of CustomResourceDefinitions in the input.

mod check;
mod structural;

use rampart_document::{Kind, Node};
use rustc_hash::FxHashMap;

use crate::names::NameRule;
use crate::walk::{Place, Walk};
use crate::{SchemaError, Scope, Version, validate::metadata};
use structural::Structural;

/// The schemas of the custom resources that some input defines.
#[derive(Debug, Default)]
pub struct CrdSchemas {
    kinds: FxHashMap<Box<str>, Vec<CustomKind>>,
}

/// One version of a custom resource.
#[derive(Debug)]
pub struct CustomKind {
    /// `group/version`.
    pub group_version: Box<str>,
    /// The kind, as in manifests.
    pub kind: Box<str>,
    /// The resource, as in RBAC rules.
    pub plural: Box<str>,
    /// Namespaced or not.
    pub scope: Scope,
    /// Whether the API server answers for this version.
    pub served: bool,
    schema: Option<Structural>,
}

impl CrdSchemas {
    /// Reads a CustomResourceDefinition (v1 or v1beta1) and tells whether it was one. Versions without a schema are
    /// known, but nothing is claimed of their objects. A later definition of the same version takes the earlier
    /// one's place.
    pub fn add(&mut self, root: Node<'_>) -> bool {
        let text = |node: Node<'_>, key: &str| string(node, key).map(str::to_owned);
        let is_crd = text(root, "kind").as_deref() == Some("CustomResourceDefinition")
            && text(root, "apiVersion").is_some_and(|version| version.starts_with("apiextensions.k8s.io/"));
        let Some(spec) = root.get("spec").filter(|_| is_crd) else { return false };
        let (Some(group), Some(names)) = (string(spec, "group"), spec.get("names")) else { return false };
        let (Some(kind), Some(plural)) = (string(names, "kind"), string(names, "plural")) else {
            return false;
        };
        let scope = if string(spec, "scope") == Some("Cluster") { Scope::Cluster } else { Scope::Namespaced };
        // In v1beta1 the schema may stand above the versions, and unknown fields are kept unless the object says no.
        let beta = string(root, "apiVersion") == Some("apiextensions.k8s.io/v1beta1");
        let keeps = spec.get("preserveUnknownFields").filter(|node| node.kind() == Kind::Bool);
        let keeps = keeps.and_then(Node::as_bool).unwrap_or(beta);
        let shared = schema_of(spec.get("validation"));
        let mut add = |version: &str, served: bool, schema: Option<Node<'_>>| {
            let group_version: Box<str> = format!("{group}/{version}").into();
            let schema = schema.or(shared).map(|node| Structural::read(node, keeps));
            let custom =
                CustomKind { group_version, kind: kind.into(), plural: plural.into(), scope, served, schema };
            let known = self.kinds.entry(kind.into()).or_default();
            known.retain(|other| other.group_version != custom.group_version);
            known.push(custom);
        };
        let versions = spec.get("versions").filter(|node| node.kind() == Kind::Seq);
        for version in versions.into_iter().flat_map(Node::items) {
            if let Some(name) = string(version, "name") {
                let served = version.get("served").filter(|node| node.kind() == Kind::Bool);
                add(name, served.and_then(Node::as_bool).unwrap_or(false), schema_of(version.get("schema")));
            }
        }
        if let Some(name) = string(spec, "version").filter(|_| versions.is_none()) {
            add(name, true, None);
        }
        true
    }

    /// A custom kind by its manifest's `apiVersion` and `kind`.
    pub fn kind(&self, group_version: &str, kind: &str) -> Option<&CustomKind> {
        self.kinds.get(kind)?.iter().find(|custom| &*custom.group_version == group_version)
    }

    /// Where the objects of a custom resource are, by its group and plural name; `None` when no definition of it was read.
    pub fn resource(&self, group: &str, plural: &str) -> Option<Scope> {
        let same = |custom: &&CustomKind| {
            let own = custom.group_version.rsplit_once('/').map_or("", |(group, _)| group);
            own == group && &*custom.plural == plural
        };
        self.kinds.values().flatten().find(same).map(|custom| custom.scope)
    }

    /// Checks a custom resource: its fields against the schema of its definition, its metadata against the API of
    /// `version`. `None` when no schema for it was read.
    ///
    /// Types, unknown and required fields and closed sets of values are checked. Bounds, patterns, formats, CEL rules
    /// and `oneOf` and its like are not.
    pub fn validate(&self, root: Node<'_>, version: Version) -> Option<Vec<SchemaError>> {
        let custom = self.kind(string(root, "apiVersion")?, string(root, "kind")?)?;
        let schema = custom.schema.as_ref()?;
        let mut walk = Walk::new(version);
        check::object_root(&mut walk, root, schema, &Place::root());
        metadata(&mut walk, root, NameRule::Subdomain, custom.scope == Scope::Namespaced);
        Some(walk.errors)
    }
}

fn string<'a>(node: Node<'a>, key: &str) -> Option<&'a str> {
    node.get(key).filter(|node| node.kind() == Kind::Str).and_then(Node::scalar_text)
}

fn schema_of(holder: Option<Node<'_>>) -> Option<Node<'_>> {
    holder?.get("openAPIV3Schema").filter(|node| node.kind() == Kind::Map)
}

#[cfg(test)]
mod tests;
