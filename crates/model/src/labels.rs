use rampart_document::Node;

/// The labels (or annotations) of an object; absent means none.
#[derive(Debug, Clone, Copy)]
pub struct Labels<'a>(Option<Node<'a>>);

impl<'a> Labels<'a> {
    /// Labels held by a mapping node.
    pub fn new(node: Option<Node<'a>>) -> Self {
        Self(node)
    }

    /// The value of a key.
    pub fn get(self, key: &str) -> Option<&'a str> {
        self.0?.field(key)?.scalar_text()
    }

    /// All keys and values in document order.
    pub fn iter(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0
            .into_iter()
            .flat_map(Node::entries)
            .filter_map(|(key, _, value)| Some((key, value.scalar_text()?)))
    }

    /// True when there is none.
    pub fn is_empty(self) -> bool {
        self.0.is_none_or(Node::is_empty)
    }

    /// The mapping node, if the field is there.
    pub fn node(self) -> Option<Node<'a>> {
        self.0
    }
}

/// A selector over labels: a `LabelSelector` (matchLabels + matchExpressions) or a plain map as Services have.
#[derive(Debug, Clone, Copy)]
pub struct Selector<'a> {
    map: Option<Node<'a>>,
    expressions: Option<Node<'a>>,
}

impl<'a> Selector<'a> {
    /// A `LabelSelector` (`matchLabels`, `matchExpressions`).
    pub fn label_selector(node: Node<'a>) -> Self {
        Self { map: node.field("matchLabels"), expressions: node.field("matchExpressions") }
    }

    /// A plain map of labels, as in `Service.spec.selector`.
    pub fn map(node: Node<'a>) -> Self {
        Self { map: Some(node), expressions: None }
    }

    /// True when nothing is asked for; what that means (everything, nothing) depends on the field.
    pub fn is_empty(self) -> bool {
        self.map.is_none_or(Node::is_empty) && self.expressions.is_none_or(Node::is_empty)
    }

    /// Keys and values that labels must have one for one (`matchLabels`, or the plain map).
    pub fn pairs(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        Labels(self.map).iter()
    }

    /// True when `labels` meet every requirement. `None` when a requirement is malformed (unknown operator, missing
    /// key), which the API server rejects. An empty selector matches everything.
    /// Semantics: `k8s.io/apimachinery/pkg/labels` requirements.
    pub fn matches(self, labels: Labels<'_>) -> Option<bool> {
        for (key, _, value) in self.map.into_iter().flat_map(Node::entries) {
            if labels.get(key) != Some(value.scalar_text()?) {
                return Some(false);
            }
        }
        for expression in self.expressions.into_iter().flat_map(Node::items) {
            let key = expression.field("key")?.as_str()?;
            let value = labels.get(key);
            let values = || expression.field("values").into_iter().flat_map(Node::items);
            let listed = value.is_some_and(|value| values().any(|item| item.scalar_text() == Some(value)));
            let met = match expression.field("operator")?.as_str()? {
                "In" => listed,
                "NotIn" => !listed,
                "Exists" => value.is_some(),
                "DoesNotExist" => value.is_none(),
                _ => return None,
            };
            if !met {
                return Some(false);
            }
        }
        Some(true)
    }
}
