use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use rampart_document::{Kind, Node};
use rampart_model::Quantity;
use serde_json::Value as Json;

use crate::Type;
use crate::library::{Network, Semver, Url};
use crate::time::Timestamp;

/// A value. What comes from a document is borrowed from its tree; null fields of a document count as absent, as they do
/// for the API.
#[derive(Debug, Clone)]
pub enum Value<'a> {
    /// `null`
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// An integer without a sign.
    Uint(u64),
    /// A floating point number.
    Double(f64),
    /// Text.
    Str(Text<'a>),
    /// Bytes.
    Bytes(Arc<[u8]>),
    /// A list.
    List(List<'a>),
    /// A mapping.
    Map(Map<'a>),
    /// A length of time in nanoseconds.
    Duration(i64),
    /// A point in time.
    Timestamp(Timestamp),
    /// A type.
    Type(Type),
    /// A value that may be absent.
    Optional(Option<Arc<Value<'a>>>),
    /// A resource quantity.
    Quantity(Quantity),
    /// A URL.
    Url(Arc<Url>),
    /// An IP address.
    Ip(IpAddr),
    /// A range of IP addresses.
    Cidr(Network),
    /// A semantic version.
    Semver(Arc<Semver>),
}

/// Text, borrowed from a document or made by an expression.
#[derive(Debug, Clone)]
pub enum Text<'a> {
    /// From a document.
    Borrowed(&'a str),
    /// Made.
    Shared(Arc<str>),
}

/// A list, borrowed from a document or made by an expression.
#[derive(Debug, Clone)]
pub enum List<'a> {
    /// From a document.
    Node(Node<'a>),
    /// Made.
    Items(Arc<Vec<Value<'a>>>),
}

/// A mapping, borrowed from a document or made by an expression.
#[derive(Debug, Clone)]
pub enum Map<'a> {
    /// From a document.
    Node(Node<'a>),
    /// Made; keys are distinct.
    Entries(Arc<Vec<(Value<'a>, Value<'a>)>>),
}

impl std::ops::Deref for Text<'_> {
    type Target = str;
    fn deref(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Shared(text) => text,
        }
    }
}

impl<'a> List<'a> {
    /// Number of elements.
    pub fn len(&self) -> usize {
        match self {
            Self::Node(node) => node.len(),
            Self::Items(items) => items.len(),
        }
    }

    /// True when there is no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The element at a position, from 0.
    pub fn get(&self, index: usize) -> Option<Value<'a>> {
        match self {
            Self::Node(node) => node.items().nth(index).map(Value::from),
            Self::Items(items) => items.get(index).cloned(),
        }
    }

    /// The elements.
    pub fn iter(&self) -> Box<dyn Iterator<Item = Value<'a>> + '_> {
        match self {
            Self::Node(node) => Box::new(node.items().map(Value::from)),
            Self::Items(items) => Box::new(items.iter().cloned()),
        }
    }
}

impl<'a> Map<'a> {
    /// Number of entries; null ones of a document do not count.
    pub fn len(&self) -> usize {
        match self {
            Self::Node(node) => node.entries().filter(|(.., value)| !value.is_null()).count(),
            Self::Entries(entries) => entries.len(),
        }
    }

    /// True when there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a text key.
    pub fn get(&self, key: &str) -> Option<Value<'a>> {
        match self {
            Self::Node(node) => node.get(key).filter(|value| !value.is_null()).map(Value::from),
            Self::Entries(entries) => entries
                .iter()
                .find(|(own, _)| matches!(own, Value::Str(text) if &**text == key))
                .map(|(_, value)| value.clone()),
        }
    }

    /// The entries, in the document's order.
    pub fn iter(&self) -> Box<dyn Iterator<Item = (Value<'a>, Value<'a>)> + '_> {
        match self {
            Self::Node(node) => Box::new(
                node.entries()
                    .filter(|(.., value)| !value.is_null())
                    .map(|(key, _, value)| (Value::Str(Text::Borrowed(key)), Value::from(value))),
            ),
            Self::Entries(entries) => Box::new(entries.iter().cloned()),
        }
    }
}

impl<'a> Value<'a> {
    /// Its type.
    pub fn type_of(&self) -> Type {
        match self {
            Self::Null => Type::Null,
            Self::Bool(_) => Type::Bool,
            Self::Int(_) => Type::Int,
            Self::Uint(_) => Type::Uint,
            Self::Double(_) => Type::Double,
            Self::Str(_) => Type::String,
            Self::Bytes(_) => Type::Bytes,
            Self::List(_) => Type::List,
            Self::Map(_) => Type::Map,
            Self::Duration(_) => Type::Duration,
            Self::Timestamp(_) => Type::Timestamp,
            Self::Type(_) => Type::Type,
            Self::Optional(_) => Type::Optional,
            Self::Quantity(_) => Type::Quantity,
            Self::Url(_) => Type::Url,
            Self::Ip(_) => Type::Ip,
            Self::Cidr(_) => Type::Cidr,
            Self::Semver(_) => Type::Semver,
        }
    }

    /// Made text.
    pub fn text(text: impl Into<Arc<str>>) -> Self {
        Self::Str(Text::Shared(text.into()))
    }

    /// A made list.
    pub fn list(items: Vec<Value<'a>>) -> Self {
        Self::List(List::Items(Arc::new(items)))
    }

    /// A made mapping; the caller takes care that keys are distinct.
    pub fn map(entries: Vec<(Value<'a>, Value<'a>)>) -> Self {
        Self::Map(Map::Entries(Arc::new(entries)))
    }

    /// A value that is there.
    pub fn some(value: Value<'a>) -> Self {
        Self::Optional(Some(Arc::new(value)))
    }

    /// Its text, when it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// Its truth, when it is a boolean.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// Its elements, when it is a list.
    pub fn as_list(&self) -> Option<&List<'a>> {
        match self {
            Self::List(list) => Some(list),
            _ => None,
        }
    }

    /// The same data as JSON; types that JSON lacks become their text, an absent optional becomes null.
    pub fn to_json(&self) -> Json {
        match self {
            Self::Null | Self::Optional(None) => Json::Null,
            Self::Bool(value) => (*value).into(),
            Self::Int(value) => (*value).into(),
            Self::Uint(value) => (*value).into(),
            Self::Double(value) => Json::from(*value),
            Self::List(list) => list.iter().map(|item| item.to_json()).collect(),
            Self::Map(map) => {
                Json::Object(map.iter().map(|(key, value)| (key.to_string(), value.to_json())).collect())
            }
            Self::Optional(Some(value)) => value.to_json(),
            other => other.to_string().into(),
        }
    }

    /// JSON as a value of its own. Null fields stay, unlike those of documents.
    pub fn from_json(json: &Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(*value),
            Json::Number(number) => match number.as_i64() {
                Some(value) => Self::Int(value),
                None => Self::Double(number.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(text) => Self::text(text.as_str()),
            Json::Array(items) => Self::list(items.iter().map(Self::from_json).collect()),
            Json::Object(map) => {
                let entry =
                    |(key, value): (&String, &Json)| (Self::text(key.as_str()), Self::from_json(value));
                Self::map(map.iter().map(entry).collect())
            }
        }
    }
}

impl<'a> From<Node<'a>> for Value<'a> {
    /// As the API sees it: integers are `int`, numbers with a fraction or beyond 64 bits are `double`.
    fn from(node: Node<'a>) -> Self {
        match node.kind() {
            Kind::Null => Self::Null,
            Kind::Bool => node.as_bool().map_or(Self::Null, Self::Bool),
            Kind::Int => match rampart_document::mismatches::aside(|| node.as_i64()) {
                Some(value) => Self::Int(value),
                None => node.as_f64().map_or(Self::Null, Self::Double),
            },
            Kind::Float => node.as_f64().map_or(Self::Null, Self::Double),
            Kind::Str => Self::Str(Text::Borrowed(node.scalar_text().unwrap_or_default())),
            Kind::Seq => Self::List(List::Node(node)),
            Kind::Map => Self::Map(Map::Node(node)),
        }
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Str(Text::Borrowed(text))
    }
}

impl fmt::Display for Value<'_> {
    /// As `string()` writes it; what `string()` refuses is written as a literal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Uint(value) => write!(f, "{value}"),
            Self::Double(value) => f.write_str(&crate::number::double_text(*value)),
            Self::Str(text) => f.write_str(text),
            Self::Bytes(bytes) => f.write_str(&String::from_utf8_lossy(bytes)),
            Self::List(list) => {
                f.write_str("[")?;
                for (at, item) in list.iter().enumerate() {
                    write!(f, "{}{item}", if at > 0 { ", " } else { "" })?;
                }
                f.write_str("]")
            }
            Self::Map(map) => {
                f.write_str("{")?;
                for (at, (key, value)) in map.iter().enumerate() {
                    write!(f, "{}{key}: {value}", if at > 0 { ", " } else { "" })?;
                }
                f.write_str("}")
            }
            Self::Duration(nanos) => f.write_str(&crate::time::duration_text(*nanos)),
            Self::Timestamp(time) => write!(f, "{time}"),
            Self::Type(kind) => write!(f, "{kind}"),
            Self::Optional(None) => f.write_str("optional.none()"),
            Self::Optional(Some(value)) => write!(f, "optional.of({value})"),
            Self::Quantity(quantity) => write!(f, "{}", crate::library::quantity_text(*quantity)),
            Self::Url(url) => f.write_str(url.text()),
            Self::Ip(ip) => write!(f, "{ip}"),
            Self::Cidr(network) => write!(f, "{network}"),
            Self::Semver(version) => write!(f, "{version}"),
        }
    }
}
