//! ABAC policy files: one JSON object a line, versions `v1beta1` and the unversioned form before it.

use serde::Deserialize;
use thiserror::Error;

use crate::answer::{Answer, Because};
use crate::rbac::url_matches;
use crate::request::{AUTHENTICATED, Identity, Request, Target};

/// A line that the API server would not start with.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}: {what}")]
pub struct AbacError {
    /// Line of the file, counted from 1.
    pub line: u32,
    /// What is wrong with it.
    pub what: String,
}

/// One line of a policy file, in the form that is matched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Rule {
    line: u32,
    user: String,
    group: String,
    readonly: bool,
    api_group: String,
    resource: String,
    namespace: String,
    path: String,
}

/// A policy file as loaded: it grants only, in the order of its lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AbacPolicy {
    rules: Vec<Rule>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Spec {
    user: Option<String>,
    group: Option<String>,
    readonly: Option<bool>,
    api_group: Option<String>,
    resource: Option<String>,
    namespace: Option<String>,
    non_resource_path: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Line {
    api_version: Option<String>,
    kind: Option<String>,
    spec: Option<Spec>,
    #[serde(flatten)]
    unversioned: Spec,
}

impl AbacPolicy {
    /// Reads a policy file. Blank lines and lines that start with `#` are skipped.
    ///
    /// # Errors
    /// The first line that is not a policy: the API server does not start with such a file.
    pub fn parse(text: &str) -> Result<Self, AbacError> {
        let mut rules = Vec::new();
        for (number, text) in (1u32..).zip(text.lines()) {
            let trimmed = text.trim();
            if trimmed.is_empty() || trimmed.starts_with('#') {
                continue;
            }
            let fail = |what: String| AbacError { line: number, what };
            let line: Line = serde_json::from_str(text).map_err(|error| fail(error.to_string()))?;
            rules.push(line.rule(number).map_err(fail)?);
        }
        Ok(Self { rules })
    }

    /// What the policy says of a request: the first line that matches allows it.
    pub fn authorize(&self, identity: &Identity, request: &Request) -> Answer {
        match self.rules.iter().find(|rule| rule.allows(identity, request)) {
            Some(rule) => Answer::allow(Because::Abac(rule.line), ""),
            None => Answer::no_opinion("No policy matched."),
        }
    }

    /// The numbers of all lines that allow a request.
    pub fn all_lines(&self, identity: &Identity, request: &Request) -> Vec<u32> {
        self.rules.iter().filter(|rule| rule.allows(identity, request)).map(|rule| rule.line).collect()
    }
}

impl Line {
    fn rule(self, line: u32) -> Result<Rule, String> {
        let version = self.api_version.unwrap_or_default();
        let kind = self.kind.unwrap_or_default();
        match (version.as_str(), kind.as_str()) {
            ("abac.authorization.kubernetes.io/v1beta1", "Policy") => {
                Ok(v1beta1(line, self.spec.unwrap_or_default()))
            }
            ("" | "abac.authorization.kubernetes.io/v0", "" | "Policy") => {
                Ok(unversioned(line, self.unversioned))
            }
            _ => Err(format!("no such kind of policy: apiVersion {version:?}, kind {kind:?}")),
        }
    }
}

fn v1beta1(line: u32, spec: Spec) -> Rule {
    let mut rule = plain(line, spec);
    all_authenticated(&mut rule);
    rule
}

/// Before v1beta1 an absent property meant everything.
fn unversioned(line: u32, spec: Spec) -> Rule {
    let mut rule = plain(line, spec);
    if rule.user.is_empty() && rule.group.is_empty() {
        AUTHENTICATED.clone_into(&mut rule.group);
    }
    all_authenticated(&mut rule);
    let star = |text: &mut String| "*".clone_into(text);
    rule.path =
        if rule.namespace.is_empty() && rule.resource.is_empty() { "*".to_owned() } else { String::new() };
    for text in [&mut rule.namespace, &mut rule.resource] {
        if text.is_empty() {
            star(text);
        }
    }
    star(&mut rule.api_group);
    rule
}

fn plain(line: u32, spec: Spec) -> Rule {
    Rule {
        line,
        user: spec.user.unwrap_or_default(),
        group: spec.group.unwrap_or_default(),
        readonly: spec.readonly.unwrap_or_default(),
        api_group: spec.api_group.unwrap_or_default(),
        resource: spec.resource.unwrap_or_default(),
        namespace: spec.namespace.unwrap_or_default(),
        path: spec.non_resource_path.unwrap_or_default(),
    }
}

/// `*` for user or group means everybody who logged in, and voids the other of the two.
fn all_authenticated(rule: &mut Rule) {
    if rule.user == "*" || rule.group == "*" {
        AUTHENTICATED.clone_into(&mut rule.group);
        rule.user.clear();
    }
}

impl Rule {
    fn allows(&self, identity: &Identity, request: &Request) -> bool {
        let subject = match (self.user.is_empty(), self.group.is_empty()) {
            (true, true) => false,
            (user, group) => {
                (user || self.user == identity.name) && (group || identity.groups.contains(&self.group))
            }
        };
        let is = |pattern: &str, value: &str| pattern == "*" || pattern == value;
        subject
            && (!self.readonly || request.is_read_only())
            && match &request.target {
                Target::Path(path) => url_matches(&self.path, path),
                Target::Resource(target) => {
                    is(&self.namespace, &target.namespace)
                        && is(&self.resource, &target.resource)
                        && is(&self.api_group, &target.group)
                }
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(spec: &str) -> AbacPolicy {
        let line = format!(
            r#"{{"apiVersion":"abac.authorization.kubernetes.io/v1beta1","kind":"Policy","spec":{spec}}}"#
        );
        AbacPolicy::parse(&line).expect("a policy")
    }

    #[test]
    fn every_property_of_v1beta1() {
        let user = |name: &str, groups: &[&str]| Identity::user(name, groups.iter().copied());
        let amy = || user("amy", &["dev"]);
        let get = || Request::resource("get", "pods").in_namespace("x");
        let table = [
            (r#"{"user":"amy","namespace":"*","resource":"*","apiGroup":"*"}"#, amy(), get(), true),
            (r#"{"user":"amy","namespace":"x","resource":"pods"}"#, amy(), get(), true),
            (r#"{"user":"amy","namespace":"x","resource":"pods","apiGroup":"apps"}"#, amy(), get(), false),
            (r#"{"user":"amy","namespace":"y","resource":"pods"}"#, amy(), get(), false),
            (r#"{"user":"amy","resource":"pods"}"#, amy(), get(), false),
            (r#"{"user":"bob","namespace":"*","resource":"*"}"#, amy(), get(), false),
            (r#"{"group":"dev","namespace":"*","resource":"*"}"#, amy(), get(), true),
            (r#"{"user":"amy","group":"ops","namespace":"*","resource":"*"}"#, amy(), get(), false),
            (r#"{"namespace":"*","resource":"*"}"#, amy(), get(), false),
            (r#"{"user":"*","namespace":"*","resource":"*"}"#, amy(), get(), true),
            (r#"{"user":"bob","group":"*","namespace":"*","resource":"*"}"#, amy(), get(), true),
            (r#"{"group":"*","namespace":"*","resource":"*"}"#, Identity::anonymous(), get(), false),
            (
                r#"{"user":"amy","namespace":"*","resource":"*","readonly":true}"#,
                amy(),
                Request::resource("create", "pods"),
                false,
            ),
            (
                r#"{"user":"amy","namespace":"x","resource":"pods"}"#,
                amy(),
                Request::resource("create", "pods/exec").in_namespace("x"),
                true,
            ),
            (r#"{"user":"amy","nonResourcePath":"*"}"#, amy(), Request::path("get", "/x"), true),
            (r#"{"user":"amy","nonResourcePath":"/x/*"}"#, amy(), Request::path("get", "/x/y"), true),
            (r#"{"user":"amy","nonResourcePath":"/x/*"}"#, amy(), Request::path("get", "/x"), false),
            (r#"{"user":"amy","nonResourcePath":"*"}"#, amy(), get(), false),
        ];
        for (spec, who, request, want) in table {
            let answer = policy(spec).authorize(&who, &request);
            assert_eq!(answer.allowed(), want, "{spec} {who:?} {request:?}");
            assert_eq!(answer.reason, if want { "" } else { "No policy matched." });
        }
    }

    #[test]
    fn unversioned_lines_fill_in_everything() {
        let text =
            "# old\n\n{\"user\":\"amy\"}\n{\"group\":\"ops\",\"namespace\":\"x\",\"readonly\":true}\n{}\n";
        let policy = AbacPolicy::parse(text).expect("policies");
        let lines = |who: &Identity, request: &Request| policy.all_lines(who, request);
        let amy = Identity::exact("amy", [""; 0]);
        assert_eq!(lines(&amy, &Request::resource("delete", "nodes")), [3]);
        assert_eq!(lines(&amy, &Request::path("get", "/metrics")), [3]);
        let ops = Identity::exact("bob", ["ops"]);
        let get = |namespace: &str| Request::resource("get", "pods").in_group("any").in_namespace(namespace);
        assert_eq!((lines(&ops, &get("x")), lines(&ops, &get("y"))), (vec![4], vec![]));
        assert_eq!(lines(&ops, &Request::path("get", "/metrics")), [0u32; 0]);
        assert_eq!(lines(&Identity::user("eve", [""; 0]), &Request::path("get", "/metrics")), [5]);
    }

    #[test]
    fn lines_the_server_refuses() {
        for (text, line) in [
            ("{}\nnot json", 2),
            (r#"{"apiVersion":"abac.authorization.kubernetes.io/v2","kind":"Policy","spec":{}}"#, 1),
            (r#"{"apiVersion":"abac.authorization.kubernetes.io/v1beta1","spec":{}}"#, 1),
            (r#"{"user":7}"#, 1),
        ] {
            assert_eq!(AbacPolicy::parse(text).expect_err(text).line, line);
        }
    }
}
