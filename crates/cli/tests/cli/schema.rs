//! Schemas fit what is read and written.

use std::fs;
use std::path::Path;

use rampart_document::{Limits, Source, parse_yaml};
use serde_json::Value;

use crate::{json, rampart, text, write};

fn schema(name: &str) -> jsonschema::Validator {
    let output = rampart().args(["schema", name]).output().unwrap();
    jsonschema::validator_for(&json(&output)).unwrap()
}

fn yaml(text: &str) -> Value {
    let parsed = parse_yaml(&Source::new("x", text), &Limits::default());
    parsed.tree.documents().next().unwrap().to_json()
}

fn errors(validator: &jsonschema::Validator, value: &Value) -> Vec<String> {
    validator.iter_errors(value).map(|error| format!("{error} at {}", error.instance_path())).collect()
}

#[test]
fn shipped_frameworks_fit_their_schema() {
    let validator = schema("framework");
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules/frameworks");
    let files: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() >= 10);
    for file in files {
        let value = yaml(&fs::read_to_string(&file).unwrap());
        assert_eq!(errors(&validator, &value), Vec::<String>::new(), "{}", file.display());
    }
}

#[test]
fn files_that_are_refused_do_not_fit_and_others_do() {
    for (name, text, fits) in [
        ("exceptions", "exceptions: [{rule: a, reason: r, owner: o, expires: 2027-01-31}]", true),
        (
            "exceptions",
            "exceptions: [{rule: [a, b], object: {kind: [Pod], name: x*}, reason: r, owner: o}]",
            true,
        ),
        ("exceptions", "exceptions: [{rule: a, owner: o}]", false),
        ("exceptions", "exceptions: [{rule: a, reason: '', owner: o}]", false),
        ("exceptions", "exceptions: [{rule: a, reason: r, owner: o, expires: soon}]", false),
        ("exceptions", "exceptions: [{rule: [], reason: r, owner: o}]", false),
        ("exceptions", "exceptions: [{rule: a, object: {kinds: x}, reason: r, owner: o}]", false),
        ("config", "profile: strict\nfailOn: never\nsettings: {minReplicas: 3}\nframeworks: [a.yaml]", true),
        ("config", "profile: hard", false),
        ("config", "failon: high", false),
        ("config", "settings: {minReplica: 3}", false),
    ] {
        assert_eq!(schema(name).is_valid(&yaml(text)), fits, "{name}: {text}");
    }
}

#[test]
fn baselines_and_differences_fit() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {hostPID: true}\n";
    write(here, "a/x.yaml", pod);
    write(here, "b/x.yaml", format!("{pod}---\n{}", pod.replace("name: a", "name: b")));
    let run = |arguments: &[&str]| rampart().current_dir(here).args(arguments).output().unwrap();
    run(&["scan", "a", "--write-baseline", "known.json"]);
    let baseline: Value = serde_json::from_slice(&fs::read(here.join("known.json")).unwrap()).unwrap();
    assert!(!baseline["findings"].as_array().unwrap().is_empty());
    assert_eq!(errors(&schema("baseline"), &baseline), Vec::<String>::new());
    for old in ["a", "known.json"] {
        let difference = json(&run(&["diff", old, "b", "-o", "json"]));
        assert!(difference["summary"]["new"].as_u64().unwrap() > 0);
        assert_eq!(errors(&schema("diff"), &difference), Vec::<String>::new());
    }
    let unknown = run(&["schema", "nonsense"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(text(&unknown.stderr).contains("known are config, exceptions"));
}
