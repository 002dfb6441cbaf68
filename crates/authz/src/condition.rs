//! `matchConditions` of webhook authorizers: CEL on the `spec` of the SubjectAccessReview that would be sent.

use std::sync::Arc;

use rampart_expr::{Environment, Limits, Program, Type, Value};
use serde_json::{Value as Json, json};

use crate::request::{FieldRequirement, Identity, LabelRequirement, Request, ResourceRequest, Target};

/// What the variable `request` has; a name with a slash is a field of the one before it. Selecting anything else is an
/// error of the text, since the API server knows the type.
const FIELDS: &[&str] = &[
    "user",
    "uid",
    "groups",
    "extra",
    "nonResourceAttributes",
    "nonResourceAttributes/path",
    "nonResourceAttributes/verb",
    "resourceAttributes",
    "resourceAttributes/namespace",
    "resourceAttributes/verb",
    "resourceAttributes/group",
    "resourceAttributes/version",
    "resourceAttributes/resource",
    "resourceAttributes/subresource",
    "resourceAttributes/name",
    "resourceAttributes/fieldSelector",
    "resourceAttributes/fieldSelector/rawSelector",
    "resourceAttributes/fieldSelector/requirements",
    "resourceAttributes/labelSelector",
    "resourceAttributes/labelSelector/rawSelector",
    "resourceAttributes/labelSelector/requirements",
];

/// A compiled condition.
#[derive(Debug, Clone)]
pub struct Condition {
    text: String,
    /// None where the text uses something that the API server has and this does not.
    program: Option<Arc<Program>>,
}

/// What a condition says of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Holds {
    Yes,
    No,
    /// It has no value for this request.
    Error(String),
    /// It cannot be evaluated here.
    Unknown(String),
}

impl Condition {
    /// Compiles an expression.
    ///
    /// # Errors
    /// Why the API server would not start with it, and the byte of the text it is about.
    pub fn compile(text: &str) -> Result<Self, (String, usize)> {
        let made = |program| Self { text: text.to_owned(), program };
        let environment = Environment::new().variable("request", Type::Dyn);
        let program = match environment.compile(text) {
            Ok(program) => program,
            // Named formats are part of the API server's language.
            Err(error) if error.message.contains("not there yet") => return Ok(made(None)),
            Err(error) => return Err((error.message, error.offset)),
        };
        let selected = selections(text);
        for (at, path) in &selected {
            if let Some(field) = unknown_field(path) {
                return Err((format!("the request has no field `{field}`"), *at));
            }
        }
        // A selection alone is a text, a list or an object, never a boolean.
        let bare = selected.first().is_some_and(|(at, path)| {
            *at == 0 && text.trim().split('.').skip(1).map(str::trim).eq(path.iter().copied())
        });
        match program.result_type() {
            Type::Bool => {}
            Type::Dyn if !bare => {}
            other => return Err((format!("it gives {other} instead of true or false"), 0)),
        }
        Ok(made(Some(Arc::new(program))))
    }

    /// The text as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn holds(&self, values: &Value<'_>) -> Holds {
        let text = &self.text;
        let Some(program) = &self.program else {
            return Holds::Unknown(format!("its condition is not evaluated: {text}"));
        };
        match program.eval(&[("request", values.clone())], Limits::default()) {
            Ok(value) => match value.as_bool() {
                Some(true) => Holds::Yes,
                Some(false) => Holds::No,
                None => Holds::Error(failed(text, "eval result type should be bool")),
            },
            Err(error) if error.too_costly => {
                Holds::Unknown(format!("its condition is too costly to evaluate: {text}"))
            }
            Err(error) => Holds::Error(failed(text, &error.message)),
        }
    }
}

fn failed(text: &str, error: &str) -> String {
    format!("cel evaluation error: expression '{text}' resulted in error: {error}")
}

/// The variable `request`: every text of the review, empty ones too, and selectors only where there are any.
pub(crate) fn bindings(identity: &Identity, request: &Request) -> Value<'static> {
    let extra: serde_json::Map<String, Json> =
        identity.extra.iter().map(|(key, values)| (key.clone(), json!(values))).collect();
    let mut spec = json!({
        "user": identity.name, "groups": identity.groups, "uid": identity.uid, "extra": extra,
    });
    match &request.target {
        Target::Path(path) => spec["nonResourceAttributes"] = json!({"path": path, "verb": request.verb}),
        Target::Resource(target) => spec["resourceAttributes"] = resource(&request.verb, target),
    }
    Value::from_json(&spec)
}

fn resource(verb: &str, target: &ResourceRequest) -> Json {
    let version = if target.version.is_empty() { "*" } else { &target.version };
    let mut attributes = json!({
        "namespace": target.namespace, "verb": verb, "group": target.group, "version": version,
        "resource": target.resource, "subresource": target.subresource, "name": target.name,
    });
    let field = |one: &FieldRequirement| {
        let operator = if one.equals { "In" } else { "NotIn" };
        json!({"key": one.field, "operator": operator, "values": [one.value]})
    };
    let label =
        |one: &LabelRequirement| json!({"key": one.key, "operator": one.operator, "values": one.values});
    let fields: Vec<Json> = target.fields.iter().map(field).collect();
    let labels: Vec<Json> = target.labels.iter().map(label).collect();
    for (key, requirements) in [("fieldSelector", fields), ("labelSelector", labels)] {
        if !requirements.is_empty() {
            attributes[key] = json!({"requirements": requirements});
        }
    }
    attributes
}

/// The first part of a selection that no request has.
fn unknown_field<'a>(path: &[&'a str]) -> Option<&'a str> {
    let mut at = String::new();
    for part in path {
        // Below these are lists and maps, whose parts are not known beforehand.
        if matches!(at.as_str(), "extra") {
            return None;
        }
        if !at.is_empty() {
            at.push('/');
        }
        at.push_str(part);
        if !FIELDS.contains(&at.as_str()) {
            return Some(part);
        }
    }
    None
}

/// Every `request.a.b` of a text outside of quotes: where it begins, and the fields. Calls are no fields.
fn selections(text: &str) -> Vec<(usize, Vec<&str>)> {
    let bytes = text.as_bytes();
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let (mut found, mut at, mut quote) = (Vec::new(), 0, None);
    while let Some(&byte) = bytes.get(at) {
        match quote {
            Some(_) if byte == b'\\' => at += 1,
            Some(open) if byte == open => quote = None,
            Some(_) => {}
            None if matches!(byte, b'\'' | b'"') => quote = Some(byte),
            None if word(byte) => {
                let end = bytes[at..].iter().position(|&byte| !word(byte)).map_or(bytes.len(), |n| at + n);
                let member = text[..at].trim_end().ends_with(['.', '?']);
                if &text[at..end] == "request" && !member {
                    found.push((at, fields(&text[end..])));
                }
                at = end;
                continue;
            }
            None => {}
        }
        at += 1;
    }
    found
}

/// The fields that follow a name: `.a.?b` but not the call at the end of `.a.b()`.
fn fields(mut rest: &str) -> Vec<&str> {
    let mut out = Vec::new();
    while let Some(after) = rest.trim_start().strip_prefix('.') {
        let after = after.strip_prefix('?').unwrap_or(after).trim_start();
        let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
        let (name, next) = after.split_at(end);
        if name.is_empty() || next.trim_start().starts_with('(') {
            break;
        }
        out.push(name);
        rest = next;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_the_server_refuses() {
        for (text, what) in [
            ("request.usr == 'amy'", "no field `usr`"),
            ("request.resourceAttributes.kind == 'x'", "no field `kind`"),
            ("has(request.resourceAttributes.fieldSelector.x)", "no field `x`"),
            ("request.user", "instead of true or false"),
            ("'a'", "instead of true or false"),
            ("request.user ==", "no CEL"),
            ("object.user == 'amy'", "object"),
        ] {
            let (error, _) = Condition::compile(text).expect_err(text);
            assert!(error.contains(what), "{text}: {error}");
        }
        for text in [
            "'request.usr' == request.user",
            "request.extra.size() == 0",
            "request.extra['a.b/c'].exists(v, v == 'x')",
            "request.?resourceAttributes.?namespace.orValue('x') == 'x'",
        ] {
            Condition::compile(text).expect(text);
        }
    }
}
