use rampart_expr::Value;
use serde_json::{Map, Value as Json};

/// The claims of a token, read as Go's decoder reads them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Claims(Map<String, Json>);

/// The text is no claim set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimsError {
    /// What is wrong; quotes nothing of the text.
    pub message: String,
}

impl std::fmt::Display for ClaimsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ClaimsError {}

/// Most bytes of a claim set: headers of requests are smaller.
const MAX_BYTES: usize = 1 << 20;
/// The range of times that is compared, in seconds since 1970; beyond it a float has no exact second.
const MAX_TIME: f64 = 9e15;

/// The claim is there and of another type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WrongType;

impl Claims {
    /// Reads a JSON object.
    ///
    /// # Errors
    /// It is no JSON object, or too large.
    pub fn parse(text: &str) -> Result<Self, ClaimsError> {
        let failed = |message: String| ClaimsError { message };
        if text.len() > MAX_BYTES {
            return Err(failed(format!("{} bytes; at most {MAX_BYTES} are read", text.len())));
        }
        match serde_json::from_str(text) {
            Ok(Json::Object(claims)) => Ok(Self(claims)),
            Ok(_) => Err(failed("the claims are no JSON object".to_owned())),
            Err(error) => Err(failed(format!("no JSON: line {}, column {}", error.line(), error.column()))),
        }
    }

    /// A claim by its exact name, null included.
    pub fn get(&self, name: &str) -> Option<&Json> {
        self.0.get(name)
    }

    /// A registered claim: Go fills structs by names in any case, and the last one counts.
    pub(crate) fn registered(&self, name: &str) -> Option<&Json> {
        self.0.iter().rev().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Text of a registered claim; absent and null are empty.
    pub(crate) fn text(&self, name: &str) -> Result<String, WrongType> {
        self.registered(name).map_or(Ok(String::new()), string)
    }

    /// The audiences: one text or a list of texts.
    pub(crate) fn audiences(&self) -> Result<Vec<String>, WrongType> {
        self.registered("aud").map_or(Ok(Vec::new()), strings)
    }

    /// A time in whole seconds since 1970; absent and null are `None`.
    pub(crate) fn time(&self, name: &str) -> Result<Option<i64>, WrongType> {
        match self.registered(name) {
            None | Some(Json::Null) => Ok(None),
            Some(Json::Number(number)) => match number.as_i64() {
                Some(time) => Ok(Some(time)),
                None => {
                    let float = number.as_f64().filter(|float| float.abs() < MAX_TIME).ok_or(WrongType)?;
                    Ok(Some(float as i64))
                }
            },
            Some(_) => Err(WrongType),
        }
    }

    /// The `claims` of expressions: every number is a double, as Go decodes JSON into any value.
    pub(crate) fn value(&self, escaped: bool) -> Value<'static> {
        map(&self.0, escaped)
    }
}

/// Go leaves a text empty when the JSON is null.
pub(crate) fn string(value: &Json) -> Result<String, WrongType> {
    match value {
        Json::String(text) => Ok(text.clone()),
        Json::Null => Ok(String::new()),
        _ => Err(WrongType),
    }
}

/// One text or a list of texts.
pub(crate) fn strings(value: &Json) -> Result<Vec<String>, WrongType> {
    match value {
        Json::Null => Ok(Vec::new()),
        Json::Array(items) => items.iter().map(string).collect(),
        other => Ok(vec![string(other)?]),
    }
}

fn map(entries: &Map<String, Json>, escaped: bool) -> Value<'static> {
    let mut all = Vec::with_capacity(entries.len());
    for (key, entry) in entries {
        let name = escape(key);
        if escaped && name != *key {
            all.push((Value::text(name), value(entry, escaped)));
        }
        all.push((Value::text(key.as_str()), value(entry, escaped)));
    }
    Value::map(all)
}

fn value(json: &Json, escaped: bool) -> Value<'static> {
    match json {
        Json::Number(number) => Value::Double(number.as_f64().unwrap_or(f64::NAN)),
        Json::Array(items) => Value::list(items.iter().map(|item| value(item, escaped)).collect()),
        Json::Object(entries) => map(entries, escaped),
        other => Value::from_json(other),
    }
}

/// The name under which expressions reach a key that is no identifier. Source: `k8s.io/apiserver/pkg/cel`.
pub(crate) fn escape(key: &str) -> String {
    key.replace("__", "__underscores__")
        .replace('.', "__dot__")
        .replace('-', "__dash__")
        .replace('/', "__slash__")
}

/// Whether an expression uses such names.
pub(crate) fn uses_escapes(expression: &str) -> bool {
    ["__dot__", "__dash__", "__slash__", "__underscores__"].iter().any(|name| expression.contains(name))
}
