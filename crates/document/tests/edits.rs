//! Edits on text keep what they do not concern, and mean what they mean on values.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod common;

use common::Dice;
use proptest::prelude::*;
use rampart_document::{
    Edit, FieldPath, Limits, Parsed, Source, StreamChanges, apply, apply_all, apply_to_stream,
    apply_to_value, parse_json, parse_yaml, to_yaml,
};
use serde_json::{Value, json};

fn parse(text: &str) -> Parsed {
    parse_as(text, text.trim_start().starts_with('{'))
}

fn parse_as(text: &str, json: bool) -> Parsed {
    let source = Source::new("test", text);
    if json { parse_json(&source, &Limits::default()) } else { parse_yaml(&source, &Limits::default()) }
}

fn path(text: &str) -> FieldPath {
    FieldPath::parse(text).unwrap()
}

fn edited(text: &str, edits: &[Edit]) -> Result<String, String> {
    let parsed = parse(text);
    assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
    let root = parsed.tree.documents().next().unwrap();
    apply(root, edits).map_err(|error| error.reason)
}

#[test]
fn set_keeps_what_stands_around() {
    let cases: &[(&str, &str, Value, &str)] = &[
        ("a: 1 # one\nb: 2", "a", json!(3), "a: 3 # one\nb: 2"),
        ("a: 'x'\n", "a", json!("it's"), "a: 'it''s'\n"),
        ("a: \"x\"\n", "a", json!("v"), "a: \"v\"\n"),
        ("a: x\n", "a", json!("yes"), "a: \"yes\"\n"),
        ("a: # c\nb: 1\n", "a", json!(true), "a: true # c\nb: 1\n"),
        ("a:\n  b: 1\n", "a.c", json!(2), "a:\n  b: 1\n  c: 2\n"),
        (
            "a:\r\n    b: 1 # c\r\n\r\nd: 1\r\n",
            "a.c.e",
            json!(2),
            "a:\r\n    b: 1 # c\r\n    c:\r\n        e: 2\r\n\r\nd: 1\r\n",
        ),
        ("l:\n  - a: 1\n", "l[0].b", json!([1, "x"]), "l:\n  - a: 1\n    b:\n      - 1\n      - x\n"),
        ("l:\n- a: 1\n", "l[0].b", json!([1]), "l:\n- a: 1\n  b:\n  - 1\n"),
        ("a: {b: 1} # c\n", "a.c", json!("nginx:1"), "a: {b: 1, c: \"nginx:1\"} # c\n"),
        ("a: {} # c\n", "a.b", json!(1), "a: # c\n  b: 1\n"),
        ("- a: {}\n- b\n", "[0].a.b", json!(1), "- a:\n    b: 1\n- b\n"),
        ("a: |\n  x\n  y\n\nb: 1\n", "a", json!("z"), "a: z\n\nb: 1\n"),
        ("a: | # c\n  x\nb: 1\n", "c", json!("z"), "a: | # c\n  x\nb: 1\nc: z\n"),
        ("b: 1\na: |+\n  x\n\n", "c", json!("z"), "b: 1\na: |+\n  x\n\nc: z\n"),
        ("a: # c\n  b: 1\n  c: 2\nd: 3\n", "a", json!(null), "a: null # c\nd: 3\n"),
        ("a: &x # c\n  b: 1\n", "a.b", json!(2), "a: &x # c\n  b: 2\n"),
        ("a: &x 1 # c\n", "a", json!(2), "a: &x 2 # c\n"),
        ("a: [1, 2]\n", "a", json!([3]), "a: [3]\n"),
        ("a: 1 # c\nb: 2\n", "a", json!({"x": {"v": 1}}), "a: # c\n  x:\n    v: 1\nb: 2\n"),
        ("- 1 # c\n- 2\n", "[0]", json!({"x": 1, "v": 2}), "- x: 1 # c\n  v: 2\n- 2\n"),
        ("{\"a\": 1,\"b\":[ ]}", "b", json!([1, {"c": null}]), "{\"a\": 1,\"b\":[1, {\"c\": null}]}"),
        ("{\"a\":1}\n", "b.c", json!("x"), "{\"a\":1,\"b\":{\"c\":\"x\"}}\n"),
        (
            "{\n    \"a\": {\n        \"b\": 1\n    }\n}\n",
            "a.c",
            json!({"d": 1}),
            "{\n    \"a\": {\n        \"b\": 1,\n        \"c\": {\n            \"d\": 1\n        }\n    }\n}\n",
        ),
        ("{\n  \"a\": {}\n}\n", "a.c", json!(1), "{\n  \"a\": {\n    \"c\": 1\n  }\n}\n"),
    ];
    for (text, at, value, want) in cases {
        assert_eq!(
            edited(text, &[Edit::set(path(at), value.clone())]).as_deref(),
            Ok(*want),
            "{text:?} {at}"
        );
    }
}

#[test]
fn remove_and_append_keep_what_stands_around() {
    let cases: &[(&str, Edit, &str)] = &[
        ("a: 1\nb: 2 # x\n# c\nd: 3\n", Edit::remove(path("b")), "a: 1\n# c\nd: 3\n"),
        ("a: 1\nb: 2", Edit::remove(path("b")), "a: 1"),
        ("a:\n  b: 1 # x\nc: 2\n", Edit::remove(path("a.b")), "a: {}\nc: 2\n"),
        ("a: # y\n- b\nc: 2\n", Edit::remove(path("a[0]")), "a: [] # y\nc: 2\n"),
        ("a:\n- b: 1\n  c: 2\n", Edit::remove(path("a[0].b")), "a:\n- c: 2\n"),
        ("a:\n- b: 1 # x\n  # y\n  c: 2\n", Edit::remove(path("a[0].b")), "a:\n-\n  # y\n  c: 2\n"),
        ("a:\n- b: 1\n", Edit::remove(path("a[0].b")), "a:\n- {}\n"),
        ("a:\n- 1\n- 2 # x\n- 3\n", Edit::remove(path("a[1]")), "a:\n- 1\n- 3\n"),
        ("- - 1\n  - 2\n", Edit::remove(path("[0][0]")), "- - 2\n"),
        ("a: [1, 2, 3]\n", Edit::remove(path("a[1]")), "a: [1, 3]\n"),
        ("a: [1, 2, 3]\n", Edit::remove(path("a[2]")), "a: [1, 2]\n"),
        ("a: {b: 1}\n", Edit::remove(path("a.b")), "a: {}\n"),
        ("a: 1\n", Edit::remove(path("x.y")), "a: 1\n"),
        ("a: &x\n  b: 1\n", Edit::remove(path("a.b")), "a: &x {}\n"),
        ("{\n  \"a\": 1,\n  \"b\": 2\n}\n", Edit::remove(path("b")), "{\n  \"a\": 1\n}\n"),
        ("{\n  \"a\": 1,\n  \"b\": 2\n}\n", Edit::remove(path("a")), "{\n  \"b\": 2\n}\n"),
        ("{\n  \"a\": 1\n}\n", Edit::remove(path("a")), "{}\n"),
        ("a:\n  - 1 # x\nb: 2\n", Edit::append(path("a"), 2), "a:\n  - 1 # x\n  - 2\nb: 2\n"),
        (
            "a:\n- x: 1\n",
            Edit::append(path("a"), json!({"x": 2, "v": [1]})),
            "a:\n- x: 1\n- x: 2\n  v:\n  - 1\n",
        ),
        ("a: [\n  1, # x\n  2 # y\n]\n", Edit::append(path("a"), 3), "a: [\n  1, # x\n  2, # y\n  3\n]\n"),
        ("a: [1]\n", Edit::append(path("a"), "x"), "a: [1, x]\n"),
        ("a: []\n", Edit::append(path("a"), "x"), "a:\n- x\n"),
        ("a: ~ # x\n", Edit::append(path("a"), "x"), "a: # x\n- x\n"),
        ("a: 1\n", Edit::append(path("b.c"), "x"), "a: 1\nb:\n  c:\n  - x\n"),
        ("a: 1\n", Edit::insert(path("b"), "x"), "a: 1\nb: x\n"),
        ("[1]\n", Edit::append(path(""), 2), "[1, 2]\n"),
    ];
    for (text, edit, want) in cases {
        assert_eq!(edited(text, std::slice::from_ref(edit)).as_deref(), Ok(*want), "{text:?} {edit:?}");
    }
}

#[test]
fn what_cannot_be_made_safely_is_refused() {
    for (text, edit, reason) in [
        ("a: &x {b: 1}\nc: *x\n", Edit::set(path("c.b"), 2), "alias"),
        ("a: &x {b: 1}\nc: *x\n", Edit::set(path("a.b"), 2), "anchored"),
        ("a: &x {b: 1}\nc:\n  <<: *x\n", Edit::set(path("c.b"), 2), "merge key"),
        ("a: &x {b: 1}\nc: *x\n", Edit::remove(path("a")), "aliases elsewhere"),
        ("a:\n  b: &x 1\nc: *x\n", Edit::remove(path("a")), "something else"),
        ("a: !!str 1\n", Edit::set(path("a"), 2), "tag"),
        ("a: 1\n", Edit::insert(path("a"), 2), "exists"),
        ("a: 1\n", Edit::set(path("a.b"), 2), "not a mapping"),
        ("a: 1\n", Edit::remove(path("")), "as a whole"),
        ("? a\n: b\nc: d\n", Edit::remove(path("a")), "`?`"),
    ] {
        let refusal = edited(text, &[edit]).unwrap_err();
        assert!(refusal.contains(reason), "{text:?}: {refusal}");
    }
}

#[test]
fn several_objects_of_a_file_at_once() {
    let text = "kind: List\nitems:\n- kind: A\n  x: 1\n- kind: B\n  x: &s 1\n  y: *s\n- kind: C # c\n---\n# second\nkind: D\n---\nkind: E\n";
    let parsed = parse(text);
    let roots: Vec<_> = parsed.tree.documents().collect();
    let items: Vec<_> = roots[0].get("items").unwrap().items().collect();
    let edits = [Edit::set(path("x"), 5), Edit::set(path("z.v"), true)];
    let outcome = apply_all(
        &parsed.tree,
        &[(items[0], &edits), (items[1], &edits), (items[2], &edits), (roots[1], &edits)],
    );
    let want = "kind: List\nitems:\n- kind: A\n  x: 5\n  z:\n    v: true\n- kind: B\n  x: &s 1\n  y: *s\n- kind: C # c\n  x: 5\n  z:\n    v: true\n---\n# second\nkind: D\nx: 5\nz:\n  v: true\n---\nkind: E\n";
    assert_eq!(outcome.text, want);
    assert_eq!(outcome.refused.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [1]);
}

/// All paths of a value, containers included.
fn paths(value: &Value, at: &FieldPath, out: &mut Vec<FieldPath>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                out.push(at.key(key));
                paths(value, &at.key(key), out);
            }
        }
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                out.push(at.index(index));
                paths(value, &at.index(index), out);
            }
        }
        _ => {}
    }
}

fn random_edit(dice: &mut Dice, value: &Value) -> Edit {
    let mut all = Vec::new();
    paths(value, &FieldPath::root(), &mut all);
    let base = if all.is_empty() || dice.chance(10) {
        FieldPath::root()
    } else {
        all[dice.below(all.len())].clone()
    };
    let values = [
        json!(1),
        json!(true),
        json!("yes"),
        json!("x: y"),
        json!(null),
        json!({}),
        json!([]),
        json!("a\nb"),
        json!("08"),
        json!({"p": 1, "q": {"r": [1, {"s": "t"}]}}),
        json!([{"u": 1, "v": 2}, "w", []]),
        json!(-1.5),
        json!("nginx:1.27"),
    ];
    let new = values[dice.below(values.len())].clone();
    match dice.below(6) {
        0 | 1 => Edit::set(base, new),
        2 => Edit::remove(base),
        3 => Edit::insert(base.key(["new", "k0", "a b", "yes"][dice.below(4)]), new),
        4 => Edit::append(base, new),
        _ => Edit::set(base.key("deep").key("er"), new),
    }
}

/// Edits a random document; tells whether the edits were made, or nothing when they have no meaning there.
fn check(seed: u64, odd: bool, as_json: bool) -> Result<Option<bool>, TestCaseError> {
    let mut dice = Dice(seed);
    let mut text = common::document(&mut dice, odd);
    if as_json {
        let source = Source::new("test", text.as_str());
        let Some(value) =
            parse_yaml(&source, &Limits::default()).tree.documents().next().map(|root| root.to_json())
        else {
            return Ok(None);
        };
        if !value.is_object() {
            return Ok(None);
        }
        text =
            if dice.chance(50) { serde_json::to_string_pretty(&value).unwrap() } else { value.to_string() };
    }
    let parsed = parse_as(&text, as_json);
    let Some(root) = parsed.tree.documents().next() else { return Ok(None) };
    let before = root.to_json();
    let mut edits = vec![random_edit(&mut dice, &before)];
    if dice.chance(30) {
        edits.push(random_edit(&mut dice, &before));
    }
    let mut model = before.clone();
    let meaning = apply_to_value(&mut model, &edits);
    match apply(root, &edits) {
        Ok(new) => {
            prop_assert!(meaning.is_ok(), "text took what the model refuses: {edits:?}\n{text}");
            let again = parse_as(&new, as_json);
            let got = again.tree.documents().next().map_or(Value::Null, |root| root.to_json());
            prop_assert!(same(&got, &model), "{edits:?}\n{text}\n->\n{new}\n{got}\n{model}");
            outside(&text, &new, &parsed, &edits)?;
            Ok(Some(true))
        }
        Err(_) => Ok(meaning.is_ok().then_some(false)),
    }
}

fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(k, a)| b.get(k).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

/// With one edit, every byte before and behind the container it falls into is as before, to the line.
fn outside(old: &str, new: &str, parsed: &Parsed, edits: &[Edit]) -> Result<(), TestCaseError> {
    let [edit] = edits else { return Ok(()) };
    let root = parsed.tree.documents().next().unwrap();
    let mut nodes = vec![root];
    let mut at = FieldPath::root();
    for segment in edit.path.segments() {
        match segment {
            rampart_document::Segment::Key(key) => at.push_key(&key),
            rampart_document::Segment::Index(index) => at.push_index(index),
        }
        nodes.extend(root.at(&at));
    }
    // Removing the last entry changes the line of the container's own key, so the one around it bounds the change.
    let bound = nodes[nodes.len().saturating_sub(3)].span().range();
    let start = old[..bound.start].rfind('\n').map_or(0, |at| at + 1);
    let tail = old.get(bound.end..).and_then(|rest| rest.find('\n').map(|at| &rest[at..])).unwrap_or("");
    prop_assert!(new.starts_with(&old[..start.min(bound.start)]), "{edit:?}\n{old}\n->\n{new}");
    prop_assert!(new.ends_with(tail), "{edit:?}\n{old}\n->\n{new}");
    // Comments outlive every edit that only adds.
    if matches!(
        edit.operation,
        rampart_document::Operation::Insert(_) | rampart_document::Operation::Append(_)
    ) {
        prop_assert_eq!(
            old.matches("# ").count(),
            new.matches("# ").count(),
            "{:?}\n{}\n->\n{}",
            edit,
            old,
            new
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn text_edits_equal_data_edits(seed: u64, odd: bool) {
        check(seed, odd, false)?;
    }

    #[test]
    fn json_edits_equal_data_edits(seed: u64) {
        check(seed, false, true)?;
    }
}

#[test]
fn most_edits_of_plain_documents_are_made() {
    let outcomes: Vec<bool> = (0..2000).filter_map(|seed| check(seed, false, false).unwrap()).collect();
    let made = outcomes.iter().filter(|&&made| made).count();
    assert!(made * 100 > outcomes.len() * 98, "only {made} of {} edits were made", outcomes.len());
}

#[test]
fn documents_come_and_go() {
    let text =
        "# first\na: 1\n---\n# second\nb: 1 # c\n---\nkind: List\nitems:\n  - x: 1\n  - x: 2 # y\n  - x: 3\n";
    let parsed = parse(text);
    let roots: Vec<_> = parsed.tree.documents().collect();
    let items: Vec<_> = roots[2].get("items").unwrap().items().collect();
    let new = json!({"kind": "New", "list": [{"a": 1}]});
    let edits = [Edit::set(path("x"), 7)];
    let changes = StreamChanges {
        edits: vec![(items[2], &edits)],
        deleted: vec![roots[0], items[0], items[1]],
        appended: vec![new.clone()],
    };
    let outcome = apply_to_stream(&parsed.tree, &changes);
    let want = "# second\nb: 1 # c\n---\nkind: List\nitems:\n  - x: 7\n---\nkind: New\nlist:\n  - a: 1\n";
    assert_eq!((outcome.text.as_str(), outcome.refused.len()), (want, 0));
    assert_eq!(to_yaml(&new), "kind: New\nlist:\n- a: 1\n");
    for (text, deleted, appended, want) in [
        ("a: 1\n", vec![0], vec![], ""),
        ("---\na: 1\n---\nb: 1", vec![0], vec![], "---\nb: 1"),
        ("a: 1\n---\nb: 1\n", vec![1], vec![json!({"c": 1})], "a: 1\n---\nc: 1\n"),
        ("a: 1\r\n", vec![], vec![json!({"c": {"d": 1}})], "a: 1\r\n---\r\nc:\r\n  d: 1\r\n"),
        ("a: 1", vec![], vec![json!({"c": 1})], "a: 1\n---\nc: 1\n"),
        ("{\"a\": 1}\n{\"b\": 1}\n", vec![0], vec![], "{\"b\": 1}\n"),
        ("", vec![], vec![json!({"c": 1})], "c: 1\n"),
    ] {
        let parsed = parse(text);
        let roots: Vec<_> = parsed.tree.documents().collect();
        let deleted = deleted.into_iter().map(|index: usize| roots[index]).collect();
        let changes = StreamChanges { edits: Vec::new(), deleted, appended };
        let outcome = apply_to_stream(&parsed.tree, &changes);
        assert_eq!((outcome.text.as_str(), outcome.refused.len()), (want, 0), "{text:?}");
    }
    let json = parse("{\"a\": 1}");
    let changes = StreamChanges { appended: vec![json!({"c": 1})], ..StreamChanges::default() };
    let outcome = apply_to_stream(&json.tree, &changes);
    assert_eq!((outcome.text.as_str(), outcome.refused.len()), ("{\"a\": 1}", 1));
}
