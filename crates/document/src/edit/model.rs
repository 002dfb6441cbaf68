//! The twin of the text edits on JSON values: what an edit means.

use serde_json::{Map, Value};

use super::{Edit, EditError, Operation};
use crate::Segment;

/// Applies edits to a value. A null on the way counts as absent, as it does for the API.
///
/// # Errors
/// The first edit whose path meets a value of another shape, an element that is not there, or (for Insert) a field
/// that exists. Edits before it have been applied.
pub fn apply_to_value(value: &mut Value, edits: &[Edit]) -> Result<(), EditError> {
    edits
        .iter()
        .try_for_each(|edit| one(value, edit).map_err(|reason| EditError { path: edit.path.clone(), reason }))
}

fn one(value: &mut Value, edit: &Edit) -> Result<(), String> {
    let segments: Vec<Segment<'_>> = edit.path.segments().collect();
    let Some((last, way)) = segments.split_last() else { return at_root(value, &edit.operation) };
    let mut at = value;
    for segment in way {
        if edit.operation == Operation::Remove && lookup(at, segment).is_none_or(|value| value.is_null()) {
            return shape(at, segment);
        }
        at = step(at, segment)?;
    }
    match &edit.operation {
        Operation::Remove => {
            if lookup(at, last).is_none() {
                return shape(at, last);
            }
            match (at, last) {
                (Value::Object(map), Segment::Key(key)) => drop(map.shift_remove(key.as_ref())),
                (Value::Array(list), Segment::Index(index)) => drop(list.remove(*index)),
                _ => {}
            }
            Ok(())
        }
        Operation::Set(new) => {
            *step(at, last)? = new.clone();
            Ok(())
        }
        Operation::Insert(new) => {
            if lookup(at, last).is_some_and(|old| !old.is_null()) {
                return Err(EXISTS.to_owned());
            }
            *step(at, last)? = new.clone();
            Ok(())
        }
        Operation::Append(new) => append(step(at, last)?, new),
    }
}

pub(super) const EXISTS: &str = "it exists already";

fn at_root(value: &mut Value, operation: &Operation) -> Result<(), String> {
    match operation {
        Operation::Append(new) => append(value, new),
        _ => Err("an object cannot be replaced or removed as a whole".to_owned()),
    }
}

fn append(list: &mut Value, new: &Value) -> Result<(), String> {
    if list.is_null() {
        *list = Value::Array(Vec::new());
    }
    let kind = kind(list);
    list.as_array_mut().ok_or_else(|| format!("it is {kind}, not a list"))?.push(new.clone());
    Ok(())
}

fn lookup<'a>(value: &'a Value, segment: &Segment<'_>) -> Option<&'a Value> {
    match segment {
        Segment::Key(key) => value.get(key.as_ref()),
        Segment::Index(index) => value.get(*index),
    }
}

/// Fails when `segment` cannot exist in a value of this shape.
fn shape(value: &Value, segment: &Segment<'_>) -> Result<(), String> {
    match (value, segment) {
        (Value::Null, _) | (Value::Object(_), Segment::Key(_)) | (Value::Array(_), Segment::Index(_)) => {
            Ok(())
        }
        (_, Segment::Key(key)) => Err(format!("`{key}` is looked for in {}, not in a mapping", kind(value))),
        (_, Segment::Index(index)) => {
            Err(format!("element {index} is looked for in {}, not in a list", kind(value)))
        }
    }
}

/// The child, created when it is absent.
fn step<'a>(value: &'a mut Value, segment: &Segment<'_>) -> Result<&'a mut Value, String> {
    shape(value, segment)?;
    match segment {
        Segment::Key(key) => {
            if value.is_null() {
                *value = Value::Object(Map::new());
            }
            let map = value.as_object_mut().ok_or_else(String::new)?;
            Ok(map.entry(key.as_ref()).or_insert(Value::Null))
        }
        Segment::Index(index) => {
            if value.is_null() {
                *value = Value::Array(Vec::new());
            }
            let list = value.as_array_mut().ok_or_else(String::new)?;
            if *index == list.len() {
                list.push(Value::Null);
            }
            list.get_mut(*index).ok_or_else(|| format!("the list has no element {index}"))
        }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

/// The same data; numbers by value, since YAML cannot tell `3.0` from `3`.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            a == b || a.as_f64() == b.as_f64() && (a.is_f64() || b.is_f64())
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

/// What has to be written where `segments` are missing, so that `value` stands at their end.
pub(super) fn nest(segments: &[Segment<'_>], value: Value) -> Result<Value, String> {
    segments.iter().rev().try_fold(value, |inner, segment| match segment {
        Segment::Key(key) => Ok(Value::Object(Map::from_iter([(key.as_ref().to_owned(), inner)]))),
        Segment::Index(0) => Ok(Value::Array(vec![inner])),
        Segment::Index(index) => Err(format!("the list has no element {index}")),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::FieldPath;

    #[test]
    fn edits_mean_what_they_say() {
        let path = |text: &str| FieldPath::parse(text).unwrap();
        let cases = [
            (json!({"a": 1}), Edit::set(path("b.c[0].d"), 2), Ok(json!({"a": 1, "b": {"c": [{"d": 2}]}}))),
            (json!({"a": null}), Edit::set(path("a.b"), 2), Ok(json!({"a": {"b": 2}}))),
            (json!({"a": [1, 2]}), Edit::remove(path("a[0]")), Ok(json!({"a": [2]}))),
            (json!({"a": {"b": 1}}), Edit::remove(path("a.b")), Ok(json!({"a": {}}))),
            (json!({"a": 1}), Edit::remove(path("x.y")), Ok(json!({"a": 1}))),
            (json!({}), Edit::append(path("a"), 1), Ok(json!({"a": [1]}))),
            (json!({"a": 1}), Edit::append(path("a"), 1), Err("it is a number, not a list")),
            (json!({"a": 1}), Edit::insert(path("a"), 1), Err(EXISTS)),
            (json!({"a": []}), Edit::set(path("a[1]"), 1), Err("the list has no element 1")),
            (
                json!({"a": 1}),
                Edit::set(path("a.b"), 1),
                Err("`b` is looked for in a number, not in a mapping"),
            ),
        ];
        for (mut value, edit, want) in cases {
            let outcome = apply_to_value(&mut value, std::slice::from_ref(&edit));
            match want {
                Ok(want) => assert_eq!((outcome, value), (Ok(()), want)),
                Err(reason) => assert_eq!(outcome.unwrap_err().reason, reason),
            }
        }
    }
}
