#![no_main]
//! Any document and any edit of it: the text that comes out reads as the edited data, or the edit is refused.

mod common;

use common::same;
use libfuzzer_sys::fuzz_target;
use rampart_document::{Edit, FieldPath, Limits, Node, Source, apply, apply_to_value, parse_json, parse_yaml};
use serde_json::{Value, json};

/// The node that `steps` lead to, each byte choosing a child.
fn path(root: Node<'_>, steps: &[u8]) -> FieldPath {
    let mut path = FieldPath::root();
    let mut node = root;
    for &step in steps {
        if let Some((key, _, value)) = node.entries().nth(usize::from(step) % node.len().max(1)) {
            path.push_key(key);
            node = value;
        } else if let Some(item) = node.items().nth(usize::from(step) % node.len().max(1)) {
            path.push_index(usize::from(step) % node.len().max(1));
            node = item;
        }
    }
    path
}

fuzz_target!(|input: (u8, u8, [u8; 3], &str)| {
    let (operation, value, steps, text) = input;
    let read = |text: &str| {
        let source = Source::new("fuzz", text);
        let limits = Limits::default();
        if operation & 0x80 == 0 { parse_yaml(&source, &limits) } else { parse_json(&source, &limits) }
    };
    let parsed = read(text);
    let Some(root) = parsed.tree.documents().next() else { return };
    let values = [
        json!(1), json!("yes"), json!({}), json!([]), json!({"a": [1, {"b": "c: d"}]}), json!([[1], null]), json!(null),
        json!(text.get(..8).unwrap_or("x")),
    ];
    let value = values[usize::from(value) % values.len()].clone();
    let at = path(root, &steps);
    let edit = match operation % 6 {
        0 => Edit::set(at, value),
        1 => Edit::remove(at),
        2 => Edit::append(at, value),
        3 => Edit::set(at.key("new").key("field"), value),
        4 => Edit::insert(at.key("new"), value),
        _ => Edit::set(at.index(0), value),
    };
    let edits = [edit];
    let Ok(new) = apply(root, &edits) else { return };
    let mut model = root.to_json();
    assert!(apply_to_value(&mut model, &edits).is_ok());
    let again = read(&new);
    let got = again.tree.documents().next().map_or(Value::Null, Node::to_json);
    assert!(same(&got, &model), "{edits:?}\n{text}\n->\n{new}");
});
