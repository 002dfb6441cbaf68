//! Breaks valid objects one field at a time.

use serde_json::{Map, Value, json};

/// A valid object with one change.
pub(crate) struct Mutant {
    /// What was changed, for messages.
    pub(crate) change: String,
    /// The object after the change.
    pub(crate) object: Value,
}

/// A step into an object.
#[derive(Clone)]
enum Step {
    Key(String),
    Index(usize),
}

/// Every mutant of a valid object, the unchanged object first.
pub(crate) fn mutants(valid: &Value) -> Vec<Mutant> {
    let mut found = vec![Mutant { change: "unchanged".into(), object: valid.clone() }];
    let mut places = Vec::new();
    collect(valid, &mut Vec::new(), &mut places);
    for place in places {
        let name = print(&place);
        if ["apiVersion", "kind", "metadata.namespace"].contains(&name.as_str()) {
            continue; // the request's own address
        }
        for value in replacements() {
            let change = format!("{name} set to {value}");
            found.push(changed(valid, &place, change, |slot| *slot = value.clone()));
        }
        if let Some(Step::Key(key)) = place.last() {
            let parent = &place[..place.len() - 1];
            found.push(changed(valid, parent, format!("{name} removed"), |slot| {
                fields(slot).remove(key);
            }));
            found.push(changed(valid, parent, format!("{name} in other case"), |slot| {
                let value = fields(slot).remove(key).unwrap_or_default();
                fields(slot).insert(key.to_uppercase(), value);
            }));
        }
        found.push(changed(valid, &place, format!("{name} with an unknown field"), |slot| {
            fields(slot).insert("zzz".into(), json!(1));
        }));
        found.push(changed(valid, &place, format!("{name} with a bad key"), |slot| {
            fields(slot).insert("bad key!".into(), json!("v"));
        }));
    }
    found
}

fn replacements() -> Vec<Value> {
    let mut values =
        vec![json!(null), json!([]), json!({}), json!([null]), json!([{}]), json!([1]), json!(["a"])];
    values.extend([json!({"a": 1}), json!({"a": "b"}), json!(true), json!(7), json!(-1), json!(1.5)]);
    values.extend([json!(2_147_483_648_i64), json!("x".repeat(64))]);
    values.extend(["", "text", "-bad", "UPPER", "a b", "a/b", "a.b", "1", "1Gi"].map(Value::from));
    values
}

fn fields(slot: &mut Value) -> &mut Map<String, Value> {
    // A place that holds no mapping gets one; that is a mutant, too.
    if !slot.is_object() {
        *slot = json!({});
    }
    slot.as_object_mut().expect("just made one")
}

fn changed(valid: &Value, place: &[Step], change: String, edit: impl FnOnce(&mut Value)) -> Mutant {
    let mut object = valid.clone();
    let slot = place.iter().fold(&mut object, |value, step| match step {
        Step::Key(key) => &mut value[key.as_str()],
        Step::Index(index) => &mut value[*index],
    });
    edit(slot);
    Mutant { change, object }
}

fn collect(value: &Value, at: &mut Vec<Step>, places: &mut Vec<Vec<Step>>) {
    let mut below = |step: Step, value: &Value| {
        at.push(step);
        places.push(at.clone());
        collect(value, at, places);
        at.pop();
    };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| below(Step::Key(key.clone()), value)),
        Value::Array(items) => items.iter().enumerate().for_each(|(at, value)| below(Step::Index(at), value)),
        _ => {}
    }
}

fn print(place: &[Step]) -> String {
    let mut path = rampart_document::FieldPath::root();
    for step in place {
        match step {
            Step::Key(key) => path.push_key(key),
            Step::Index(index) => path.push_index(*index),
        }
    }
    path.to_string()
}
