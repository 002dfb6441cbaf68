//! Several outputs of one run, and paths that cannot be written.

use std::fs;

use crate::{example, scan, text};

#[test]
fn one_run_writes_every_format() {
    let directory = tempfile::tempdir().unwrap();
    let shop = example("shop").display().to_string();
    let files = [
        ("json", "{"),
        ("html", "<!doctype html>"),
        ("sarif", "{\"$schema\""),
        ("junit", "<?xml"),
        ("csv", "verdict,"),
        ("markdown", "## Rampart: "),
        ("github", "::error "),
        ("gitlab", "[\n{"),
        ("openreports", "---\napiVersion: \"openreports.io/v1alpha1\""),
        ("policyreport", "---\napiVersion: \"wgpolicyk8s.io/v1alpha2\""),
    ];
    let words = files.map(|(word, _)| format!("{word}={}", directory.path().join(word).display()));
    let list = format!("openreports={}", directory.path().join("list.json").display());
    let mut arguments = vec![shop.as_str(), "-o", "text", "-o", &list];
    arguments.extend(words.iter().flat_map(|word| ["-o", word.as_str()]));
    let output = scan(&arguments);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("container `api` runs privileged"));
    for (word, start) in files {
        let written = fs::read_to_string(directory.path().join(word)).unwrap();
        assert!(written.starts_with(start), "{word}: {}", &written[..80]);
    }
    let list: serde_json::Value =
        serde_json::from_slice(&fs::read(directory.path().join("list.json")).unwrap()).unwrap();
    assert_eq!(list["kind"], "List");
}

#[test]
fn bad_outputs_stop_the_run_before_it_starts() {
    let shop = example("shop").display().to_string();
    for (word, told) in [
        ("sarif=/nowhere/at/all.sarif", "cannot write /nowhere/at/all.sarif"),
        ("pdf", "known are text, json, html, sarif"),
    ] {
        let output = scan(&[&shop, "-o", word]);
        assert_eq!(output.status.code(), Some(2));
        assert!(output.stdout.is_empty() && text(&output.stderr).contains(told), "{}", text(&output.stderr));
    }
    let output = scan(&[&shop, "-o", "json", "-o", "text"]);
    assert!(text(&output.stderr).contains("only one output can go to standard output"));
}

#[test]
fn inventories_are_listed_when_asked_for() {
    let shop = example("shop").display().to_string();
    let without = text(&scan(&[&shop]).stdout);
    let with = text(&scan(&[&shop, "--inventory"]).stdout);
    assert!(!without.contains(" is read by ") && with.contains("Secret `db-password`"), "{with}");
    let report = crate::json(&scan(&[&shop, "--select", "workload-reads-secrets", "-o", "json"]));
    assert!(
        report["findings"].as_array().unwrap().is_empty() && !report["facts"].as_array().unwrap().is_empty()
    );
}
