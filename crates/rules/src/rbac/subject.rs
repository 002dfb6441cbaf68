//! What rules about bindings share: reading subjects, and taking them away.

use rampart_authz::rbac::{RoleId, RoleKind, SubjectKind};
use rampart_document::{Edit, FieldPath, Node};
use rampart_model::{GroupKind, Object};
use rampart_report::{Fix, ObjectChange};

use crate::index::Rbac;
use crate::index::rbac::{CLUSTER_ROLE_BINDING, ROLE_BINDING};

/// The kinds that bind roles.
pub(super) const KINDS: &[GroupKind<'static>] = &[ROLE_BINDING, CLUSTER_ROLE_BINDING];

/// A subject of a binding.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject<'a> {
    /// Its place.
    pub(super) index: usize,
    /// Kind.
    pub(super) kind: SubjectKind,
    /// Name.
    pub(super) name: &'a str,
    /// Namespace of a ServiceAccount: its own, else the binding's.
    pub(super) namespace: Option<&'a str>,
}

impl<'a> Subject<'a> {
    /// Namespace and name of the ServiceAccount that it means, also as a user.
    pub(super) fn service_account(self) -> Option<(&'a str, &'a str)> {
        match self.kind {
            SubjectKind::ServiceAccount => Some((self.namespace?, self.name)),
            SubjectKind::User => rampart_authz::service_account_of(self.name),
            SubjectKind::Group | SubjectKind::Other => None,
        }
    }

    /// `Group ops`, `ServiceAccount shop/web`.
    pub(super) fn title(self) -> String {
        match (self.kind, self.namespace) {
            (SubjectKind::ServiceAccount, Some(namespace)) => {
                format!("ServiceAccount {namespace}/{}", self.name)
            }
            (kind, _) => format!("{} {}", kind.as_str(), self.name),
        }
    }

    /// Path of its name.
    pub(super) fn path(self) -> FieldPath {
        entry(self.index).key("name")
    }
}

fn entry(index: usize) -> FieldPath {
    FieldPath::root().key("subjects").index(index)
}

/// The subjects of a binding.
pub(super) fn subjects(binding: Object<'_>) -> impl Iterator<Item = Subject<'_>> {
    let items = binding.field(&["subjects"]).and_then(Node::as_seq).into_iter().flat_map(Node::items);
    items.enumerate().map(move |(index, node)| {
        let text = |key| node.field(key).and_then(Node::as_str);
        let namespace = text("namespace").filter(|text| !text.is_empty());
        Subject {
            index,
            kind: SubjectKind::parse(text("kind").unwrap_or("")),
            name: text("name").unwrap_or(""),
            namespace: namespace.or_else(|| binding.effective_namespace()),
        }
    })
}

/// What a binding's `roleRef` says.
#[derive(Debug, Clone, Copy)]
pub(super) struct RoleRef<'a> {
    /// Which kind of role.
    pub(super) kind: RoleKind,
    /// Its name.
    pub(super) name: &'a str,
    /// The role, if it was read or is built in.
    pub(super) role: Option<RoleId>,
}

impl RoleRef<'_> {
    /// `ClusterRole admin`.
    pub(super) fn title(self) -> String {
        format!("{} {}", self.kind.as_str(), self.name)
    }
}

/// The role of a binding; `None` when the reference is of no kind that exists.
pub(super) fn role_ref<'a>(rbac: &Rbac<'_>, binding: Object<'a>) -> Option<RoleRef<'a>> {
    let text = |key| binding.field(&["roleRef", key]).and_then(Node::as_str);
    let kind = match text("kind")? {
        "ClusterRole" => RoleKind::ClusterRole,
        "Role" => RoleKind::Role,
        _ => return None,
    };
    let name = text("name")?;
    let role = rbac.policy.find_role(kind, binding.effective_namespace().unwrap_or(""), name);
    Some(RoleRef { kind, name, role })
}

/// Takes a subject out of its binding, or the binding away when it is the only one.
pub(super) fn remove(binding: Object<'_>, subject: Subject<'_>) -> Fix {
    if subjects(binding).count() == 1 {
        return delete(binding);
    }
    Fix::review(format!("remove {} from the binding", subject.title()), [Edit::remove(entry(subject.index))])
}

/// Takes a binding away.
pub(super) fn delete(binding: Object<'_>) -> Fix {
    Fix::review(format!("delete {binding}"), []).with(ObjectChange::Delete { object: binding.id() })
}

/// True when a binding is the one of this name that Kubernetes creates itself: of this role, which gives nothing more than
/// Kubernetes' own.
pub(super) fn is_bootstrap(
    rbac: &Rbac<'_>,
    binding: Object<'_>,
    role_ref: &RoleRef<'_>,
    known: &[(&str, &str)],
) -> bool {
    known.contains(&(binding.name(), role_ref.name))
        && role_ref.role.is_none_or(|role| rbac.is_unchanged(role))
}
