//! SubjectAccessReview in and out: the JSON form of a question and of its answer.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::answer::{Answer, Because, Decision};
use crate::chain::Chain;
use crate::rbac::{Grant, Policy};
use crate::request::{FieldRequirement, Identity, LabelRequirement, Request, ResourceRequest, Target};

/// A question that the API server would refuse to look at.
#[derive(Debug, Error)]
pub enum ReviewError {
    /// Not the JSON of a `spec`.
    #[error("not a SubjectAccessReview spec: {0}")]
    Json(#[from] serde_json::Error),
    /// Neither or both of the two kinds of attributes.
    #[error("exactly one of resourceAttributes and nonResourceAttributes is needed")]
    Attributes,
    /// Neither a user nor a group.
    #[error("at least one of user and groups is needed")]
    Nobody,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Spec {
    user: Option<String>,
    groups: Option<Vec<String>>,
    uid: Option<String>,
    extra: Option<serde_json::Map<String, serde_json::Value>>,
    resource_attributes: Option<Resource>,
    non_resource_attributes: Option<Path>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Resource {
    namespace: Option<String>,
    verb: Option<String>,
    group: Option<String>,
    version: Option<String>,
    resource: Option<String>,
    subresource: Option<String>,
    name: Option<String>,
    field_selector: Option<Selector>,
    label_selector: Option<Selector>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Selector {
    raw_selector: Option<String>,
    requirements: Option<Vec<Requirement>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Requirement {
    key: String,
    operator: String,
    values: Option<Vec<String>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Path {
    path: Option<String>,
    verb: Option<String>,
}

/// Reads the `spec` of a SubjectAccessReview. Groups and names are taken as written: like the API server, this adds no
/// implicit groups and takes no name from a field selector.
///
/// # Errors
/// If the text is no such spec, or one that the API server would not evaluate.
pub fn parse_review(json: &str) -> Result<(Identity, Request), ReviewError> {
    let spec: Spec = serde_json::from_str(json)?;
    let identity = Identity {
        name: spec.user.unwrap_or_default(),
        groups: spec.groups.unwrap_or_default(),
        uid: spec.uid.unwrap_or_default(),
        extra: spec
            .extra
            .unwrap_or_default()
            .into_iter()
            .map(|(key, values)| (key, strings(&values)))
            .collect(),
    };
    let request = match (spec.resource_attributes, spec.non_resource_attributes) {
        (Some(resource), None) => resource.into_request(),
        (None, Some(path)) => Request {
            verb: path.verb.unwrap_or_default(),
            target: Target::Path(path.path.unwrap_or_default()),
        },
        _ => return Err(ReviewError::Attributes),
    };
    if identity.name.is_empty() && identity.groups.is_empty() {
        return Err(ReviewError::Nobody);
    }
    Ok((identity, request))
}

fn strings(values: &serde_json::Value) -> Vec<String> {
    let items = values.as_array().into_iter().flatten();
    items.filter_map(|value| value.as_str().map(str::to_owned)).collect()
}

impl Resource {
    fn into_request(self) -> Request {
        let selector = self.field_selector.unwrap_or_default();
        let mut fields = parse_field_selector(&selector.raw_selector.unwrap_or_default());
        for requirement in selector.requirements.unwrap_or_default() {
            let (equals, values) = match requirement.operator.as_str() {
                "In" => (true, requirement.values.unwrap_or_default()),
                "NotIn" => (false, requirement.values.unwrap_or_default()),
                _ => continue,
            };
            if let [value] = values.as_slice() {
                fields.push(FieldRequirement { field: requirement.key, equals, value: value.clone() });
            }
        }
        let labels = self.label_selector.unwrap_or_default().requirements.unwrap_or_default();
        let label = |r: Requirement| LabelRequirement {
            key: r.key,
            operator: r.operator,
            values: r.values.unwrap_or_default(),
        };
        let target = ResourceRequest {
            group: self.group.unwrap_or_default(),
            version: self.version.unwrap_or_default(),
            resource: self.resource.unwrap_or_default(),
            subresource: self.subresource.unwrap_or_default(),
            namespace: self.namespace.unwrap_or_default(),
            name: self.name.unwrap_or_default(),
            fields,
            labels: labels.into_iter().map(label).collect(),
        };
        Request { verb: self.verb.unwrap_or_default(), target: Target::Resource(target) }
    }
}

/// Reads `a=b,c!=d`, with backslashes before commas, equals signs and backslashes that belong to a value. Text that is
/// no selector asks for nothing, as on the API server, which then authorizes the broader request.
pub fn parse_field_selector(text: &str) -> Vec<FieldRequirement> {
    let mut requirements = Vec::new();
    for term in split_unescaped(text) {
        if term.is_empty() {
            continue;
        }
        let Some((field, equals, value)) = split_term(term) else { return Vec::new() };
        let Some(value) = unescape(value) else { return Vec::new() };
        requirements.push(FieldRequirement { field: field.to_owned(), equals, value });
    }
    requirements
}

fn split_unescaped(text: &str) -> Vec<&str> {
    let (mut terms, mut start, mut escaped) = (Vec::new(), 0, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            ',' => {
                terms.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    terms.push(&text[start..]);
    terms
}

fn split_term(term: &str) -> Option<(&str, bool, &str)> {
    for (at, _) in term.char_indices() {
        let rest = &term[at..];
        for (operator, equals) in [("!=", false), ("==", true), ("=", true)] {
            if let Some(value) = rest.strip_prefix(operator) {
                return Some((&term[..at], equals, value));
            }
        }
    }
    None
}

fn unescape(value: &str) -> Option<String> {
    let (mut plain, mut chars) = (String::with_capacity(value.len()), value.chars());
    while let Some(c) = chars.next() {
        match c {
            '\\' => plain.push(chars.next().filter(|c| matches!(c, '\\' | ',' | '='))?),
            ',' | '=' => return None,
            c => plain.push(c),
        }
    }
    Some(plain)
}

/// The answer to one line of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReviewStatus {
    /// Certainly allowed.
    pub allowed: bool,
    /// Certainly refused by an authorizer that ends the chain.
    pub denied: bool,
    /// Neither is certain.
    pub unknown: bool,
    /// The API server's reason, or what would have to be known.
    pub reason: String,
    /// Type of the authorizer that decided.
    pub authorizer: Option<&'static str>,
    /// `ClusterRoleBinding/name` or `RoleBinding/namespace/name`.
    pub binding: Option<String>,
    /// `ClusterRole/name` or `Role/namespace/name`.
    pub role: Option<String>,
    /// Index of the rule in the role, or line of the ABAC policy file.
    pub rule: Option<u32>,
}

impl ReviewStatus {
    /// The JSON form of an answer of `chain`.
    pub fn new(chain: &Chain, answer: &Answer) -> Self {
        let unknown = answer.decision == Decision::Unknown;
        let names = match (answer.because, chain.policy()) {
            (Because::Rbac(grant), Some(policy)) if !unknown => Some(names(policy, grant)),
            _ => None,
        };
        let authorizer = answer.because.authorizer();
        let rule = match answer.because {
            Because::Rbac(grant) if !unknown => Some(grant.rule),
            Because::Abac(line) if !unknown => Some(line),
            _ => None,
        };
        let (binding, role) = names.unzip();
        Self {
            allowed: answer.decision == Decision::Allow,
            denied: answer.decision == Decision::Deny,
            unknown,
            reason: if unknown { answer.unknown.join("; ") } else { answer.reason.clone() },
            authorizer: (!unknown && !authorizer.is_empty()).then_some(authorizer),
            binding,
            role,
            rule,
        }
    }
}

fn names(policy: &Policy, grant: Grant) -> (String, String) {
    let binding = policy.binding(grant.binding);
    let role = policy.role(grant.role);
    let binding = match binding.namespace {
        Some(namespace) => format!("RoleBinding/{namespace}/{}", binding.name),
        None => format!("ClusterRoleBinding/{}", binding.name),
    };
    let role = match role.namespace {
        "" => format!("{}/{}", role.kind.as_str(), role.name),
        namespace => format!("{}/{namespace}/{}", role.kind.as_str(), role.name),
    };
    (binding, role)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::rbac::PolicyBuilder;
    use crate::rbac::tests::{bind, role};

    #[test]
    fn a_line_in_and_a_line_out() {
        let mut b = PolicyBuilder::new();
        role(&mut b, "dev/r", &["list '' pods", "get '' secrets db"]);
        bind(&mut b, "dev/b", ("Role", "r"), &["User:amy"]);
        let chain = Chain::rbac(Arc::new(b.finish()));
        let ask = |json: &str| {
            let (who, request) = parse_review(json).expect("a spec");
            let status = ReviewStatus::new(&chain, &chain.authorize(&who, &request));
            serde_json::to_string(&status).expect("JSON")
        };
        let allowed = r#"{"user":"amy","groups":null,"resourceAttributes":{"namespace":"dev","verb":"get","group":"",
            "resource":"secrets","name":"db"}}"#;
        assert_eq!(
            ask(allowed),
            r#"{"allowed":true,"denied":false,"unknown":false,"reason":"RBAC: allowed by RoleBinding \"b/dev\" of Role \"r\" to User \"amy\"","authorizer":"RBAC","binding":"RoleBinding/dev/b","role":"Role/dev/r","rule":1}"#
        );
        let selector = r#"{"user":"amy","resourceAttributes":{"namespace":"dev","verb":"list","resource":"secrets",
            "fieldSelector":{"rawSelector":"metadata.name=db"}}}"#;
        assert_eq!(
            ask(selector),
            r#"{"allowed":false,"denied":false,"unknown":false,"reason":"","authorizer":null,"binding":null,"role":null,"rule":null}"#
        );
        let path = r#"{"groups":["system:masters"],"nonResourceAttributes":{"path":"/x","verb":"get"}}"#;
        assert!(ask(path).contains(r#""authorizer":"system:masters""#));
    }

    #[test]
    fn specs_the_server_refuses() {
        for json in [
            "",
            "[]",
            r#"{"user":"amy"}"#,
            r#"{"user":"amy","resourceAttributes":{},"nonResourceAttributes":{}}"#,
            r#"{"resourceAttributes":{"verb":"get"}}"#,
            r#"{"user":7,"resourceAttributes":{"verb":"get"}}"#,
        ] {
            assert!(parse_review(json).is_err(), "{json}");
        }
    }

    #[test]
    fn field_selectors() {
        for (text, want) in [
            ("", &[][..]),
            ("a=b", &[("a", true, "b")][..]),
            ("a==b,c!=d", &[("a", true, "b"), ("c", false, "d")][..]),
            (r"a=b\,c\=d\\,e=", &[("a", true, r"b,c=d\"), ("e", true, "")][..]),
            ("a", &[][..]),
            ("a=b,c", &[][..]),
            (r"a=b\x", &[][..]),
            ("a=b=c", &[][..]),
        ] {
            let parsed = parse_field_selector(text);
            let seen: Vec<_> =
                parsed.iter().map(|r| (r.field.as_str(), r.equals, r.value.as_str())).collect();
            assert_eq!(seen, want, "{text}");
        }
    }
}
