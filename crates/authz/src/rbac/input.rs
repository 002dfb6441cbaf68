//! What the engine is told: rules, roles, bindings, and what could not be read.

/// A rule as it stands in a role. An absent list is an empty one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PolicyRule<S = String> {
    /// `verbs`.
    pub verbs: Vec<S>,
    /// `apiGroups`.
    pub api_groups: Vec<S>,
    /// `resources`.
    pub resources: Vec<S>,
    /// `resourceNames`; empty means any.
    pub resource_names: Vec<S>,
    /// `nonResourceURLs`.
    pub non_resource_urls: Vec<S>,
}

/// Which of the two kinds of role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RoleKind {
    /// A namespaced `Role`.
    Role,
    /// A `ClusterRole`.
    ClusterRole,
}

impl RoleKind {
    /// The kind as manifests write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Role => "Role",
            Self::ClusterRole => "ClusterRole",
        }
    }
}

/// Where the rules of a role with an `aggregationRule` come from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Aggregation<'a> {
    /// The role has no `aggregationRule`.
    #[default]
    None,
    /// It has one, and its stored rules count: a controller fills them, and authorization reads only them. The names are
    /// those of the ClusterRoles that its selectors match.
    Stored(&'a [&'a str]),
    /// It has one, and no controller has filled it: its rules are those of the named ClusterRoles that its selectors
    /// match, computed to a fixed point.
    Computed(&'a [&'a str]),
}

/// A role to add.
#[derive(Debug, Clone, Copy)]
pub struct RoleInput<'a> {
    /// Namespace of a `Role`; none for a `ClusterRole`.
    pub namespace: Option<&'a str>,
    /// Name.
    pub name: &'a str,
    /// Its rules, in order.
    pub rules: &'a [super::RuleId],
    /// Aggregation, for ClusterRoles.
    pub aggregation: Aggregation<'a>,
    /// An id of the caller's that leads back to the object.
    pub origin: u32,
}

/// The kind of a subject, or another string that matches nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubjectKind {
    /// `User`.
    User,
    /// `Group`.
    Group,
    /// `ServiceAccount`.
    ServiceAccount,
    /// Anything else: the API server refuses it, and it matches nobody.
    Other,
}

impl SubjectKind {
    /// Reads the field `kind` of a subject; the API server's comparison is exact.
    pub fn parse(kind: &str) -> Self {
        match kind {
            "User" => Self::User,
            "Group" => Self::Group,
            "ServiceAccount" => Self::ServiceAccount,
            _ => Self::Other,
        }
    }

    /// The kind as manifests write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
            Self::ServiceAccount => "ServiceAccount",
            Self::Other => "unknown kind",
        }
    }
}

/// A subject of a binding.
#[derive(Debug, Clone, Copy)]
pub struct SubjectInput<'a> {
    /// Kind.
    pub kind: SubjectKind,
    /// Name.
    pub name: &'a str,
    /// Namespace of a service account; empty if not given.
    pub namespace: &'a str,
}

/// A binding to add.
#[derive(Debug, Clone, Copy)]
pub struct BindingInput<'a> {
    /// Namespace of a `RoleBinding`; none for a `ClusterRoleBinding`.
    pub namespace: Option<&'a str>,
    /// Name.
    pub name: &'a str,
    /// `roleRef.kind` as written.
    pub role_kind: &'a str,
    /// `roleRef.name`.
    pub role_name: &'a str,
    /// Its subjects, in order.
    pub subjects: &'a [SubjectInput<'a>],
    /// An id of the caller's that leads back to the object.
    pub origin: u32,
}

/// Something that could not be read. A denial that it touches becomes unknown; an allowance stands, since rules only
/// ever add rights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// What is missing.
    pub kind: GapKind,
    /// Namespace, for namespaced kinds; none means all namespaces.
    pub namespace: Option<String>,
    /// Namespaces that were read in full all the same.
    pub except: Vec<String>,
    /// Why, in words for the user.
    pub reason: String,
}

impl Gap {
    pub(crate) fn concerns(&self, namespace: &str) -> bool {
        match &self.namespace {
            Some(ours) => ours == namespace,
            None => !self.except.iter().any(|read| read == namespace),
        }
    }
}

/// Which kind of object a [`Gap`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GapKind {
    /// ClusterRoleBindings.
    ClusterRoleBindings,
    /// RoleBindings.
    RoleBindings,
    /// ClusterRoles.
    ClusterRoles,
    /// Roles.
    Roles,
}

impl GapKind {
    /// Plural resource name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClusterRoleBindings => "clusterrolebindings",
            Self::RoleBindings => "rolebindings",
            Self::ClusterRoles => "clusterroles",
            Self::Roles => "roles",
        }
    }
}
