//! What a policy does that its author hardly meant, and what it fails to record.

use rampart_document::Span;

use super::{AuditPolicy, AuditRule, GroupResources, Level};
use crate::rbac::url_matches;
use crate::request::{Identity, Request};

/// Kinds of problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// A field that the API server drops, and the one that was meant.
    UnknownField(String, Option<&'static str>),
    /// Every request that the rule matches is decided by the earlier rule of this index.
    Shadowed(usize),
    /// No request can match: this part never does.
    NeverMatches(String),
    /// Bodies with credentials are written, of these requests.
    LogsSecrets(&'static str),
    /// Requests that a detection needs are not written.
    Gap(&'static str),
}

/// A problem and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The problem.
    pub problem: Problem,
    /// Index of the rule; none if no rule matches.
    pub rule: Option<usize>,
    /// Where, if it is at a rule or field.
    pub span: Option<Span>,
}

const RBAC: &str = "rbac.authorization.k8s.io";
const ADMISSION: &str = "admissionregistration.k8s.io";

/// Requests whose bodies hold credentials: what they are, verb, resource, group.
const SECRETS: &[(&str, &str, &str, &str)] = &[
    ("reading Secrets", "get", "secrets", ""),
    ("listing Secrets", "list", "secrets", ""),
    ("writing Secrets", "update", "secrets", ""),
    ("reading ConfigMaps", "get", "configmaps", ""),
    ("writing ConfigMaps", "update", "configmaps", ""),
    ("requests for ServiceAccount tokens", "create", "serviceaccounts/token", ""),
    ("token reviews", "create", "tokenreviews", "authentication.k8s.io"),
];

/// Requests that detections and replays need at level Metadata.
const NEEDED: &[(&str, &str, &str, &str)] = &[
    ("reading Secrets", "get", "secrets", ""),
    ("requests for ServiceAccount tokens", "create", "serviceaccounts/token", ""),
    ("creating pods", "create", "pods", ""),
    ("commands in containers", "create", "pods/exec", ""),
    ("attaching to containers", "create", "pods/attach", ""),
    ("forwarding ports", "create", "pods/portforward", ""),
    ("debug containers", "patch", "pods/ephemeralcontainers", ""),
    ("the kubelet's API", "create", "nodes/proxy", ""),
    ("changes of namespaces", "patch", "namespaces", ""),
    ("changes of Roles", "update", "roles", RBAC),
    ("changes of ClusterRoles", "update", "clusterroles", RBAC),
    ("new RoleBindings", "create", "rolebindings", RBAC),
    ("new ClusterRoleBindings", "create", "clusterrolebindings", RBAC),
    ("changes of webhooks", "update", "mutatingwebhookconfigurations", ADMISSION),
    ("changes of admission policies", "update", "validatingadmissionpolicies", ADMISSION),
    ("approval of certificates", "update", "certificatesigningrequests/approval", "certificates.k8s.io"),
    ("new workloads", "create", "deployments", "apps"),
];

/// The problems of a policy, rule by rule, then what it misses.
pub fn lint(policy: &AuditPolicy) -> Vec<Finding> {
    let mut findings: Vec<Finding> = policy
        .unread
        .iter()
        .map(|unread| Finding {
            problem: Problem::UnknownField(unread.field.clone(), unread.meant),
            rule: policy
                .rules
                .iter()
                .position(|rule| rule.span.start <= unread.span.start && unread.span.end <= rule.span.end),
            span: Some(unread.span),
        })
        .collect();
    for (at, rule) in policy.rules.iter().enumerate() {
        let problem = match rule.impossible() {
            Some(part) => Some(Problem::NeverMatches(part)),
            None => {
                policy.rules[..at].iter().position(|earlier| earlier.contains(rule)).map(Problem::Shadowed)
            }
        };
        findings.extend(problem.map(|problem| Finding { problem, rule: Some(at), span: Some(rule.span) }));
    }
    let anybody = Identity::user("anybody", [""; 0]);
    let ask = |verb: &str, resource: &str, group: &str| {
        let request = Request::resource(verb, resource).in_group(group).in_namespace("default");
        policy.explain(&anybody, &request)
    };
    for &(what, verb, resource, group) in SECRETS {
        let verdict = ask(verb, resource, group);
        if verdict.level >= Level::Request {
            let span = verdict.rule.map(|rule| policy.rules[rule].span);
            findings.push(Finding { problem: Problem::LogsSecrets(what), rule: verdict.rule, span });
        }
    }
    for &(what, verb, resource, group) in NEEDED {
        let verdict = ask(verb, resource, group);
        if verdict.level < Level::Metadata {
            let span = verdict.rule.map(|rule| policy.rules[rule].span);
            findings.push(Finding { problem: Problem::Gap(what), rule: verdict.rule, span });
        }
    }
    findings
}

/// Whether every item that `narrow` allows is allowed by `wide`; an empty list allows all.
fn within(narrow: &[String], wide: &[String]) -> bool {
    wide.is_empty() || (!narrow.is_empty() && narrow.iter().all(|item| wide.contains(item)))
}

impl AuditRule {
    /// A part that no request has. Verbs are lower case.
    fn impossible(&self) -> Option<String> {
        let never =
            |verb: &&String| verb.is_empty() || verb.as_str() == "*" || verb.chars().any(char::is_uppercase);
        if !self.verbs.is_empty() && self.verbs.iter().all(|verb| never(&verb)) {
            return Some(format!("verbs {}", self.verbs.join(", ")));
        }
        if self.namespaces.iter().any(|namespace| namespace == "*") && self.namespaces.len() == 1 {
            return Some("namespaces *".to_owned());
        }
        None
    }

    /// Whether every request that `other` matches is matched by this rule.
    fn contains(&self, other: &Self) -> bool {
        let who = within(&other.users, &self.users) && within(&other.groups, &self.groups);
        if !who || !within(&other.verbs, &self.verbs) {
            return false;
        }
        let for_resources = |rule: &Self| !rule.namespaces.is_empty() || !rule.resources.is_empty();
        match (for_resources(self), self.urls.is_empty()) {
            (false, true) => true,
            (false, false) => {
                !for_resources(other)
                    && !other.urls.is_empty()
                    && other.urls.iter().all(|url| self.urls.iter().any(|wide| url_matches(wide, url)))
            }
            (true, _) => {
                for_resources(other)
                    && within(&other.namespaces, &self.namespaces)
                    && (self.resources.is_empty()
                        || (!other.resources.is_empty()
                            && other
                                .resources
                                .iter()
                                .all(|row| self.resources.iter().any(|wide| wide.contains(row)))))
            }
        }
    }
}

impl GroupResources {
    fn contains(&self, other: &Self) -> bool {
        (self.group == "*" || self.group == other.group)
            && (self.resources.is_empty()
                || (!other.resources.is_empty()
                    && within(&other.names, &self.names)
                    && other
                        .resources
                        .iter()
                        .all(|narrow| self.resources.iter().any(|wide| pattern_contains(wide, narrow)))))
    }
}

fn pattern_contains(wide: &str, narrow: &str) -> bool {
    if wide == "*" || wide == narrow {
        return true;
    }
    let (parent, child) = narrow.split_once('/').unwrap_or((narrow, ""));
    wide.strip_suffix("/*") == Some(parent)
        || (!child.is_empty() && child != "*" && wide.strip_prefix("*/") == Some(child))
}

#[cfg(test)]
mod tests {
    use super::super::tests::policy;
    use super::*;

    fn problems(text: &str) -> Vec<(Option<usize>, Problem)> {
        let findings = lint(&policy(text).expect("a policy"));
        findings.into_iter().map(|finding| (finding.rule, finding.problem)).collect()
    }

    #[test]
    fn shadowed_and_impossible_rules() {
        let seen = problems(
            "rules:
- {level: Metadata, resources: [{group: '', resources: ['pods/*', secrets]}, {group: apps}]}
- {level: None, resources: [{group: '', resources: [pods/log]}]}
- {level: None, resources: [{group: apps, resources: [deployments]}], verbs: [get], users: [amy]}
- {level: None, verbs: [GET, '*']}
- {level: None, nonResourceURLs: ['/healthz*']}
- {level: None, nonResourceURLs: [/healthz/x]}
- {level: Metadata}
- {level: Metadata, namespaces: [x], user: [amy]}
",
        );
        let shadowed = |rule, by| (Some(rule), Problem::Shadowed(by));
        let never = (Some(3), Problem::NeverMatches("verbs GET, *".to_owned()));
        let field = (Some(7), Problem::UnknownField("user".to_owned(), Some("users")));
        assert_eq!(seen, [field, shadowed(1, 0), shadowed(2, 0), never, shadowed(5, 4), shadowed(7, 6)]);
    }

    #[test]
    fn bodies_and_gaps() {
        let seen =
            problems("rules: [{level: RequestResponse, verbs: [create, update, patch]}, {level: None}]");
        let bodies = seen
            .iter()
            .filter(|(rule, problem)| *rule == Some(0) && matches!(problem, Problem::LogsSecrets(_)));
        assert_eq!(bodies.count(), 4);
        let gaps: Vec<_> = seen.iter().filter(|(_, problem)| matches!(problem, Problem::Gap(_))).collect();
        assert_eq!(gaps, [&(Some(1), Problem::Gap("reading Secrets"))]);
    }
}
