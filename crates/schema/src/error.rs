use std::fmt;

use rampart_document::{FieldPath, Span};

use crate::Version;

/// One place where an object does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaError {
    /// The field; for a missing one, the path it would have.
    pub path: FieldPath,
    /// The bytes to point at: the value, the key of an unknown field, or the object that misses a field.
    pub span: Span,
    /// [`rampart_document::Node::id`] of the value, or of the object that misses a field.
    pub node: u32,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// The value has another type.
    WrongType {
        /// What the API expects.
        expected: &'static str,
        /// What stands there.
        found: &'static str,
    },
    /// The value has the right type but cannot be decoded: an integer out of range, a bad quantity, time or base64.
    BadFormat {
        /// What the API expects.
        expected: &'static str,
    },
    /// The API of this version does not have the field; strict decoding rejects it, lenient decoding drops it.
    UnknownField {
        /// The field that was probably meant.
        suggestion: Option<String>,
        /// The minor that brought the field, when that is a later one.
        since: Option<Version>,
        /// The last minor that had the field, when that is an earlier one.
        until: Option<Version>,
    },
    /// A required field is absent or null.
    MissingRequired,
    /// The value is none of those allowed.
    BadEnum {
        /// The allowed values.
        allowed: Vec<String>,
    },
    /// A label's key or value has the wrong syntax.
    BadLabel {
        /// The rule that it breaks.
        rule: &'static str,
    },
    /// An annotation's key has the wrong syntax.
    BadAnnotation {
        /// The rule that it breaks.
        rule: &'static str,
    },
    /// The object's name or namespace has the wrong syntax.
    BadName {
        /// The rule that it breaks.
        rule: &'static str,
    },
    /// Nested deeper than any object the API accepts; what lies below was not looked at.
    TooDeep,
}

impl Problem {
    /// True when the API server fails while decoding, before any other validation. Unknown fields count: strict field
    /// validation is what `kubectl` asks for.
    pub fn is_decoding(&self) -> bool {
        matches!(self, Self::WrongType { .. } | Self::BadFormat { .. } | Self::UnknownField { .. })
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongType { expected, found } => write!(f, "must be {expected}, not {found}"),
            Self::BadFormat { expected } => write!(f, "must be {expected}"),
            Self::UnknownField { suggestion: Some(name), .. } => {
                write!(f, "unknown field; `{name}` is known")
            }
            Self::UnknownField { since: Some(since), .. } => write!(f, "unknown field before {since}"),
            Self::UnknownField { until: Some(until), .. } => {
                write!(f, "unknown field since {until} was the last with it")
            }
            Self::UnknownField { .. } => f.write_str("unknown field"),
            Self::MissingRequired => f.write_str("required field is missing"),
            Self::BadEnum { allowed } => write!(f, "must be one of {}", allowed.join(", ")),
            Self::BadLabel { rule } => write!(f, "not a valid label: {rule}"),
            Self::BadAnnotation { rule } => write!(f, "not a valid annotation key: {rule}"),
            Self::BadName { rule } => write!(f, "not a valid name: {rule}"),
            Self::TooDeep => f.write_str("nested too deep to be checked"),
        }
    }
}
