//! What a kind's objects may be called.

use crate::syntax;

/// The syntax of names of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NameRule {
    /// A DNS subdomain, the rule of most kinds.
    Subdomain,
    /// A DNS label.
    Label,
    /// A DNS label that starts with a letter.
    Label1035,
    /// Anything that fits in a URL path.
    PathSegment,
    /// A rule that depends on other fields; not checked here.
    Other,
    /// Objects are never stored, so they need no name.
    Unnamed,
}

/// The rule for a kind of a built-in group. Source: the validation of each kind in the API server.
pub(crate) fn rule_of(group_version: &str, kind: &str) -> NameRule {
    match (group_version.split('/').next().unwrap_or_default(), kind) {
        ("v1", "Namespace") => NameRule::Label,
        ("v1", "Service") => NameRule::Label1035,
        ("rbac.authorization.k8s.io", _) => NameRule::PathSegment,
        ("v1" | "events.k8s.io", "Event")
        | ("apiextensions.k8s.io" | "apiregistration.k8s.io" | "internal.apiserver.k8s.io", _)
        | ("networking.k8s.io", "IPAddress")
        | ("certificates.k8s.io", "ClusterTrustBundle") => NameRule::Other,
        ("authentication.k8s.io" | "authorization.k8s.io", _)
        | ("v1", "Binding")
        | (_, "DeploymentRollback")
        | ("policy", "Eviction") => NameRule::Unnamed,
        _ => NameRule::Subdomain,
    }
}

impl NameRule {
    /// The rule that `name` breaks, in words.
    pub(crate) fn problem(self, name: &str) -> Option<&'static str> {
        let (good, rule) = match self {
            Self::Other | Self::Unnamed => return None,
            Self::Subdomain => (
                syntax::is_subdomain(name),
                "it must be at most 253 lower-case letters, digits, `-` or `.`, each part between dots starting and \
                 ending with a letter or digit",
            ),
            Self::Label => (
                syntax::is_label(name),
                "it must be at most 63 lower-case letters, digits or `-`, starting and ending with a letter or digit",
            ),
            Self::Label1035 => (
                syntax::is_label_1035(name),
                "it must be at most 63 lower-case letters, digits or `-`, starting with a letter and ending with a \
                 letter or digit",
            ),
            Self::PathSegment => {
                (syntax::is_path_segment(name), "it must not be `.` or `..` and must not contain `/` or `%`")
            }
        };
        (!good).then_some(rule)
    }
}
