//! What every tree must hold, whatever text it came from.

use rampart_document::{Kind, Node, Parsed, Source, Tree};
use serde_json::Value;

pub fn check(parsed: &Parsed, source: &Source) {
    let text = source.text();
    for diagnostic in &parsed.diagnostics {
        let span = diagnostic.span.range();
        assert!(text.get(span).is_some(), "{diagnostic:?}");
        source.position(diagnostic.span.start);
    }
    for (root, span) in parsed.tree.documents().zip(parsed.tree.document_spans()) {
        assert!(text.get(span.range()).is_some());
        check_node(root, &parsed.tree, 0);
        root.data_hash();
        assert!(root.same_data(root));
    }
}

fn check_node(node: Node<'_>, tree: &Tree, depth: usize) {
    assert!(depth <= 128);
    assert!(tree.source().text().get(node.span().range()).is_some(), "{node:?}");
    match node.kind() {
        Kind::Map => {
            for (key, name, value) in node.entries() {
                assert!(tree.source().text().get(name.span().range()).is_some());
                assert!(node.get(key).is_some());
                assert!(node.key_node(key).is_some());
                check_node(value, tree, depth + 1);
            }
        }
        Kind::Seq => {
            assert_eq!(node.items().count(), node.len());
            node.items().for_each(|item| check_node(item, tree, depth + 1));
        }
        _ => assert!(node.scalar_text().is_some()),
    }
}

/// What a tree says as JSON reads back as the same data.
#[allow(dead_code)]
pub fn round_trip(parsed: &Parsed) {
    for root in parsed.tree.documents() {
        let json = root.to_json();
        let again = Source::new("again", json.to_string());
        let limits = rampart_document::Limits::default();
        let parsed = rampart_document::parse_json(&again, &limits);
        assert!(parsed.diagnostics.is_empty(), "{:?} {json}", parsed.diagnostics);
        if let Some(root) = parsed.tree.documents().next() {
            assert_eq!(root.to_json(), json);
        }
    }
}

/// Equal data; numbers by value.
pub fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}
