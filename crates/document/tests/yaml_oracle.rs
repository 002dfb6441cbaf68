//! The tree is what the API machinery's YAML reader (sigs.k8s.io/yaml) makes of the same text, or both refuse it.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests fail and report as tests do")]

mod common;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use common::{Dice, SCALARS};
use rampart_document::{Level, Limits, Source, parse_yaml};
use serde_json::Value;

/// Builds the reference reader; `None` without Go.
fn oracle() -> Option<PathBuf> {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/yaml-oracle");
    let binary = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("yaml-oracle");
    let build =
        Command::new("go").arg("build").arg("-o").arg(&binary).arg(".").current_dir(directory).output();
    match build {
        Ok(output) if output.status.success() => Some(binary),
        Ok(output) => {
            let reason = String::from_utf8_lossy(&output.stderr);
            println!("skipped: the reference YAML reader does not build: {}", reason.trim());
            None
        }
        Err(error) => {
            println!("skipped: no Go to build the reference YAML reader with ({error})");
            None
        }
    }
}

fn ask(oracle: &PathBuf, texts: &[String]) -> Vec<Value> {
    let mut child = Command::new(oracle).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input: String = texts.iter().map(|text| Value::from(text.as_str()).to_string() + "\n").collect();
    let feeder = std::thread::spawn(move || stdin.write_all(input.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap();
    let answers: Vec<Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(answers.len(), texts.len());
    answers
}

/// Equal as the API server compares: floats by value.
fn same(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Number(a), Value::Number(b)) => {
            a == b || (a.is_f64() || b.is_f64()) && a.as_f64() == b.as_f64()
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => ours == theirs,
    }
}

/// What differs between our reading and the reference's, if anything.
fn difference(text: &str, answer: &Value) -> Option<String> {
    let parsed = parse_yaml(&Source::new("test.yaml", text), &Limits::default());
    let refusal = parsed.diagnostics.iter().find(|diagnostic| diagnostic.level == Level::Error);
    let theirs = answer.get("json");
    let strict = answer["strict"] == true;
    match (refusal, theirs) {
        (Some(_), None) => None,
        (Some(refusal), Some(_))
            if refusal.code == "duplicate-key" && (!strict || answer["ambiguous"] == true) =>
        {
            None
        }
        // A merge key can hide an infinity that stands before it.
        (Some(refusal), Some(_)) if refusal.code == "not-json" && text.contains("<<") => None,
        // `[!x,1]`: in YAML 1.1 the tag is `!x,`, which nobody means.
        (Some(refusal), Some(_)) if refusal.message.contains("space after this tag") => None,
        // The reference stops reading behind a scalar at the top, so it never sees what is wrong further down.
        (Some(_), Some(theirs)) if !theirs.is_object() && !theirs.is_array() => None,
        (Some(refusal), Some(theirs)) => {
            Some(format!("we refuse ({}: {}), they read {theirs}", refusal.code, refusal.message))
        }
        (None, None) => Some(format!("they refuse: {}", answer["error"])),
        (None, Some(theirs)) => {
            let ours = parsed.tree.documents().next().map_or(Value::Null, |root| root.to_json());
            if !same(&ours, theirs) {
                return Some(format!("ours {ours}, theirs {theirs}"));
            }
            (!strict && !text.contains("<<")).then(|| "we miss a duplicate key".to_owned())
        }
    }
}

fn compare(texts: &[String]) {
    let Some(oracle) = oracle() else { return };
    let mut failures = Vec::new();
    let mut refused = 0;
    for (text, answer) in texts.iter().zip(ask(&oracle, texts)) {
        // The rest of such a stream is judged on its own, see `only_directives`.
        if text.starts_with('%') {
            continue;
        }
        refused += usize::from(answer.get("json").is_none());
        if let Some(difference) = difference(text, &answer) {
            failures.push(format!("{text:?}: {difference}"));
        }
    }
    failures.sort_by_key(String::len);
    let shown = failures.iter().take(40).cloned().collect::<Vec<_>>().join("\n");
    println!("{} documents, {refused} refused by the reference", texts.len());
    assert!(failures.is_empty(), "{} of {} differ\n{shown}", failures.len(), texts.len());
}

#[test]
fn scalars_as_values_and_keys() {
    let mut texts = Vec::new();
    for scalar in SCALARS {
        texts.push(format!("v: {scalar}\n"));
        texts.push(format!("- {scalar}\n"));
        texts.push(format!("{scalar}: v\n"));
        texts.push(format!("v: '{}'\n", scalar.replace('\'', "''")));
        for tag in ["!!str", "!!int", "!!float", "!!bool", "!!null", "!!binary", "!mine", "!"] {
            texts.push(format!("v: {tag} {scalar}\n"));
            texts.push(format!("v: {tag} '{}'\n", scalar.replace('\'', "''")));
        }
    }
    compare(&texts);
}

/// YAML that the reference reads although YAML 1.2 forbids it; the library refuses it, which costs the object.
#[test]
fn known_differences() {
    for text in ["k: [-,1]\n", "k:\n   l: 'a\n\n   b'\n"] {
        let parsed = parse_yaml(&Source::new("test.yaml", text), &Limits::default());
        assert_eq!(parsed.diagnostics[0].code, "yaml-syntax", "{text:?}");
    }
}

#[test]
fn documents_of_every_style() {
    let mut dice = Dice(1);
    let texts: Vec<String> = (0..24_000).map(|index| common::document(&mut dice, index % 2 == 0)).collect();
    compare(&texts);
}
