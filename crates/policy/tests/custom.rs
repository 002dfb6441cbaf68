//! Users' rules: what files are refused, and what rules find.

#![expect(clippy::panic, reason = "a test fails by panicking")]

use std::path::Path;

use rampart_document::{Limits, Source, parse_yaml};
use rampart_model::{Carriers, InventoryBuilder, Origin, Place, Version};
use rampart_policy::custom::{CustomRule, CustomRules, Outcome, evaluate};
use rampart_report::Verdict;

const HEAD: &str = "apiVersion: rampart.dev/rules/v1\nrules:\n";

fn read(text: &str) -> Result<CustomRules, Vec<(u32, u32, String)>> {
    let place = |problem: rampart_model::Problem| {
        let Place::Text { source, diagnostic } = &problem.place else { panic!("{problem:?}") };
        let at = source.position(diagnostic.span.start);
        (at.line, at.column, problem.message)
    };
    let source = Source::new("rules.yaml", text);
    CustomRules::read(&source, Version::NEWEST).map_err(|problems| problems.into_iter().map(place).collect())
}

#[test]
fn the_example_holds() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/policy/team-rules.yaml");
    let rules = read(&std::fs::read_to_string(path).unwrap()).unwrap();
    let tested = rules.test(&Carriers::default());
    assert_eq!(tested.len(), 5);
    for test in tested {
        assert_eq!(test.outcome, Outcome::Held, "{} {}", test.rule, test.name);
    }
    assert_eq!(rules.untested().count(), 0);
}

#[test]
fn broken_files_are_refused_with_their_place() {
    let rule = "- id: a-b\n  title: T\n  severity: low\n  expression: ";
    for (text, line, column, message) in [
        (format!("{HEAD}{rule}object.metadata.nme +\n"), 6, 36, "this is no CEL expression"),
        (format!("{HEAD}{rule}has(object.a) && nope\n"), 6, 32, "`nope` is not declared"),
        (
            format!("{HEAD}{rule}|\n    has(object.a)\n      && pod.x\n"),
            8,
            10,
            "`pod` is not declared; declared are: object",
        ),
        (format!("{HEAD}{rule}\"1 + 1\"\n"), 6, 15, "the expression gives int; expected bool"),
        (
            format!("{HEAD}- id: privileged\n  title: T\n  severity: low\n  expression: 'true'\n"),
            3,
            7,
            "the name of a built-in",
        ),
        (
            format!("{HEAD}- id: A_b\n  title: T\n  severity: low\n  expression: 'true'\n"),
            3,
            7,
            "lower-case words",
        ),
        (
            format!("{HEAD}- id: a\n  title: T\n  severity: urgent\n  expression: 'true'\n"),
            5,
            13,
            "expected critical, high",
        ),
        (
            format!("{HEAD}- id: a\n  title: T\n  severity: low\n  group: odd\n  expression: 'true'\n"),
            6,
            10,
            "expected one of workload",
        ),
        (
            format!("{HEAD}- id: a\n  title: T\n  severity: low\n  expresion: 'true'\n"),
            6,
            14,
            "unknown field `expresion`",
        ),
        (
            format!("{HEAD}- id: a\n  title: T\n  severity: low\n  expression: 'true'\n  path: a..b\n"),
            7,
            9,
            "not a field path",
        ),
        (format!("{HEAD}{rule}'true'\n{rule}'true'\n"), 7, 7, "is there twice"),
        (
            format!("{HEAD}{rule}'true'\n  tests: [{{name: x, verdict: good, object: {{}}}}]\n"),
            7,
            30,
            "expected pass, fail or unknown",
        ),
        (
            format!("{HEAD}{rule}'true'\n  messageExpression: object.a +\n"),
            7,
            32,
            "this is no CEL expression",
        ),
        ("apiVersion: v2\nrules: []\n".to_owned(), 1, 13, "expected rampart.dev/rules/v1"),
    ] {
        let problems = read(&text).map(|_| ()).unwrap_err();
        let found = problems.iter().any(|(l, c, m)| (*l, *c) == (line, column) && m.contains(message));
        assert!(found, "{text}\n{problems:?}");
    }
    // All that is wrong is told at once.
    let two = format!("{HEAD}{rule}nope\n- id: c\n  title: T\n  severity: low\n  expression: nope\n");
    assert_eq!(read(&two).map(|_| ()).unwrap_err().len(), 2);
}

#[test]
fn findings_have_their_place_and_unknowns_their_reason() {
    let rules = read(&format!(
        "{HEAD}\
         - {{id: owner, title: No owner, severity: high, match: {{kinds: [Deployment]}}, path: metadata.labels.owner,\n\
         \x20  expression: 'has(object.metadata.labels.owner)', message: no owner}}\n\
         - {{id: small, title: Big, severity: low, match: {{pods: true, labels: {{app: 'w*'}}}}, path: spec.replicas,\n\
         \x20  expression: 'pod.spec.count <= 3'}}\n"
    ))
    .unwrap();
    let input = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: a, labels: {app: x}}
spec: {template: {metadata: {labels: {app: web}}, spec: {count: 5}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: b}
spec: {template: {metadata: {labels: {app: web}}, spec: {count: many}}}
---
apiVersion: v1
kind: Pod
metadata: {name: c, labels: {app: other}}
spec: {count: 9}
";
    let parsed = parse_yaml(&Source::new("input", input), &Limits::default());
    let mut builder = InventoryBuilder::new();
    builder.unit(parsed.tree, Origin::File);
    let inventory = builder.build().0;
    let all: Vec<&CustomRule> = rules.rules.iter().collect();
    let evaluation = evaluate(&all, &inventory, &Carriers::default(), true);
    let said: Vec<String> = evaluation
        .findings
        .iter()
        .map(|own| {
            let sign = if own.detail.verdict == Verdict::Fail { "fail" } else { "unknown" };
            format!(
                "{} {} {sign} {}: {}",
                inventory.object(own.object).name(),
                own.detail.rule,
                own.path(),
                own.detail.what
            )
        })
        .collect();
    assert_eq!(
        said,
        [
            "a owner fail metadata.labels.owner: no owner",
            "a small fail spec.template.spec.replicas: Big",
            "b owner unknown metadata.labels.owner: the expression has no value: there is no field `labels` (column 20)",
            "b small unknown spec.template.spec.replicas: the expression has no value: string and int have no order (column 16)",
        ]
    );
    assert_eq!(evaluation.tallies["small"].evaluated(), 2);
    assert!(evaluation.passed.is_empty());
}

/// The shipped schema names the fields that the reader takes.
#[test]
fn the_schema_names_the_fields() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas/rules-v1.schema.json");
    let schema: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let rule = &schema["properties"]["rules"]["items"];
    for (schema, prefix) in [(&schema, ""), (rule, "rule"), (&rule["properties"]["match"], "match")] {
        assert_eq!(schema["additionalProperties"], false, "{prefix}");
    }
    let names = |schema: &serde_json::Value| -> Vec<String> {
        schema["properties"].as_object().unwrap().keys().cloned().collect()
    };
    // The reader lists its fields when it meets one that it does not know.
    let listed = |text: &str| {
        let problems = read(text).map(|_| ()).unwrap_err();
        let (_, list) = problems[0].2.split_once("expected one of ").unwrap();
        let mut list: Vec<String> = list.split(", ").map(|name| name.trim_matches('`').to_owned()).collect();
        list.sort();
        list
    };
    let sorted = |mut names: Vec<String>| {
        names.sort();
        names
    };
    assert_eq!(sorted(names(rule)), listed(&format!("{HEAD}- {{x: 1}}\n")));
    assert_eq!(
        sorted(names(&rule["properties"]["match"])),
        listed(&format!("{HEAD}- {{match: {{x: 1}}}}\n"))
    );
    assert_eq!(
        sorted(names(&rule["properties"]["tests"]["items"])),
        listed(&format!("{HEAD}- {{tests: [{{x: 1}}]}}\n"))
    );
}
