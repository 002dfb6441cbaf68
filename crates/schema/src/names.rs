//! What a kind's objects may be called.

use crate::{Version, syntax};

/// The syntax of names of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NameRule {
    /// A DNS subdomain, the rule of most kinds.
    Subdomain,
    /// A DNS subdomain of at most 52 bytes, so that a Job's suffix fits.
    CronJob,
    /// A DNS subdomain; an absent name is made up.
    Generated,
    /// A DNS label.
    Label,
    /// A DNS label that starts with a letter.
    Label1035,
    /// Anything that fits in a URL path; what the kind may ask beyond that depends on other fields.
    PathSegment,
    /// Objects are never stored, so they need no name.
    Unnamed,
}

/// The rule for a kind of a built-in group. Source: the validation of each kind in the API server, confirmed with 1.36.
pub(crate) fn rule_of(group_version: &str, kind: &str, version: Version) -> NameRule {
    let group = group_version.rsplit_once('/').map_or("", |(group, _)| group);
    match (group, kind) {
        ("", "Namespace") | ("apps", "StatefulSet") => NameRule::Label,
        ("", "Service") if version.at_least(36) => NameRule::Label,
        ("", "Service") => NameRule::Label1035,
        ("", "LimitRange") => NameRule::Generated,
        ("batch", "CronJob") => NameRule::CronJob,
        ("", "Event")
        | ("policy", "PodDisruptionBudget")
        | ("certificates.k8s.io", "CertificateSigningRequest" | "ClusterTrustBundle")
        | ("networking.k8s.io", "IPAddress")
        | (
            "rbac.authorization.k8s.io"
            | "apiextensions.k8s.io"
            | "apiregistration.k8s.io"
            | "internal.apiserver.k8s.io",
            _,
        ) => NameRule::PathSegment,
        ("authentication.k8s.io" | "authorization.k8s.io", _)
        | ("", "Binding")
        | ("policy", "Eviction")
        | (_, "DeploymentRollback") => NameRule::Unnamed,
        _ => NameRule::Subdomain,
    }
}

impl NameRule {
    /// The rule that `name` breaks, in words.
    pub(crate) fn problem(self, name: &str) -> Option<&'static str> {
        let (good, rule) = match self {
            Self::Unnamed => return None,
            Self::CronJob if name.len() > 52 => (false, "it must be at most 52 bytes long"),
            Self::Subdomain | Self::Generated | Self::CronJob => (
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
