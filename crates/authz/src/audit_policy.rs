//! Audit policies (`audit.k8s.io/v1`): which rule decides what is written of a request, and what is wrong with a policy.

mod generate;
mod lint;
mod parse;

pub use generate::{ClusterSize, generate};
pub use lint::{Finding, Problem, lint};
pub use parse::{PolicyError, Unread};

use rampart_document::Span;

use crate::rbac::url_matches;
use crate::request::{Identity, Request, Target};

/// How much of a request is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Nothing.
    None,
    /// Who, what, when and the answer.
    Metadata,
    /// And the request's body.
    Request,
    /// And the answer's body.
    RequestResponse,
}

impl Level {
    /// The level as policies write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Metadata => "Metadata",
            Self::Request => "Request",
            Self::RequestResponse => "RequestResponse",
        }
    }
}

/// Resources of one API group in a rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct GroupResources {
    group: String,
    resources: Vec<String>,
    names: Vec<String>,
}

/// A rule of a policy. An empty list matches everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRule {
    /// What is written of requests that match.
    pub level: Level,
    /// Stages that are not written, those of the whole policy included.
    pub omit_stages: Vec<String>,
    /// Where the rule stands.
    pub span: Span,
    users: Vec<String>,
    groups: Vec<String>,
    verbs: Vec<String>,
    namespaces: Vec<String>,
    resources: Vec<GroupResources>,
    urls: Vec<String>,
}

/// A policy that the API server would load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditPolicy {
    /// Its rules in order.
    pub rules: Vec<AuditRule>,
    /// Stages that are never written.
    pub omit_stages: Vec<String>,
    /// Fields that the API server drops without a word.
    pub unread: Vec<Unread>,
}

/// What a policy says of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict<'a> {
    /// How much is written.
    pub level: Level,
    /// Index of the first rule that matches; none means nothing is written.
    pub rule: Option<usize>,
    /// Stages that are not written.
    pub omit_stages: &'a [String],
}

impl AuditPolicy {
    /// What is written of a request: the first rule that matches decides, and without one nothing is.
    pub fn explain(&self, identity: &Identity, request: &Request) -> Verdict<'_> {
        match self.rules.iter().position(|rule| rule.matches(identity, request)) {
            Some(at) => Verdict {
                level: self.rules[at].level,
                rule: Some(at),
                omit_stages: &self.rules[at].omit_stages,
            },
            None => Verdict { level: Level::None, rule: None, omit_stages: &self.omit_stages },
        }
    }
}

impl AuditRule {
    fn matches(&self, identity: &Identity, request: &Request) -> bool {
        let any = |list: &[String], item: &str| list.is_empty() || list.iter().any(|known| known == item);
        any(&self.users, &identity.name)
            && (self.groups.is_empty() || identity.groups.iter().any(|group| self.groups.contains(group)))
            && any(&self.verbs, &request.verb)
            && match &request.target {
                Target::Path(path) => {
                    self.namespaces.is_empty()
                        && self.resources.is_empty()
                        && (self.urls.is_empty() || self.urls.iter().any(|url| url_matches(url, path)))
                }
                Target::Resource(target) => {
                    // Namespaces and resources outrank paths; a rule with paths only is for paths.
                    let for_resources =
                        !self.namespaces.is_empty() || !self.resources.is_empty() || self.urls.is_empty();
                    for_resources
                        && any(&self.namespaces, &target.namespace)
                        && (self.resources.is_empty()
                            || self.resources.iter().any(|row| {
                                row.matches(
                                    &target.group,
                                    &target.resource,
                                    &target.subresource,
                                    &target.name,
                                )
                            }))
                }
            }
    }
}

impl GroupResources {
    fn matches(&self, group: &str, resource: &str, subresource: &str, name: &str) -> bool {
        if self.group != "*" && self.group != group {
            return false;
        }
        self.resources.is_empty()
            || ((self.names.is_empty() || self.names.iter().any(|known| known == name))
                && self.resources.iter().any(|pattern| resource_matches(pattern, resource, subresource)))
    }
}

/// `*`, the same resource (with its subresource), `*/subresource`, or `resource/*`, which here means the resource too.
fn resource_matches(pattern: &str, resource: &str, subresource: &str) -> bool {
    let same = match pattern.split_once('/') {
        None => pattern == resource && subresource.is_empty(),
        Some((parent, child)) => {
            (parent == resource && child == subresource && !subresource.is_empty())
                || (parent == "*" && child == subresource && !subresource.is_empty())
        }
    };
    pattern == "*" || same || pattern.strip_suffix("/*") == Some(resource)
}

#[cfg(test)]
mod tests {
    use rampart_document::{Limits, Source, parse_yaml};

    use super::*;

    pub(super) fn policy(text: &str) -> Result<AuditPolicy, Vec<PolicyError>> {
        let text = format!("apiVersion: audit.k8s.io/v1\nkind: Policy\n{text}");
        let parsed = parse_yaml(&Source::new("policy.yaml", text), &Limits::default());
        let root = parsed.tree.documents().next().expect("a document");
        AuditPolicy::read(root)
    }

    #[test]
    fn resources_match_as_the_server_does() {
        for (pattern, resource, subresource, want) in [
            ("pods", "pods", "", true),
            ("pods", "pods", "log", false),
            ("pods/log", "pods", "log", true),
            ("pods/*", "pods", "log", true),
            ("pods/*", "pods", "", true),
            ("*/scale", "deployments", "scale", true),
            ("*/scale", "deployments", "", false),
            ("*", "pods", "log", true),
            ("po*", "pods", "", false),
        ] {
            assert_eq!(
                resource_matches(pattern, resource, subresource),
                want,
                "{pattern} {resource}/{subresource}"
            );
        }
    }

    #[test]
    fn the_first_rule_that_matches_decides() {
        let policy = policy(
            "omitStages: [RequestReceived]
rules:
- {level: None, users: [system:kube-proxy], verbs: [watch]}
- {level: None, nonResourceURLs: ['/healthz*']}
- {level: Metadata, resources: [{group: '', resources: [secrets]}], omitStages: [Panic]}
- {level: RequestResponse, namespaces: [prod]}
- {level: Request, resources: [{group: apps}], userGroups: [ops]}
",
        )
        .expect("a policy");
        let amy = Identity::user("amy", ["ops"]);
        let proxy = Identity::user("system:kube-proxy", [""; 0]);
        for (who, request, level, rule) in [
            (&proxy, Request::resource("watch", "secrets"), Level::None, Some(0)),
            (&amy, Request::path("get", "/healthz/x"), Level::None, Some(1)),
            (&amy, Request::path("get", "/x"), Level::None, None),
            (&amy, Request::resource("get", "secrets"), Level::Metadata, Some(2)),
            (&amy, Request::resource("get", "pods").in_namespace("prod"), Level::RequestResponse, Some(3)),
            (&amy, Request::resource("get", "deployments/scale").in_group("apps"), Level::Request, Some(4)),
            (&proxy, Request::resource("get", "deployments").in_group("apps"), Level::None, None),
        ] {
            let verdict = policy.explain(who, &request);
            assert_eq!((verdict.level, verdict.rule), (level, rule), "{request:?}");
        }
        assert_eq!(policy.rules[2].omit_stages, ["Panic", "RequestReceived"]);
    }
}
