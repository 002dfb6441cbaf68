//! Single values, as the API server's decoder takes them.

use rampart_document::{Kind, Node};

use crate::error::Problem;
use crate::{Type, syntax};

/// What a value is, for people.
pub(crate) fn found(node: Node<'_>) -> &'static str {
    match node.kind() {
        Kind::Null => "null",
        Kind::Bool => "a boolean",
        Kind::Int => "a whole number",
        Kind::Float => "a fractional number",
        Kind::Str => "text",
        Kind::Seq => "a list",
        Kind::Map => "a mapping",
    }
}

fn expected(ty: Type) -> &'static str {
    match ty {
        Type::Bool => "`true` or `false`",
        Type::Int32 | Type::Int64 => "a whole number",
        Type::Number => "a number",
        Type::String => "text",
        Type::Bytes => "text in base64",
        Type::Time => "a time like 2006-01-02T15:04:05Z",
        Type::MicroTime => "a time like 2006-01-02T15:04:05.000000Z",
        Type::Quantity => "a quantity like 500m or 1Gi",
        Type::IntOrString => "a whole number or text",
        _ => "something else",
    }
}

/// Checks a scalar type against a value that is not null.
pub(crate) fn check(node: Node<'_>, ty: Type) -> Result<(), Problem> {
    let text = || node.scalar_text().unwrap_or("");
    let good_format = match (ty, node.kind()) {
        (Type::Any, _) | (Type::Bool, Kind::Bool) | (Type::String | Type::IntOrString, Kind::Str) => {
            return Ok(());
        }
        (Type::Int32 | Type::IntOrString, Kind::Int | Kind::Float) => {
            return integer(node, i32::MIN.into(), i32::MAX.into());
        }
        (Type::Int64, Kind::Int | Kind::Float) => return integer(node, i64::MIN, i64::MAX),
        (Type::Number | Type::Quantity, Kind::Int | Kind::Float) => node.as_f64().is_some_and(f64::is_finite),
        (Type::Quantity, Kind::Str) => syntax::is_quantity(text()),
        (Type::Time, Kind::Str) => syntax::is_time(text(), false),
        (Type::MicroTime, Kind::Str) => syntax::is_time(text(), true),
        (Type::Bytes, Kind::Str) => syntax::is_base64(text()),
        // Go decodes a list of small numbers into bytes, too; a null is 0.
        (Type::Bytes, Kind::Seq) => node.items().all(|item| {
            item.is_null() || item.kind() == Kind::Int && item.as_i64().is_some_and(|v| (0..256).contains(&v))
        }),
        _ => return Err(Problem::WrongType { expected: expected(ty), found: found(node) }),
    };
    if good_format { Ok(()) } else { Err(Problem::BadFormat { expected: expected(ty) }) }
}

/// A YAML number reaches the API as JSON writes it, so `3.0` is 3; a fraction or a number out of range is refused.
fn integer(node: Node<'_>, least: i64, most: i64) -> Result<(), Problem> {
    let value = match node.kind() {
        Kind::Int => node.as_i64(),
        _ => match node.as_f64() {
            Some(value) if value.fract() == 0.0 && value.abs() < 9.0e18 => Some(value as i64),
            Some(value) if value.is_finite() && value.abs() < 9.0e18 => {
                return Err(Problem::WrongType { expected: "a whole number", found: "a fractional number" });
            }
            _ => None,
        },
    };
    if value.is_some_and(|value| (least..=most).contains(&value)) {
        Ok(())
    } else if most == i64::MAX {
        Err(Problem::BadFormat { expected: "a whole number of 64 bits" })
    } else {
        Err(Problem::BadFormat { expected: "a whole number of 32 bits" })
    }
}

/// What is wrong with a label or annotation, and the node to point at when that is the value.
pub(crate) fn label_problem<'a>(
    key: &str,
    value: Node<'a>,
    label: bool,
) -> Option<(Problem, Option<Node<'a>>)> {
    if !label {
        return syntax::annotation_key_problem(key).map(|rule| (Problem::BadAnnotation { rule }, None));
    }
    if let Some(rule) = syntax::label_key_problem(key) {
        return Some((Problem::BadLabel { rule }, None));
    }
    let text = if value.is_null() { "" } else { value.scalar_text().unwrap_or("") };
    syntax::label_value_problem(text).map(|rule| (Problem::BadLabel { rule }, Some(value)))
}
