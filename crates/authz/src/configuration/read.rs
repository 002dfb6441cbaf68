//! Reading the file: fields are strict, as the API server's decoder is for this kind, then every value is checked.

use std::collections::BTreeSet;

use rampart_document::{Kind, Node, Span};

use super::{AuthorizationConfiguration, ConfigurationError, Configured, durations};
use crate::condition::Condition;
use crate::webhook::Webhook;

const GROUP: &str = "apiserver.config.k8s.io";
/// Conditions of one webhook.
const MAX_CONDITIONS: usize = 64;
/// Longest timeout of a webhook in nanoseconds.
const MAX_TIMEOUT: i64 = 30_000_000_000;
const WEBHOOK_FIELDS: &[&str] = &[
    "authorizedTTL",
    "cacheAuthorizedRequests",
    "cacheUnauthorizedRequests",
    "connectionInfo",
    "failurePolicy",
    "matchConditionSubjectAccessReviewVersion",
    "matchConditions",
    "subjectAccessReviewVersion",
    "timeout",
    "unauthorizedTTL",
];

#[derive(Default)]
struct Reader {
    errors: Vec<ConfigurationError>,
}

impl AuthorizationConfiguration {
    /// Reads a configuration of version `v1`, `v1beta1` or `v1alpha1`. Files that it names are not looked at.
    ///
    /// # Errors
    /// Everything that keeps the API server from starting with it.
    pub fn read(root: Node<'_>) -> Result<Self, Vec<ConfigurationError>> {
        let mut reader = Reader::default();
        let text = |key| root.get(key).and_then(Node::as_str).unwrap_or_default();
        let version = text("apiVersion").strip_prefix(GROUP).and_then(|rest| rest.strip_prefix('/'));
        let known = matches!(version, Some("v1" | "v1beta1" | "v1alpha1"));
        if !known || text("kind") != "AuthorizationConfiguration" {
            let what =
                format!("only kind AuthorizationConfiguration of {GROUP}/v1, v1beta1 or v1alpha1 is loaded");
            reader.error(root.span(), what);
            return Err(reader.errors);
        }
        reader.known(root, &["apiVersion", "kind", "authorizers"]);
        let list = reader.objects(root, "authorizers");
        if list.is_empty() && reader.errors.is_empty() {
            reader.error(root.span(), "authorizers must name at least one authorizer");
        }
        let (mut types, mut names) = (BTreeSet::new(), BTreeSet::new());
        let authorizers: Vec<Configured> =
            list.into_iter().filter_map(|node| reader.authorizer(node, &mut types, &mut names)).collect();
        if reader.errors.is_empty() { Ok(Self { authorizers }) } else { Err(reader.errors) }
    }
}

impl Reader {
    fn error(&mut self, span: Span, what: impl Into<String>) {
        self.errors.push(ConfigurationError { span, what: what.into() });
    }

    fn known(&mut self, node: Node<'_>, fields: &[&str]) {
        for (key, name, _) in node.entries() {
            if !fields.contains(&key) {
                self.error(
                    name.span(),
                    format!("there is no field `{key}`; known are {}", fields.join(", ")),
                );
            }
        }
    }

    fn objects<'a>(&mut self, node: Node<'a>, key: &str) -> Vec<Node<'a>> {
        let Some(list) = node.field(key) else { return Vec::new() };
        if list.kind() != Kind::Seq {
            self.error(list.span(), format!("{key} is not a list"));
            return Vec::new();
        }
        // A null item is an object without any field.
        if let Some(wrong) = list.items().find(|item| !matches!(item.kind(), Kind::Map | Kind::Null)) {
            self.error(wrong.span(), format!("an item of {key} is not an object"));
        }
        list.items().filter(|item| item.kind() == Kind::Map || item.is_null()).collect()
    }

    /// A text field; empty when it is absent.
    fn text<'a>(&mut self, node: Node<'a>, key: &str) -> &'a str {
        let Some(value) = node.get(key).filter(|value| !value.is_null()) else { return "" };
        if value.as_str().is_none() {
            self.error(value.span(), format!("{key} is not a string"));
        }
        value.as_str().unwrap_or_default()
    }

    /// Where the value of a field stands, or the object when it is missing.
    fn place(node: Node<'_>, key: &str) -> Span {
        node.get(key).map_or(node.span(), |value| value.span())
    }

    /// One of some words, which must be there.
    fn choice<'a>(&mut self, node: Node<'a>, key: &str, words: &[&str]) -> &'a str {
        let text = self.text(node, key);
        if text.is_empty() {
            self.error(
                Self::place(node, key),
                format!("{key} is missing; it is one of {}", words.join(", ")),
            );
        } else if !words.contains(&text) {
            self.error(
                Self::place(node, key),
                format!("{key} is {text}; it must be one of {}", words.join(", ")),
            );
        }
        text
    }

    fn authorizer<'a>(
        &mut self,
        node: Node<'a>,
        types: &mut BTreeSet<&'a str>,
        names: &mut BTreeSet<&'a str>,
    ) -> Option<Configured> {
        self.known(node, &["type", "name", "webhook"]);
        let kind = self.choice(node, "type", &Configured::TYPES);
        if !Configured::TYPES.contains(&kind) {
            return None;
        }
        if !types.insert(kind) && kind != "Webhook" {
            self.error(
                Self::place(node, "type"),
                format!("there is more than one authorizer of type {kind}"),
            );
            return None;
        }
        let name = self.text(node, "name");
        if name.is_empty() {
            self.error(Self::place(node, "name"), "name is missing");
        } else if !names.insert(name) {
            self.error(
                Self::place(node, "name"),
                format!("there is more than one authorizer with the name {name}"),
            );
        } else if !is_subdomain(name) {
            let what = format!("name {name} is no DNS subdomain: lower-case letters, digits, `-` and `.`");
            self.error(Self::place(node, "name"), what);
        }
        // Metrics of the API server are by name: all but webhooks have a fixed one.
        let fixed = kind.to_lowercase();
        if kind != "Webhook" && !name.is_empty() && name != fixed {
            self.error(
                Self::place(node, "name"),
                format!("the name of an authorizer of type {kind} must be {fixed}"),
            );
        }
        let webhook = node.get("webhook").filter(|webhook| !webhook.is_null());
        match (Configured::plain(kind), webhook) {
            (Some(plain), None) => Some(plain),
            (Some(_), Some(webhook)) => {
                self.error(webhook.span(), "webhook is for authorizers of type Webhook only");
                None
            }
            (None, Some(webhook)) if webhook.kind() == Kind::Map => self.webhook(webhook, name),
            (None, Some(webhook)) => {
                self.error(webhook.span(), "webhook is not an object");
                None
            }
            (None, None) => {
                self.error(node.span(), "an authorizer of type Webhook needs webhook");
                None
            }
        }
    }

    fn webhook(&mut self, node: Node<'_>, name: &str) -> Option<Configured> {
        let before = self.errors.len();
        self.known(node, WEBHOOK_FIELDS);
        match self.duration(node, "timeout") {
            None | Some(0) => self.error(Self::place(node, "timeout"), "timeout is missing"),
            Some(1..=MAX_TIMEOUT) => {}
            Some(_) => {
                self.error(Self::place(node, "timeout"), "timeout must be more than 0s and at most 30s");
            }
        }
        // Zero or nothing is the default of five minutes and half a minute.
        for key in ["authorizedTTL", "unauthorizedTTL"] {
            if self.duration(node, key).is_some_and(|value| value < 0) {
                self.error(Self::place(node, key), format!("{key} must not be negative"));
            }
        }
        for key in ["cacheAuthorizedRequests", "cacheUnauthorizedRequests"] {
            if let Some(value) = node.get(key).filter(|value| !value.is_null() && value.as_bool().is_none()) {
                self.error(value.span(), format!("{key} is neither true nor false"));
            }
        }
        self.choice(node, "subjectAccessReviewVersion", &["v1", "v1beta1"]);
        let deny_on_error = self.choice(node, "failurePolicy", &["NoOpinion", "Deny"]) == "Deny";
        self.connection(node);
        let conditions = self.conditions(node);
        let key = "matchConditionSubjectAccessReviewVersion";
        let has_conditions = node.field("matchConditions").is_some_and(|list| !list.is_empty());
        if has_conditions || !self.text(node, key).is_empty() {
            self.choice(node, key, &["v1"]);
        }
        let webhook = Webhook { name: name.to_owned(), deny_on_error, conditions };
        (self.errors.len() == before).then_some(Configured::Webhook(webhook))
    }

    fn duration(&mut self, node: Node<'_>, key: &str) -> Option<i64> {
        let value = node.get(key).filter(|value| !value.is_null())?;
        let parsed = value.as_str().and_then(durations::parse);
        if parsed.is_none() {
            self.error(value.span(), format!("{key} is no duration such as 3s"));
            // What is wrong was said; a value that is accepted says no more.
            return Some(1);
        }
        parsed
    }

    fn connection(&mut self, webhook: Node<'_>) {
        let Some(node) = webhook.get("connectionInfo").filter(|node| node.kind() == Kind::Map) else {
            return self
                .error(Self::place(webhook, "connectionInfo"), "connectionInfo is missing or not an object");
        };
        self.known(node, &["type", "kubeConfigFile"]);
        let kind = self.choice(node, "type", &["InClusterConfig", "KubeConfigFile"]);
        let file = node.get("kubeConfigFile").filter(|file| !file.is_null());
        let path = self.text(node, "kubeConfigFile");
        let place = Self::place(node, "kubeConfigFile");
        match kind {
            "InClusterConfig" if file.is_some() => {
                self.error(place, "kubeConfigFile goes with type KubeConfigFile only");
            }
            "KubeConfigFile" if path.is_empty() => self.error(place, "kubeConfigFile is missing"),
            "KubeConfigFile" if !path.starts_with('/') => {
                self.error(place, "kubeConfigFile must be an absolute path");
            }
            _ => {}
        }
    }

    fn conditions(&mut self, webhook: Node<'_>) -> Vec<Condition> {
        let list = self.objects(webhook, "matchConditions");
        if list.len() > MAX_CONDITIONS {
            let what = format!("{} matchConditions; at most {MAX_CONDITIONS} are allowed", list.len());
            self.error(Self::place(webhook, "matchConditions"), what);
            return Vec::new();
        }
        let (mut seen, mut out) = (BTreeSet::new(), Vec::new());
        for node in list {
            self.known(node, &["expression"]);
            let text = self.text(node, "expression");
            let place = Self::place(node, "expression");
            if text.trim().is_empty() {
                self.error(place, "expression is missing");
            } else if !seen.insert(text) {
                self.error(place, "the same expression stands here twice");
            } else {
                match Condition::compile(text) {
                    Ok(condition) => out.push(condition),
                    Err((what, _)) => self.error(place, what),
                }
            }
        }
        out
    }
}

/// A DNS subdomain (RFC 1123), as names of authorizers must be.
fn is_subdomain(text: &str) -> bool {
    let alphanumeric =
        |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    text.len() <= 253
        && text.split('.').all(|label| {
            let bytes = label.as_bytes();
            alphanumeric(bytes.first().copied())
                && alphanumeric(bytes.last().copied())
                && bytes.iter().all(|&byte| byte == b'-' || alphanumeric(Some(byte)))
        })
}

#[cfg(test)]
mod tests {
    use rampart_document::{Limits, Source, parse_yaml};

    use super::*;

    fn read(authorizers: &str) -> Result<AuthorizationConfiguration, Vec<String>> {
        let text = format!("apiVersion: {GROUP}/v1\nkind: AuthorizationConfiguration\n{authorizers}\n");
        let parsed = parse_yaml(&Source::new("authorization.yaml", text), &Limits::default());
        let root = parsed.tree.documents().next().expect("a document");
        let texts = |errors: Vec<ConfigurationError>| errors.into_iter().map(|error| error.what).collect();
        AuthorizationConfiguration::read(root).map_err(texts)
    }

    /// A webhook with one thing changed.
    fn webhook(field: &str, value: &str) -> Result<AuthorizationConfiguration, Vec<String>> {
        let mut fields = vec![
            ("timeout", "3s"),
            ("subjectAccessReviewVersion", "v1"),
            ("matchConditionSubjectAccessReviewVersion", "v1"),
            ("failurePolicy", "Deny"),
            ("connectionInfo", "{type: InClusterConfig}"),
            ("matchConditions", "[{expression: \"request.user == 'amy'\"}]"),
        ];
        fields.retain(|(key, _)| *key != field);
        fields.push((field, value));
        let fields: Vec<String> = fields
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(key, value)| format!("{key}: {value}"))
            .collect();
        read(&format!("authorizers: [{{type: Webhook, name: hook, webhook: {{{}}}}}]", fields.join(", ")))
    }

    #[test]
    fn order_and_webhooks() {
        let all = read(
            "authorizers: [{type: Node, name: node}, {type: ABAC, name: abac}, {type: RBAC, name: rbac}, {type: AlwaysDeny, name: alwaysdeny}]",
        )
        .expect("loads");
        assert!(matches!(
            all.authorizers.as_slice(),
            [Configured::Node, Configured::Abac, Configured::Rbac, Configured::AlwaysDeny]
        ));
        let hook = webhook("authorizedTTL", "1m").expect("loads");
        let [Configured::Webhook(hook)] = hook.authorizers.as_slice() else { panic!("one webhook") };
        assert_eq!((hook.name.as_str(), hook.deny_on_error, hook.conditions.len()), ("hook", true, 1));
    }

    #[test]
    fn refuses_what_the_server_refuses() {
        for (text, what) in [
            ("", "at least one"),
            ("authorizers: []", "at least one"),
            ("authorizers: [{name: x}]", "type is missing"),
            ("authorizers: [{type: rbac, name: x}]", "type is rbac"),
            ("authorizers: [{type: RBAC}]", "name is missing"),
            ("authorizers: [{type: RBAC, name: A}]", "no DNS subdomain"),
            ("authorizers: [{type: RBAC, name: own}]", "must be rbac"),
            (
                "authorizers: [{type: RBAC, name: a}, {type: RBAC, name: b}]",
                "more than one authorizer of type",
            ),
            (
                "authorizers: [{type: RBAC, name: a}, {type: Node, name: a}]",
                "more than one authorizer with the name",
            ),
            ("authorizers: [{type: RBAC, name: a, webhook: {}}]", "of type Webhook only"),
            ("authorizers: [{type: Webhook, name: a}]", "needs webhook"),
            ("authorizers: [{type: RBAC, name: a, Webhook: {}}]", "no field `Webhook`"),
            ("authorizers: {type: RBAC}", "not a list"),
            ("extra: 1\nauthorizers: [{type: RBAC, name: a}]", "no field `extra`"),
        ] {
            let errors = read(text).expect_err(text);
            assert!(errors.iter().any(|error| error.contains(what)), "{text}: {errors:?}");
        }
        for (field, value, what) in [
            ("timeout", "", "timeout is missing"),
            ("timeout", "31s", "at most 30s"),
            ("timeout", "soon", "no duration"),
            ("unauthorizedTTL", "-1s", "negative"),
            ("subjectAccessReviewVersion", "v2", "one of v1, v1beta1"),
            ("matchConditionSubjectAccessReviewVersion", "", "is missing"),
            ("matchConditionSubjectAccessReviewVersion", "v1beta1", "one of v1"),
            ("failurePolicy", "Fail", "one of NoOpinion, Deny"),
            ("connectionInfo", "{type: KubeConfigFile}", "kubeConfigFile is missing"),
            ("connectionInfo", "{type: KubeConfigFile, kubeConfigFile: a}", "absolute"),
            ("connectionInfo", "{type: InClusterConfig, kubeConfigFile: /a}", "goes with"),
            ("connectionInfo", "", "connectionInfo is missing"),
            ("matchConditions", "[{expression: ''}]", "expression is missing"),
            ("matchConditions", "[{expression: 'true'}, {expression: 'true'}]", "twice"),
            ("matchConditions", "[{expression: request.usr == ''}]", "no field `usr`"),
            ("cacheAuthorizedRequests", "maybe", "neither true nor false"),
        ] {
            let errors = webhook(field, value).expect_err(value);
            assert!(errors.iter().any(|error| error.contains(what)), "{field} {value}: {errors:?}");
        }
    }

    #[test]
    fn other_versions_and_kinds() {
        for (version, loads) in [("v1beta1", true), ("v1alpha1", true), ("v2", false)] {
            let text = format!(
                "apiVersion: {GROUP}/{version}\nkind: AuthorizationConfiguration\nauthorizers: [{{type: RBAC, name: rbac}}]"
            );
            let parsed = parse_yaml(&Source::new("a", text), &Limits::default());
            let root = parsed.tree.documents().next().expect("a document");
            assert_eq!(AuthorizationConfiguration::read(root).is_ok(), loads, "{version}");
        }
    }
}
