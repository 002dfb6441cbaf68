//! From documents to objects: lists are unpacked, what is no Kubernetes object is left out.

use rampart_document::{Diagnostic, Kind, Node};

use crate::side::is_kubeconfig;

pub(crate) struct Found<'a> {
    pub(crate) objects: Vec<(Node<'a>, String, String)>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// Kinds that configure programs and have no `metadata`.
fn is_configuration(api_version: &str) -> bool {
    let group = api_version.split('/').next().unwrap_or("");
    group.ends_with(".config.k8s.io")
        || matches!(group, "kubeadm.k8s.io" | "kustomize.config.k8s.io" | "audit.k8s.io" | "apiserver.k8s.io")
        || matches!(
            group,
            "apiserver.config.k8s.io" | "abac.authorization.kubernetes.io" | "client.authentication.k8s.io"
        )
}

/// The objects of a document with their `apiVersion` and `kind`: itself, or the items of a list.
pub fn objects_of(root: Node<'_>) -> Vec<(Node<'_>, String, String)> {
    let mut found = Found { objects: Vec::new(), diagnostics: Vec::new() };
    unpack(root, &mut found);
    found.objects
}

/// Collects the objects of a document: itself, or the items of a `List` (nested lists too).
pub(crate) fn unpack<'a>(root: Node<'a>, found: &mut Found<'a>) {
    let text = |node: Node<'a>, key| {
        node.get(key).and_then(|value| (value.kind() == Kind::Str).then_some(value)?.scalar_text())
    };
    // A file may also be a plain array of objects.
    if root.kind() == Kind::Seq {
        root.items().filter(|item| item.kind() == Kind::Map).for_each(|item| unpack(item, found));
        return;
    }
    let (Some(api_version), Some(kind)) = (text(root, "apiVersion"), text(root, "kind")) else {
        if let Some(diagnostic) = half_an_object(root) {
            found.diagnostics.push(diagnostic);
        }
        return;
    };
    if api_version.is_empty() || kind.is_empty() || is_kubeconfig(root) {
        return;
    }
    if let Some(item_kind) = kind.strip_suffix("List")
        && let Some(items) = root.get("items").filter(|items| items.kind() == Kind::Seq || items.is_null())
    {
        for item in items.items() {
            let typed = (!item_kind.is_empty()).then_some(item_kind);
            match (text(item, "apiVersion").or(typed.map(|_| api_version)), text(item, "kind").or(typed)) {
                (Some(_), Some(kind)) if kind.ends_with("List") => unpack(item, found),
                (Some(api_version), Some(kind)) => push(item, api_version, kind, found),
                _ => {
                    let problem = "this list item has no apiVersion and kind, so it was not checked";
                    found.diagnostics.push(Diagnostic::error("missing-kind", item.span(), problem));
                }
            }
        }
        return;
    }
    push(root, api_version, kind, found);
}

fn push<'a>(node: Node<'a>, api_version: &str, kind: &str, found: &mut Found<'a>) {
    if node.kind() != Kind::Map {
        return;
    }
    let named = node.get("metadata").is_some_and(|metadata| {
        ["name", "generateName"].iter().any(|key| metadata.get(key).is_some_and(|name| !name.is_null()))
    });
    if !named && !is_configuration(api_version) {
        let at = node.key_node("metadata").or_else(|| node.get("kind")).unwrap_or(node);
        let problem = format!("this {kind} has no metadata.name: the API server would reject it");
        found
            .diagnostics
            .push(Diagnostic::error("missing-name", at.span(), problem).help("add metadata.name"));
    }
    found.objects.push((node, api_version.to_owned(), kind.to_owned()));
}

/// A mapping with one of `apiVersion` and `kind` and a `metadata.name` was meant to be an object.
fn half_an_object(root: Node<'_>) -> Option<Diagnostic> {
    let has = |key| root.get(key).is_some_and(|node| !node.is_null());
    let named = root.get("metadata").and_then(|node| node.get("name")).is_some();
    let missing = match (has("apiVersion"), has("kind")) {
        (true, false) if named => "kind",
        (false, true) if named => "apiVersion",
        _ => return None,
    };
    let problem = format!("this object has no {missing}, so it was not checked");
    Some(Diagnostic::error("missing-kind", root.span(), problem).help(format!("add {missing}")))
}
