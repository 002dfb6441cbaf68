use rampart_model::is_like;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use crate::words::Words;

/// Several patterns, any of which may fit; none at all fits everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Globs(Vec<String>);

impl Globs {
    /// True when nothing was asked for.
    pub(crate) fn is_open(&self) -> bool {
        self.0.is_empty()
    }

    /// True when one fits, or when there is none.
    pub(crate) fn fit(&self, text: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|pattern| is_like(text, pattern))
    }
}

impl<'de> Deserialize<'de> for Globs {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Words::deserialize(deserializer).map(|words| Self(words.0))
    }
}

impl JsonSchema for Globs {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Globs".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Words::json_schema(generator)
    }
}
