//! Exit codes, streams, outputs.

use std::fs;
use std::process::Stdio;

use crate::{example, json, rampart, scan, text};

#[test]
fn the_shop_fails_and_its_hardened_twin_is_clean() {
    let shop = scan(&[&example("shop").display().to_string()]);
    assert_eq!(shop.status.code(), Some(1));
    let out = text(&shop.stdout);
    for rule in
        ["privileged", "runtime-socket", "hostpath-sensitive", "credential-in-configmap", "latest-tag"]
    {
        assert!(out.contains(rule), "{rule} is missing in:\n{out}");
    }
    let hardened = scan(&[&example("shop-hardened").display().to_string(), "-o", "json"]);
    assert_eq!(hardened.status.code(), Some(0), "{}{}", text(&hardened.stdout), text(&hardened.stderr));
    // What lies outside the example stays unknown; nothing in it is a weakness that nobody answers for.
    let findings = json(&hardened)["findings"].as_array().unwrap().clone();
    let open = |finding: &&serde_json::Value| finding["verdict"] == "fail" && finding["excepted"].is_null();
    assert!(!findings.iter().any(|finding| open(&finding)), "{findings:#?}");
}

#[test]
fn fail_on_decides_the_exit_code() {
    let shop = example("shop").display().to_string();
    assert_eq!(scan(&[&shop, "--fail-on", "never"]).status.code(), Some(0));
    assert_eq!(scan(&[&shop, "--select", "privileged", "--fail-on", "critical"]).status.code(), Some(1));
    assert_eq!(scan(&[&shop, "--select", "no-such-rule"]).status.code(), Some(2));
    assert_eq!(scan(&["no/such/path"]).status.code(), Some(2));
}

#[test]
fn json_is_one_object_with_places() {
    let shop = example("shop").display().to_string();
    let output = scan(&[&shop, "-o", "json", "--select", "privileged"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["schema"], "rampart.dev/report/v1");
    let finding = &report["findings"][0];
    assert_eq!(finding["rule"], "privileged");
    assert_eq!(finding["path"], "spec.template.spec.containers[0].securityContext.privileged");
    assert!(finding["file"].as_str().unwrap().ends_with("shop/payments/api.yaml"));
    assert!(finding["line"].as_u64().unwrap() > 1);
    assert_eq!(finding["fingerprint"].as_str().unwrap().len(), 32);
    assert_eq!(report["summary"]["failed"], 1);
}

#[test]
fn several_outputs_at_once_and_none_that_cannot_be_written() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("report.json");
    let shop = example("shop").display().to_string();
    let output = scan(&[&shop, "-o", "text", "-o", &format!("json={}", file.display())]);
    assert!(text(&output.stdout).contains("evaluations"));
    assert!(serde_json::from_slice::<serde_json::Value>(&fs::read(&file).unwrap()).is_ok());
    let output = scan(&[&shop, "-o", "json=/no/such/directory/x.json"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    assert!(text(&output.stderr).contains("cannot write"));
}

#[test]
fn bad_input_is_shown_with_its_line_and_the_rest_is_scanned() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(
        directory.path().join("x.yaml"),
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  hostPID: true\n---\na: 1\na: 2\n",
    )
    .unwrap();
    let output = scan(&[&directory.path().display().to_string()]);
    assert_eq!(output.status.code(), Some(2));
    let errors = text(&output.stderr);
    assert!(errors.contains("x.yaml:8:1") && errors.contains("a: 2"), "{errors}");
    assert!(text(&output.stdout).contains("host-pid"));
}

#[test]
fn standard_input_is_read() {
    use std::io::Write as _;
    let mut command = rampart();
    command.args(["scan", "-", "-o", "json"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let manifest = b"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {hostPID: true}\n";
    child.stdin.take().unwrap().write_all(manifest).unwrap();
    let output = child.wait_with_output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(report["findings"].as_array().unwrap().iter().any(|finding| finding["rule"] == "host-pid"));
}

#[test]
fn explain_and_rules_answer() {
    let output = rampart().args(["explain", "privileged"]).output().unwrap();
    assert!(text(&output.stdout).contains("What to do"));
    let output = rampart().args(["explain", "priviliged"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("did you mean `privileged`"));
    let output = rampart().args(["rules", "-o", "json", "--framework", "pss"]).output().unwrap();
    let rules: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(rules.as_array().unwrap().len() > 5);
}

#[test]
fn many_duplicates_are_counted_and_listed_in_json() {
    let directory = tempfile::tempdir().unwrap();
    for file in ["a.yaml", "b.yaml"] {
        let pods = (0..8).map(|n| format!("---\napiVersion: v1\nkind: Pod\nmetadata: {{name: p{n}}}\n"));
        fs::write(directory.path().join(file), pods.collect::<String>()).unwrap();
    }
    let path = directory.path().display().to_string();
    let output = scan(&[&path, "--select", "host-pid", "-o", "json"]);
    let errors = text(&output.stderr);
    assert_eq!(errors.matches("is defined again (first").count(), 5, "{errors}");
    assert!(errors.contains("3 more objects are defined again"), "{errors}");
    let report = json(&output);
    assert_eq!(report["problems"].as_array().unwrap().len(), 8);
    assert!(scan(&[&path, "--select", "host-pid", "-q"]).stderr.is_empty());
}
