//! What a policy does that its author hardly meant, and what it fails to record.

use rampart_document::Span;

use super::{AuditPolicy, AuditRule, GroupResources, Level, Verdict};
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
const CERTIFICATES: &str = "certificates.k8s.io";

/// Requests of one purpose: what they are, their verbs, resource, group.
type Purpose = (&'static str, &'static [&'static str], &'static str, &'static str);

const WRITES: &[&str] = &["create", "update", "patch", "delete", "deletecollection"];
/// What the API server hands on keeps a connection open, with `get` from older clients.
const CONNECTS: &[&str] = &["create", "get"];

/// Requests whose bodies hold credentials.
const SECRETS: &[Purpose] = &[
    ("reading Secrets", &["get"], "secrets", ""),
    ("listing Secrets", &["list", "watch"], "secrets", ""),
    ("writing Secrets", &["update", "create", "patch"], "secrets", ""),
    ("reading ConfigMaps", &["get", "list", "watch"], "configmaps", ""),
    ("writing ConfigMaps", &["update", "create", "patch"], "configmaps", ""),
    ("requests for ServiceAccount tokens", &["create"], "serviceaccounts/token", ""),
    ("token reviews", &["create"], "tokenreviews", "authentication.k8s.io"),
];

/// Requests that detections and replays need at level Metadata.
const NEEDED: &[Purpose] = &[
    ("reading Secrets", &["get", "list", "watch"], "secrets", ""),
    ("writing Secrets", WRITES, "secrets", ""),
    ("reading ConfigMaps", &["get", "list"], "configmaps", ""),
    ("writing ConfigMaps", WRITES, "configmaps", ""),
    ("requests for ServiceAccount tokens", &["create"], "serviceaccounts/token", ""),
    ("token reviews", &["create"], "tokenreviews", "authentication.k8s.io"),
    ("writing pods", WRITES, "pods", ""),
    ("commands in containers", CONNECTS, "pods/exec", ""),
    ("attaching to containers", CONNECTS, "pods/attach", ""),
    ("forwarding ports", CONNECTS, "pods/portforward", ""),
    ("debug containers", &["patch", "update"], "pods/ephemeralcontainers", ""),
    ("the kubelet's API", CONNECTS, "nodes/proxy", ""),
    ("changes of namespaces", WRITES, "namespaces", ""),
    ("changes of Roles", WRITES, "roles", RBAC),
    ("changes of ClusterRoles", WRITES, "clusterroles", RBAC),
    ("changes of RoleBindings", WRITES, "rolebindings", RBAC),
    ("changes of ClusterRoleBindings", WRITES, "clusterrolebindings", RBAC),
    ("changes of mutating webhooks", WRITES, "mutatingwebhookconfigurations", ADMISSION),
    ("changes of validating webhooks", WRITES, "validatingwebhookconfigurations", ADMISSION),
    ("changes of admission policies", WRITES, "validatingadmissionpolicies", ADMISSION),
    ("bindings of admission policies", WRITES, "validatingadmissionpolicybindings", ADMISSION),
    ("requests for certificates", &["create"], "certificatesigningrequests", CERTIFICATES),
    ("approval of certificates", &["update", "patch"], "certificatesigningrequests/approval", CERTIFICATES),
    ("writing workloads", WRITES, "deployments", "apps"),
];

/// True when a request that matched leaves an event: the stages in which one is written are not all left out.
fn leaves_event(verdict: &Verdict<'_>, resource: &str) -> bool {
    let omitted = |stage: &str| verdict.omit_stages.iter().any(|omitted| omitted == stage);
    let stays_open = CONNECTED.contains(&resource);
    !(omitted("RequestReceived")
        && omitted("ResponseComplete")
        && (!stays_open || omitted("ResponseStarted")))
}

/// What stays open and so has a stage of its own.
const CONNECTED: [&str; 4] = ["pods/exec", "pods/attach", "pods/portforward", "nodes/proxy"];

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
    let mut say = |problem, verdict: &Verdict<'_>| {
        let span = verdict.rule.map(|rule| policy.rules[rule].span);
        findings.push(Finding { problem, rule: verdict.rule, span });
    };
    for &(what, verbs, resource, group) in SECRETS {
        let mut verdicts = verbs.iter().map(|verb| ask(verb, resource, group));
        let written =
            verdicts.find(|verdict| verdict.level >= Level::Request && leaves_event(verdict, resource));
        if let Some(verdict) = written {
            say(Problem::LogsSecrets(what), &verdict);
        }
    }
    for &(what, verbs, resource, group) in NEEDED {
        let mut verdicts = verbs.iter().map(|verb| ask(verb, resource, group));
        let gap =
            verdicts.find(|verdict| verdict.level < Level::Metadata || !leaves_event(verdict, resource));
        if let Some(verdict) = gap {
            say(Problem::Gap(what), &verdict);
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
        let seen = problems(
            "rules:
- {level: RequestResponse, verbs: [create, update, patch, delete, deletecollection]}
- {level: None, resources: [{group: '', resources: [secrets]}]}
- {level: Metadata}
",
        );
        let bodies = seen
            .iter()
            .filter(|(rule, problem)| *rule == Some(0) && matches!(problem, Problem::LogsSecrets(_)));
        assert_eq!(bodies.count(), 4);
        let gaps: Vec<_> = seen.iter().filter(|(_, problem)| matches!(problem, Problem::Gap(_))).collect();
        assert_eq!(gaps, [&(Some(1), Problem::Gap("reading Secrets"))]);
    }

    #[test]
    fn an_event_in_no_stage_is_none() {
        let text = "omitStages: [RequestReceived, ResponseComplete]\nrules: [{level: Request}]";
        let seen = problems(text);
        let of = |what| seen.contains(&(Some(0), Problem::Gap(what)));
        assert!(of("reading Secrets"));
        assert!(!of("commands in containers"), "what stays open has a stage of its own");
        assert!(!seen.iter().any(|(_, problem)| matches!(problem, Problem::LogsSecrets(_))));
    }
}
