//! Whether a pod can need its API token.

use rampart_document::Node;
use rampart_model::{GroupKind, Inventory, Object};

/// A binding that gives rights to a service account, its groups included; `None` when none was read.
pub(super) fn binding_of<'a>(inventory: &'a Inventory, namespace: &str, account: &str) -> Option<Object<'a>> {
    let kind = |kind| GroupKind::new("rbac.authorization.k8s.io", kind);
    let mut bindings =
        inventory.of_kind(kind("ClusterRoleBinding")).chain(inventory.of_kind(kind("RoleBinding")));
    bindings.find(|binding| {
        let subjects = binding.field(&["subjects"]).into_iter().flat_map(Node::items);
        let own = binding.effective_namespace().unwrap_or("");
        subjects.into_iter().any(|subject| names(subject, own, namespace, account))
    })
}

fn names(subject: Node<'_>, own: &str, namespace: &str, account: &str) -> bool {
    let text = |key| subject.get(key).and_then(Node::scalar_text).unwrap_or("");
    let name = text("name");
    match text("kind") {
        "ServiceAccount" => {
            let theirs = Some(text("namespace")).filter(|given| !given.is_empty()).unwrap_or(own);
            name == account && theirs == namespace
        }
        "User" => name
            .strip_prefix("system:serviceaccount:")
            .is_some_and(|rest| rest.split_once(':') == Some((namespace, account))),
        "Group" => {
            matches!(name, "system:authenticated" | "system:serviceaccounts")
                || name.strip_prefix("system:serviceaccounts:") == Some(namespace)
        }
        _ => false,
    }
}
