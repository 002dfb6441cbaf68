//! An `openAPIV3Schema` to what its structure states.

use rampart_document::{Kind, Node};

/// What a structural schema says of one value.
#[derive(Debug, Default)]
pub(super) struct Structural {
    pub(super) ty: Option<JsonType>,
    pub(super) int_or_string: bool,
    pub(super) nullable: bool,
    /// An absent value becomes this default, so a required field with one is never missing.
    pub(super) has_default: bool,
    /// `format: int32`.
    pub(super) int32: bool,
    /// Unknown fields of this object are kept.
    pub(super) keeps_unknown: bool,
    /// The value is a whole Kubernetes object.
    pub(super) embedded: bool,
    /// Sorted by name.
    pub(super) properties: Vec<(Box<str>, Structural)>,
    pub(super) required: Vec<Box<str>>,
    pub(super) items: Option<Box<Structural>>,
    pub(super) additional: Additional,
    /// The closed set of values; empty is none.
    pub(super) values: Vec<serde_json::Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JsonType {
    Object,
    Array,
    String,
    Integer,
    Number,
    Boolean,
}

/// What `additionalProperties` says.
#[derive(Debug, Default)]
pub(super) enum Additional {
    #[default]
    None,
    Anything,
    Of(Box<Structural>),
}

/// Deeper schemas are refused by the API server's own limits long before.
const MAX_DEPTH: u16 = 128;

impl Structural {
    /// Reads a schema. `keeps_unknown` is the definition's `preserveUnknownFields`, which holds everywhere.
    pub(super) fn read(node: Node<'_>, keeps_unknown: bool) -> Self {
        Self::read_at(node, keeps_unknown, 0)
    }

    fn read_at(node: Node<'_>, keeps_unknown: bool, depth: u16) -> Self {
        if node.kind() != Kind::Map || depth > MAX_DEPTH {
            // Nothing is known, so nothing is claimed.
            return Self {
                keeps_unknown: true,
                nullable: true,
                additional: Additional::Anything,
                ..Self::default()
            };
        }
        let below = |node: Node<'_>| Self::read_at(node, keeps_unknown, depth + 1);
        let flag = |key: &str| {
            node.get(key).filter(|node| node.kind() == Kind::Bool).and_then(Node::as_bool).unwrap_or(false)
        };
        let text = |key: &str| node.get(key).and_then(Node::scalar_text).unwrap_or("");
        let entries = |key: &str| node.get(key).into_iter().flat_map(Node::entries);
        let items = |key: &str| node.get(key).into_iter().flat_map(Node::items);
        let mut properties: Vec<(Box<str>, Self)> =
            entries("properties").map(|(name, _, schema)| (name.into(), below(schema))).collect();
        properties.sort_by(|a, b| a.0.cmp(&b.0));
        Self {
            ty: match text("type") {
                "object" => Some(JsonType::Object),
                "array" => Some(JsonType::Array),
                "string" => Some(JsonType::String),
                "integer" => Some(JsonType::Integer),
                "number" => Some(JsonType::Number),
                "boolean" => Some(JsonType::Boolean),
                _ => None,
            },
            int_or_string: flag("x-kubernetes-int-or-string"),
            nullable: flag("nullable"),
            has_default: node.get("default").is_some_and(|node| !node.is_null()),
            int32: text("format") == "int32",
            keeps_unknown: keeps_unknown || flag("x-kubernetes-preserve-unknown-fields"),
            embedded: flag("x-kubernetes-embedded-resource"),
            properties,
            required: items("required").filter_map(Node::scalar_text).map(Into::into).collect(),
            items: node
                .get("items")
                .filter(|node| node.kind() == Kind::Map)
                .map(|node| Box::new(below(node))),
            additional: match node.get("additionalProperties") {
                Some(schema) if schema.kind() == Kind::Map => Additional::Of(Box::new(below(schema))),
                Some(flag) if flag.kind() == Kind::Bool && flag.as_bool() == Some(true) => {
                    Additional::Anything
                }
                _ => Additional::None,
            },
            values: items("enum").map(Node::to_json).collect(),
        }
    }

    pub(super) fn property(&self, name: &str) -> Option<&Self> {
        let at = self.properties.binary_search_by(|(known, _)| (**known).cmp(name)).ok()?;
        self.properties.get(at).map(|(_, schema)| schema)
    }
}
