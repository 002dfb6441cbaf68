//! Who but administrators can label namespaces.

use rampart_document::Node;
use rampart_document::mismatches::aside;
use rampart_model::{GroupKind, Object, ObjectId};

use crate::Context;
use crate::index::Named;

const RBAC: &str = "rbac.authorization.k8s.io";

impl<'a> Context<'a> {
    /// The first binding that lets somebody besides administrators and the cluster's own components change namespaces.
    pub(super) fn namespace_labeller(&self) -> Option<ObjectId> {
        *self.indexes().namespace_labeller.get_or_init(|| aside(|| find(self)))
    }
}

fn find(context: &Context<'_>) -> Option<ObjectId> {
    let kinds = ["ClusterRoleBinding", "RoleBinding"].map(|kind| GroupKind::new(RBAC, kind));
    let bindings = kinds.iter().flat_map(|&kind| context.inventory.of_kind(kind));
    let mut found = bindings.filter(|&binding| has_plain_subject(binding) && writes(binding, context));
    found.next().map(Object::id)
}

fn has_plain_subject(binding: Object<'_>) -> bool {
    binding.field(&["subjects"]).into_iter().flat_map(Node::items).any(|subject| {
        let text = |field| subject.get(field).and_then(Node::scalar_text).unwrap_or("");
        let system = match text("kind") {
            "ServiceAccount" => text("namespace") == "kube-system",
            "Group" => matches!(text("name"), "system:masters" | "system:nodes"),
            _ => text("name").starts_with("system:"),
        };
        !system
    })
}

/// True when the bound role may change namespaces and is not all-powerful.
fn writes(binding: Object<'_>, context: &Context<'_>) -> bool {
    let text = |field| binding.field(&["roleRef", field]).and_then(Node::scalar_text).unwrap_or("");
    let (named, namespace) = match text("kind") {
        "ClusterRole" => (Named::ClusterRole, None),
        _ => (Named::Role, binding.effective_namespace()),
    };
    let Some(role) = context.inventory.find(named.kind(), namespace, text("name")) else { return false };
    let rules = || role.field(&["rules"]).into_iter().flat_map(Node::items);
    let has = |rule: Node<'_>, field: &str, words: &[&str]| {
        let mut items = rule.get(field).into_iter().flat_map(Node::items);
        items.any(|item| item.scalar_text().is_some_and(|text| words.contains(&text)))
    };
    let admin =
        |rule| has(rule, "verbs", &["*"]) && has(rule, "resources", &["*"]) && has(rule, "apiGroups", &["*"]);
    let label = |rule: Node<'_>| {
        has(rule, "verbs", &["*", "update", "patch"])
            && has(rule, "resources", &["*", "namespaces"])
            && has(rule, "apiGroups", &["*", ""])
    };
    !rules().any(admin) && rules().any(label)
}
