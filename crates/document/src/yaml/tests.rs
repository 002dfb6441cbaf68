use super::*;

fn parse(text: &str) -> Parsed {
    parse_yaml(&Source::new("test.yaml", text), &Limits::default())
}

#[test]
fn reads_documents_with_spans() {
    let parsed = parse("# top\na:\n  b: [1, \"x\\ty\", yes]\n---\n# empty\n---\nc: &x {d: ~}\ne: *x\n");
    assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
    let roots: Vec<_> = parsed.tree.documents().collect();
    assert_eq!(roots.len(), 2);
    let list = roots[0].get("a").unwrap().get("b").unwrap();
    assert_eq!(parsed.tree.source().slice(list.span()), "[1, \"x\\ty\", yes]");
    let items: Vec<_> = list.items().collect();
    assert_eq!(
        (items[0].as_i64(), items[1].as_str(), items[2].as_bool()),
        (Some(1), Some("x\ty"), Some(true))
    );
    assert!(roots[1].get("e").unwrap().get("d").unwrap().is_null());
    assert!(roots[1].field("e").unwrap().field("d").is_none());
    assert_eq!(roots[1].to_json().to_string(), r#"{"c":{"d":null},"e":{"d":null}}"#);
}

#[test]
fn merge_keys_count_where_they_stand() {
    let text = "base: &b {p: 1, q: 2}\nother: &o {q: 7, r: 8}\nuse:\n  <<: [*b, *o]\n  q: 3\nlate:\n  q: 3\n  <<: *b\n";
    let parsed = parse(text);
    let root = parsed.tree.documents().next().unwrap();
    let used = root.get("use").unwrap();
    assert_eq!(used.to_json(), serde_json::json!({"p": 1, "q": 3, "r": 8}));
    assert_eq!(used.get("q").unwrap().as_i64(), Some(3));
    assert_eq!(root.get("late").unwrap().get("q").unwrap().as_i64(), Some(2));
    for text in ["<<: 1\n", "<<: [1]\n", "a: &a 1\n<<: *a\n", "<<:\n", "<<: [[]]\n"] {
        assert_eq!(parse(text).diagnostics[0].code, "merge-key", "{text:?}");
    }
    assert_eq!(parse("\"<<\": 1\n").tree.documents().next().unwrap().get("<<").unwrap().as_i64(), Some(1));
}

#[test]
fn keys_become_text() {
    let parsed = parse("y: 1\n0x10: 2\n1.0: 3\n&k name: 4\nuse: {*k : 5}\n");
    let json = parsed.tree.documents().next().unwrap().to_json();
    assert_eq!(json, serde_json::json!({"true": 1, "16": 2, "1": 3, "name": 4, "use": {"name": 5}}));
    for text in ["~: 1\n", "1: a\n\"1\": b\n", ": 1\n", "[a]: 1\n"] {
        assert!(!parse(text).diagnostics.is_empty(), "{text:?}");
    }
}

#[test]
fn tags_are_read_as_the_api_machinery_reads_them() {
    let text = "a: !!str 1\nb: !!int \"0x10\"\nc: !!float 2\nd: !!binary aGk=\ne: !mine 5\nf: !!null ~\ng: !!bool 'yes'\n";
    let json = parse(text).tree.documents().next().unwrap().to_json();
    assert_eq!(
        json,
        serde_json::json!({"a": "1", "b": 16, "c": 2, "d": "hi", "e": "5", "f": null, "g": true})
    );
    for text in ["!!int x\n", "!!bool 1\n", "!!binary '*'\n", "!!null x\n", "!!int 1.5\n"] {
        assert_eq!(parse(&format!("a: {text}")).diagnostics[0].code, "tag-mismatch", "{text:?}");
    }
    assert_eq!(parse("a: .inf\n").diagnostics[0].code, "not-json");
}

#[test]
fn streams_are_split_as_kubectl_splits_them() {
    let cases: &[(&str, usize, &[&str])] = &[
        ("--- # x\na: 1\n---\nb: 1\n", 2, &[]),
        ("%YAML 1.2\n---\na: 1\n", 1, &["yaml-directive"]),
        ("a: 1\n--- {b: 1}\n", 2, &["separator-content"]),
        ("a: 1\n---b\n", 1, &["separator-content"]),
        ("a: 1\n...\nb: 1\n---\nc: 1\n", 2, &["ignored-content"]),
        ("a: 1\n...\n---\nc: 1\n", 2, &[]),
        ("a: |\n  x\n  ---\n  y\n", 1, &[]),
        ("---\r\na: 1\r\n---\r\nb: 1\r\n", 2, &[]),
        ("", 0, &[]),
        ("---\n---\n", 0, &[]),
    ];
    for (text, documents, codes) in cases {
        let parsed = parse(text);
        let found: Vec<_> = parsed.diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
        assert_eq!((parsed.tree.documents().count(), &found[..]), (*documents, *codes), "{text:?}");
    }
}

#[test]
fn syntax_errors_are_readable() {
    let cases = [
        ("a:\n\tb: 1\n", 2, "a tab stands where YAML takes only spaces"),
        ("a: [1, 2\nb: 3\n", 2, "a `:` stands where no mapping can start"),
        ("a: [1, 2\n", 1, "a list that starts with `[` is not closed, or a comma is missing"),
        ("a: \"x\n", 1, "a quoted text is not closed"),
        ("a: *b\n", 1, "this alias names an anchor that does not stand before it"),
        ("a: b: c\n", 1, "a `:` stands where no mapping can start"),
        ("a: @x\n", 1, "a plain text cannot start with this character"),
    ];
    for (text, line, message) in cases {
        let parsed = parse(text);
        let diagnostic = &parsed.diagnostics[0];
        let at = parsed.tree.source().position(diagnostic.span.start);
        assert_eq!((at.line, diagnostic.message.as_str()), (line, message), "{text:?} {diagnostic:?}");
        assert!(diagnostic.help.is_some());
    }
}

#[test]
fn bad_documents_cost_themselves_only() {
    let cases = [
        ("a: 1\na: 2\n", "duplicate-key"),
        ("a: &x [*x]\n", "cyclic-alias"),
        ("a: *nope\n", "yaml-syntax"),
        ("{[1]: 2}\n", "complex-key"),
        ("a: [1\n", "yaml-syntax"),
    ];
    for (text, code) in cases {
        let parsed = parse(&format!("ok: 1\n---\n{text}---\nok: 2\n"));
        assert_eq!(parsed.diagnostics.iter().map(|d| d.code).collect::<Vec<_>>(), [code], "{text:?}");
        assert_eq!(parsed.tree.documents().count(), 2, "{text:?}");
    }
}

#[test]
fn limits_hold() {
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    assert_eq!(parse(&deep).diagnostics[0].code, "too-deep");
    let mut laughs = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for level in 1..12 {
        let before = level - 1;
        let row = vec![format!("*a{before}"); 10].join(",");
        laughs.push_str(&format!("a{level}: &a{level} [{row}]\n"));
    }
    assert_eq!(parse(&laughs).diagnostics[0].code, "alias-expansion");
    let mut chain = String::from("a0: &a0 [[[[x]]]]\n");
    for level in 1..60 {
        chain.push_str(&format!("a{level}: &a{level} [[*a{}]]\n", level - 1));
    }
    assert_eq!(parse(&chain).diagnostics.len(), 0);
    chain.push_str("a60: [[[[[[*a59]]]]]]\n");
    assert_eq!(parse(&chain).diagnostics[0].code, "too-deep");
}

#[test]
fn mismatches_are_seen() {
    let parsed = parse("a: \"true\"\nb: true\n");
    let root = parsed.tree.documents().next().unwrap();
    let (value, wrong) = crate::mismatches::watch(|| root.get("a").unwrap().as_bool());
    assert_eq!((value, wrong), (None, true));
    let (value, wrong) = crate::mismatches::watch(|| root.get("b").unwrap().as_bool());
    assert_eq!((value, wrong), (Some(true), false));
}

#[test]
fn spans_cover_what_is_written() {
    let text = "a:\n- x: 1\nb: |2 # c\n   t\n\nc:\nd:\n# note\n-\n- - {e: }\nf: &x\n  - &y !!str q\ng: [1, {h: 2}]\n";
    let parsed = parse(text);
    let root = parsed.tree.documents().next().unwrap();
    let slices: Vec<_> =
        root.entries().map(|(_, _, value)| parsed.tree.source().slice(value.span())).collect();
    assert_eq!(slices, ["- x: 1", "|2 # c\n   t", "", "-\n- - {e: }", "- &y !!str q", "[1, {h: 2}]"]);
    assert_eq!(root.span().end as usize, text.trim_end().len());
    let empty = root.get("c").unwrap().span().start as usize;
    assert!(text[..empty].ends_with("c:"));
}
