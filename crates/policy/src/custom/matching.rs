//! Which objects a rule is about.

use std::collections::BTreeMap;

use rampart_model::{Labels, Object};

/// What an object must be like; an empty list asks for nothing.
#[derive(Debug)]
pub(super) struct Match {
    pub(super) pods: bool,
    pub(super) api_groups: Vec<String>,
    pub(super) kinds: Vec<String>,
    pub(super) namespaces: Vec<String>,
    pub(super) labels: BTreeMap<String, String>,
}

impl Match {
    /// True for objects that the rule is about; `labels` are those of the pod template for rules about pods.
    pub(super) fn takes(&self, object: Object<'_>, labels: Labels<'_>) -> bool {
        let kind = object.group_kind();
        let one_of = |patterns: &[String], text: &str| {
            patterns.is_empty() || patterns.iter().any(|pattern| matches(pattern, text))
        };
        one_of(&self.api_groups, kind.group)
            && one_of(&self.kinds, kind.kind)
            && (self.namespaces.is_empty()
                || object.effective_namespace().is_some_and(|name| one_of(&self.namespaces, name)))
            && self
                .labels
                .iter()
                .all(|(key, pattern)| labels.get(key).is_some_and(|value| matches(pattern, value)))
    }
}

/// True when the text is the pattern, in which `*` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or("");
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_stand_for_any_text() {
        for (pattern, text, want) in [
            ("shop", "shop", true),
            ("shop", "shop-a", false),
            ("shop-*", "shop-a", true),
            ("*", "", true),
            ("a*b*c", "axxbxxc", true),
            ("a*b*c", "axxcxxb", false),
            ("a*a", "a", false),
            ("*-prod", "eu-prod", true),
            ("", "", true),
            ("", "x", false),
        ] {
            assert_eq!(matches(pattern, text), want, "{pattern} on {text}");
        }
    }
}
