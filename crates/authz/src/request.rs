//! Who asks, and for what: the attributes an authorizer sees.

/// The group that is allowed everything before any authorizer is asked.
pub const MASTERS: &str = "system:masters";
/// The group of everybody who logged in.
pub const AUTHENTICATED: &str = "system:authenticated";
/// The group of requests without credentials.
pub const UNAUTHENTICATED: &str = "system:unauthenticated";
/// The user name of requests without credentials.
pub const ANONYMOUS: &str = "system:anonymous";
/// The group of all service accounts; with `:NAMESPACE` appended, of those of one namespace.
pub const SERVICE_ACCOUNTS: &str = "system:serviceaccounts";
/// User names of service accounts are this prefix, the namespace, a colon and the name.
pub const SERVICE_ACCOUNT_PREFIX: &str = "system:serviceaccount:";

/// A user as authentication hands it to authorization. Groups are taken as they are: use the constructors to get the
/// implicit ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// User name.
    pub name: String,
    /// All groups, implicit ones included.
    pub groups: Vec<String>,
    /// Opaque id, seen by webhooks only.
    pub uid: String,
    /// Extra attributes, seen by webhooks only.
    pub extra: Vec<(String, Vec<String>)>,
}

impl Identity {
    /// A user and groups exactly as given, as in a SubjectAccessReview.
    pub fn exact<G: Into<String>>(name: impl Into<String>, groups: impl IntoIterator<Item = G>) -> Self {
        Self { name: name.into(), groups: groups.into_iter().map(Into::into).collect(), ..Self::default() }
    }

    /// A user that logged in: the given groups and `system:authenticated`. Names of service accounts and the anonymous
    /// user get their own implicit groups instead.
    pub fn user<G: Into<String>>(name: &str, groups: impl IntoIterator<Item = G>) -> Self {
        let mut identity = if let Some((namespace, account)) = service_account_of(name) {
            Self::service_account(namespace, account)
        } else if name == ANONYMOUS {
            Self::exact(name, [UNAUTHENTICATED])
        } else {
            Self::exact(name, [AUTHENTICATED])
        };
        for group in groups {
            let group = group.into();
            if !identity.groups.contains(&group) {
                identity.groups.push(group);
            }
        }
        identity
    }

    /// The service account `namespace/name` with its three implicit groups.
    pub fn service_account(namespace: &str, name: &str) -> Self {
        Self::exact(
            service_account_user(namespace, name),
            [
                SERVICE_ACCOUNTS.to_owned(),
                format!("{SERVICE_ACCOUNTS}:{namespace}"),
                AUTHENTICATED.to_owned(),
            ],
        )
    }

    /// A request without credentials.
    pub fn anonymous() -> Self {
        Self::exact(ANONYMOUS, [UNAUTHENTICATED])
    }

    /// Whether the user is in `system:masters`.
    pub fn is_master(&self) -> bool {
        self.groups.iter().any(|group| group == MASTERS)
    }
}

/// The user name of a service account.
pub fn service_account_user(namespace: &str, name: &str) -> String {
    format!("{SERVICE_ACCOUNT_PREFIX}{namespace}:{name}")
}

/// Namespace and name, if `user` is a service account's name. Names with more colons belong to no service account.
pub fn service_account_of(user: &str) -> Option<(&str, &str)> {
    let (namespace, name) = user.strip_prefix(SERVICE_ACCOUNT_PREFIX)?.split_once(':')?;
    (!namespace.is_empty() && !name.is_empty() && !name.contains(':')).then_some((namespace, name))
}

/// One requirement of a field selector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldRequirement {
    /// Field path, such as `metadata.name`.
    pub field: String,
    /// Whether the field must equal the value (`=`, `==`, `in` with one value) or must not.
    pub equals: bool,
    /// The value.
    pub value: String,
}

/// One requirement of a label selector; only webhooks look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelRequirement {
    /// Label key.
    pub key: String,
    /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
    pub operator: String,
    /// Values, for the first two.
    pub values: Vec<String>,
}

/// A request for an API object or collection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResourceRequest {
    /// API group, empty for core.
    pub group: String,
    /// API version; empty is read as `*`.
    pub version: String,
    /// Plural resource name.
    pub resource: String,
    /// Subresource, or empty.
    pub subresource: String,
    /// Namespace, or empty for cluster scope and all namespaces.
    pub namespace: String,
    /// Object name, or empty.
    pub name: String,
    /// Requirements of the field selector.
    pub fields: Vec<FieldRequirement>,
    /// Requirements of the label selector.
    pub labels: Vec<LabelRequirement>,
}

/// What a request is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// An API object or collection.
    Resource(ResourceRequest),
    /// Any other path, such as `/healthz`.
    Path(String),
}

/// What is asked: a verb and its target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The verb: `get`, `list`, `create`, …; the lowercase HTTP method for paths.
    pub verb: String,
    /// What the verb is for.
    pub target: Target,
}

impl Request {
    /// A request for a resource, written `resource`, `resource/subresource`, with any group after it set by
    /// [`Self::in_group`].
    pub fn resource(verb: &str, resource: &str) -> Self {
        let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
        let target = ResourceRequest {
            resource: resource.to_owned(),
            subresource: subresource.to_owned(),
            ..ResourceRequest::default()
        };
        Self { verb: verb.to_owned(), target: Target::Resource(target) }
    }

    /// A request for a path that is no API object.
    pub fn path(verb: &str, path: &str) -> Self {
        Self { verb: verb.to_owned(), target: Target::Path(path.to_owned()) }
    }

    fn edit(mut self, change: impl FnOnce(&mut ResourceRequest)) -> Self {
        if let Target::Resource(target) = &mut self.target {
            change(target);
        }
        self
    }

    /// The same request in an API group.
    #[must_use]
    pub fn in_group(self, group: &str) -> Self {
        self.edit(|target| group.clone_into(&mut target.group))
    }

    /// The same request in a namespace.
    #[must_use]
    pub fn in_namespace(self, namespace: &str) -> Self {
        self.edit(|target| namespace.clone_into(&mut target.namespace))
    }

    /// The same request for one object.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        self.edit(|target| name.clone_into(&mut target.name))
    }

    /// The same request with one more `field=value` requirement. The API server takes the object's name from
    /// `metadata.name=X` when it reads a `list` or `watch` from HTTP (never for `deletecollection`), and so does this.
    #[must_use]
    pub fn with_field(mut self, field: &str, value: &str) -> Self {
        let names = matches!(self.verb.as_str(), "list" | "watch")
            && field == "metadata.name"
            && is_path_segment(value);
        if let Target::Resource(target) = &mut self.target {
            if names && target.name.is_empty() {
                value.clone_into(&mut target.name);
            }
            target.fields.push(FieldRequirement {
                field: field.to_owned(),
                equals: true,
                value: value.to_owned(),
            });
        }
        self
    }

    /// Whether the verb only reads.
    pub fn is_read_only(&self) -> bool {
        matches!(self.verb.as_str(), "get" | "list" | "watch")
    }
}

/// Whether `name` can be one segment of a URL path, which the API server asks of a name taken from a field selector.
pub(crate) fn is_path_segment(name: &str) -> bool {
    !matches!(name, "." | "..") && !name.contains(['/', '%'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn implicit_groups() {
        let table: [(&str, &[&str]); 4] = [
            ("alice", &["system:authenticated"]),
            ("system:anonymous", &["system:unauthenticated"]),
            (
                "system:serviceaccount:dev:bot",
                &["system:serviceaccounts", "system:serviceaccounts:dev", "system:authenticated"],
            ),
            ("system:serviceaccount:dev:a:b", &["system:authenticated"]),
        ];
        for (name, groups) in table {
            assert_eq!(Identity::user(name, [""; 0]).groups, groups, "{name}");
        }
    }

    #[test]
    fn the_name_comes_from_the_field_selector_of_a_list() {
        for (verb, value, want) in
            [("list", "db", "db"), ("watch", "db", "db"), ("deletecollection", "db", ""), ("list", "a/b", "")]
        {
            let request = Request::resource(verb, "secrets").with_field("metadata.name", value);
            let Target::Resource(target) = request.target else { panic!("a resource") };
            assert_eq!(target.name, want, "{verb} {value}");
        }
    }
}
