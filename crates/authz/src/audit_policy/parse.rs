//! Reading a policy as the API server does: unknown fields are dropped, anything else wrong keeps it from starting.

use rampart_document::{Kind, Node, Span};
use thiserror::Error;

use super::{AuditPolicy, AuditRule, GroupResources, Level};

const STAGES: [&str; 4] = ["RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"];

/// Why the API server would not load a policy.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{what}")]
pub struct PolicyError {
    /// Where.
    pub span: Span,
    /// What is wrong.
    pub what: String,
}

/// A field that the API server drops without a word, so that its rule matches more than was meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// Where.
    pub span: Span,
    /// Name of the field.
    pub field: String,
    /// The field that was probably meant.
    pub meant: Option<&'static str>,
}

struct Reader {
    errors: Vec<PolicyError>,
    unread: Vec<Unread>,
}

impl AuditPolicy {
    /// Reads a policy document.
    ///
    /// # Errors
    /// Everything that keeps the API server from loading it.
    pub fn read(root: Node<'_>) -> Result<Self, Vec<PolicyError>> {
        let mut reader = Reader { errors: Vec::new(), unread: Vec::new() };
        let text = |key| root.get(key).and_then(Node::scalar_text).unwrap_or_default();
        if (text("apiVersion"), text("kind")) != ("audit.k8s.io/v1", "Policy") {
            reader.error(root, "only kind Policy of audit.k8s.io/v1 is loaded");
        }
        reader.known(root, &["apiVersion", "kind", "metadata", "omitStages", "omitManagedFields", "rules"]);
        let omit_stages = reader.stages(root);
        let rules: Vec<AuditRule> = reader
            .objects(root, "rules")
            .into_iter()
            .filter_map(|rule| reader.rule(rule, &omit_stages))
            .collect();
        if rules.is_empty() && reader.errors.is_empty() {
            reader.error(root, "a policy without rules is not loaded");
        }
        if reader.errors.is_empty() {
            Ok(Self { rules, omit_stages, unread: reader.unread })
        } else {
            Err(reader.errors)
        }
    }
}

impl Reader {
    fn error(&mut self, node: Node<'_>, what: impl Into<String>) {
        self.errors.push(PolicyError { span: node.span(), what: what.into() });
    }

    fn known(&mut self, node: Node<'_>, fields: &[&'static str]) {
        for (key, name, _) in node.entries() {
            if !fields.contains(&key) {
                let meant = fields.iter().copied().find(|field| alike(field, key));
                self.unread.push(Unread { span: name.span(), field: key.to_owned(), meant });
            }
        }
    }

    fn objects<'a>(&mut self, node: Node<'a>, key: &str) -> Vec<Node<'a>> {
        let Some(list) = node.field(key) else { return Vec::new() };
        if list.kind() != Kind::Seq || list.items().any(|item| item.kind() != Kind::Map) {
            self.error(list, format!("{key} is not a list of objects"));
            return Vec::new();
        }
        list.items().collect()
    }

    fn strings(&mut self, node: Node<'_>, key: &str) -> Vec<String> {
        let Some(list) = node.field(key) else { return Vec::new() };
        if list.kind() != Kind::Seq || list.items().any(|item| !matches!(item.kind(), Kind::Str | Kind::Null))
        {
            self.error(list, format!("{key} is not a list of strings"));
            return Vec::new();
        }
        let text = |item: Node<'_>| {
            if item.is_null() { String::new() } else { item.scalar_text().unwrap_or_default().to_owned() }
        };
        list.items().map(text).collect()
    }

    fn stages(&mut self, node: Node<'_>) -> Vec<String> {
        let stages = self.strings(node, "omitStages");
        if let Some(wrong) = stages.iter().find(|stage| !STAGES.contains(&stage.as_str())) {
            self.error(node, format!("there is no stage {wrong}"));
        }
        stages
    }

    fn rule(&mut self, node: Node<'_>, everywhere: &[String]) -> Option<AuditRule> {
        self.known(
            node,
            &[
                "level",
                "users",
                "userGroups",
                "verbs",
                "namespaces",
                "resources",
                "nonResourceURLs",
                "omitStages",
                "omitManagedFields",
            ],
        );
        let level = match node.field("level").and_then(Node::scalar_text) {
            Some("None") => Level::None,
            Some("Metadata") => Level::Metadata,
            Some("Request") => Level::Request,
            Some("RequestResponse") => Level::RequestResponse,
            Some(other) => {
                self.error(node, format!("there is no level {other}"));
                return None;
            }
            None => {
                self.error(node, "level is missing");
                return None;
            }
        };
        let mut omit_stages = self.stages(node);
        omit_stages.extend_from_slice(everywhere);
        omit_stages.sort();
        omit_stages.dedup();
        let resources = self.objects(node, "resources").into_iter().map(|row| self.group(row)).collect();
        let rule = AuditRule {
            level,
            omit_stages,
            span: node.span(),
            users: self.strings(node, "users"),
            groups: self.strings(node, "userGroups"),
            verbs: self.strings(node, "verbs"),
            namespaces: self.strings(node, "namespaces"),
            resources,
            urls: self.strings(node, "nonResourceURLs"),
        };
        for url in rule.urls.iter().filter(|url| *url != "*") {
            if !url.starts_with('/')
                || url.trim_end_matches('*').len() + 1 < url.len()
                || url.trim_end_matches('*').contains('*')
            {
                self.error(node, format!("{url} must begin with a slash and may have one star at its end"));
            }
        }
        if !rule.urls.is_empty() && (!rule.resources.is_empty() || !rule.namespaces.is_empty()) {
            self.error(node, "a rule is either for resources or for nonResourceURLs");
        }
        Some(rule)
    }

    fn group(&mut self, node: Node<'_>) -> GroupResources {
        self.known(node, &["group", "resources", "resourceNames"]);
        let group = node.field("group").and_then(Node::scalar_text).unwrap_or_default().to_owned();
        if group.contains('/') || group.chars().any(char::is_uppercase) {
            self.error(node, format!("{group} is no API group: give it without version, in lower case"));
        }
        let row = GroupResources {
            group,
            resources: self.strings(node, "resources"),
            names: self.strings(node, "resourceNames"),
        };
        if row.resources.is_empty() && !row.names.is_empty() {
            self.error(node, "resourceNames needs resources");
        }
        row
    }
}

/// Whether a field name is probably a slip for another: equal but for case, a plural `s`, or one letter.
fn alike(field: &str, written: &str) -> bool {
    let plain = |text: &str| text.to_ascii_lowercase().trim_end_matches('s').to_owned();
    let (a, b) = (plain(field), plain(written));
    let common = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
    a == b || (a.len().abs_diff(b.len()) <= 1 && common + 2 >= a.len().max(b.len()) && common >= 3)
}

#[cfg(test)]
mod tests {
    use super::super::tests::policy;

    #[test]
    fn refuses_what_the_server_refuses() {
        for (text, what) in [
            ("rules: []", "without rules"),
            ("rules: [{verbs: [get]}]", "level is missing"),
            ("rules: [{level: All}]", "no level All"),
            ("rules: [{level: None, omitStages: [Late]}]", "no stage Late"),
            ("rules: [{level: None, nonResourceURLs: [healthz]}]", "begin with a slash"),
            ("rules: [{level: None, nonResourceURLs: ['/a/*/b']}]", "one star at its end"),
            ("rules: [{level: None, nonResourceURLs: [/a], namespaces: [x]}]", "either for resources"),
            ("rules: [{level: None, resources: [{group: '', resourceNames: [x]}]}]", "needs resources"),
            ("rules: [{level: None, resources: [{group: apps/v1}]}]", "without version"),
            ("rules: [{level: None, verbs: get}]", "verbs is not a list"),
        ] {
            let errors = policy(text).expect_err(text);
            assert!(errors.iter().any(|error| error.what.contains(what)), "{text}: {errors:?}");
        }
    }

    #[test]
    fn tells_fields_that_are_dropped() {
        let policy = policy(
            "rules: [{level: None, user: [amy], Verbs: [get], resources: [{groups: apps}], color: x}]",
        )
        .expect("loads");
        let seen: Vec<_> = policy.unread.iter().map(|unread| (unread.field.as_str(), unread.meant)).collect();
        let want =
            [("user", Some("users")), ("Verbs", Some("verbs")), ("color", None), ("groups", Some("group"))];
        assert_eq!(seen, want);
    }
}
