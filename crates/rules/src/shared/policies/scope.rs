//! Where a policy applies.

use rampart_document::Node;
use rampart_model::{Labels, Selector};

/// The namespaces that a policy is about.
#[derive(Debug, Default, Clone)]
pub(crate) struct Scope<'a> {
    /// The namespace of a namespaced policy.
    pub(crate) own: Option<&'a str>,
    /// Lists of names of which each must hold one; `*` stands for any text.
    pub(crate) included: Vec<Node<'a>>,
    /// Lists of names of which none may hold one.
    pub(crate) excluded: Vec<Node<'a>>,
    /// Selectors over the namespace's labels, which must all match.
    pub(crate) selectors: Vec<Node<'a>>,
    /// It never applies to whole namespaces: it selects single objects.
    pub(crate) partial: bool,
}

impl Scope<'_> {
    /// True when all pods of the namespace are in it.
    pub(crate) fn covers(&self, namespace: &str, labels: Labels<'_>) -> bool {
        let lists = |list: &Node<'_>| names(*list, namespace);
        !self.partial
            && self.own.is_none_or(|own| own == namespace)
            && self.included.iter().all(lists)
            && !self.excluded.iter().any(lists)
            && self.selectors.iter().all(|&node| selects(node, namespace, labels))
    }
}

fn names(list: Node<'_>, namespace: &str) -> bool {
    let mut names = list.items().filter_map(Node::scalar_text).chain(list.scalar_text());
    names.any(|pattern| matches_glob(pattern, namespace))
}

/// The label that holds a namespace's name; the API server sets it and nobody can change it.
pub(crate) const NAME: &str = "kubernetes.io/metadata.name";

/// A selector over a namespace: the label of its name is always there.
pub(crate) fn selects(selector: Node<'_>, namespace: &str, labels: Labels<'_>) -> bool {
    if labels.get(NAME).is_some() {
        return Selector::label_selector(selector).matches(labels) == Some(true);
    }
    let value = |key: &str| if key == NAME { Some(namespace) } else { labels.get(key) };
    let pairs = selector.field("matchLabels").into_iter().flat_map(Node::entries);
    let expressions = selector.field("matchExpressions").into_iter().flat_map(Node::items);
    pairs.into_iter().all(|(key, _, wanted)| value(key) == wanted.scalar_text())
        && expressions.into_iter().all(|one| {
            let value = one.field("key").and_then(Node::scalar_text).and_then(value);
            let mut values = one.field("values").into_iter().flat_map(Node::items);
            let listed = value.is_some() && values.any(|item| item.scalar_text() == value);
            match one.field("operator").and_then(Node::scalar_text) {
                Some("In") => listed,
                Some("NotIn") => !listed,
                Some("Exists") => value.is_some(),
                Some("DoesNotExist") => value.is_none(),
                _ => false,
            }
        })
}

/// True when `pattern`, in which `*` stands for any text and `?` for one character, matches.
pub(crate) fn matches_glob(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut from) = (0, 0);
    // Where to go on when what follows the last star does not fit.
    let mut retry: Option<(usize, usize)> = None;
    while from < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                retry = Some((at + 1, from));
                at += 1;
            }
            Some(&c) if c == b'?' || c == text[from] => {
                at += 1;
                from += 1;
            }
            _ => match retry {
                Some((after, start)) => {
                    (at, from) = (after, start + 1);
                    retry = Some((after, start + 1));
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|&c| c == b'*')
}

#[cfg(test)]
mod tests {
    use super::matches_glob;

    #[test]
    fn globs() {
        for (pattern, text, want) in [
            ("*", "", true),
            ("kube-*", "kube-system", true),
            ("*-system", "kube-system", true),
            ("*-s*m", "kube-system", true),
            ("kube-*", "shop", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("", "a", false),
            ("*a*b", "aab", true),
            ("*a*b", "aba", false),
        ] {
            assert_eq!(matches_glob(pattern, text), want, "{pattern} {text}");
        }
    }
}
