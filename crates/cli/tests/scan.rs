//! The binary from outside: exit codes, streams, renderers that are there or not. Few tests: libraries have the rest.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name)
}

fn rampart() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rampart"));
    command.env_remove("RAMPART_CONFIG").env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn scan(arguments: &[&str]) -> Output {
    rampart().arg("scan").args(arguments).output().unwrap()
}

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
    let hardened = scan(&[&example("shop-hardened").display().to_string()]);
    assert_eq!(hardened.status.code(), Some(0), "{}{}", text(&hardened.stdout), text(&hardened.stderr));
    assert!(text(&hardened.stdout).contains("no findings"));
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
    let json = directory.path().join("report.json");
    let shop = example("shop").display().to_string();
    let output = scan(&[&shop, "-o", "text", "-o", &format!("json={}", json.display())]);
    assert!(text(&output.stdout).contains("evaluations"));
    assert!(serde_json::from_slice::<serde_json::Value>(&fs::read(&json).unwrap()).is_ok());
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
fn a_missing_renderer_is_said_and_is_bad_input() {
    let directory = tempfile::tempdir().unwrap();
    let chart = directory.path().join("chart");
    fs::create_dir_all(chart.join("templates")).unwrap();
    fs::write(chart.join("Chart.yaml"), "apiVersion: v2\nname: chart\nversion: 1.0.0\n").unwrap();
    fs::write(chart.join("templates/pod.yaml"), "kind: {{ .Values.kind }}\n").unwrap();
    let output = rampart().env("PATH", "").args(["scan"]).arg(directory.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("helm is not installed"), "{}", text(&output.stderr));
}

/// A stand-in for helm that prints what helm would.
#[cfg(unix)]
#[test]
fn findings_in_charts_point_at_their_templates() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let chart = directory.path().join("chart");
    fs::create_dir_all(chart.join("templates")).unwrap();
    fs::write(chart.join("Chart.yaml"), "apiVersion: v2\nname: demo\nversion: 1.0.0\n").unwrap();
    let template = "{{- if .Values.on }}\napiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Release.Name }}\nspec:\n  hostPID: {{ .Values.pid }}\n{{- end }}\n";
    fs::write(chart.join("templates/pod.yaml"), template).unwrap();
    let bin = directory.path().join("bin");
    fs::create_dir_all(&bin).unwrap();
    let script = "#!/bin/sh\nprintf -- '---\\n# Source: demo/templates/pod.yaml\\napiVersion: v1\\nkind: Pod\\nmetadata:\\n  name: release-name\\nspec:\\n  hostPID: true\\n'\n";
    fs::write(bin.join("helm"), script).unwrap();
    fs::set_permissions(bin.join("helm"), fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = rampart();
    command.env("PATH", &bin).args(["scan", "-o", "json", "--select", "host-pid"]).arg(&chart);
    let output = command.output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let finding = &report["findings"][0];
    assert!(finding["file"].as_str().unwrap().ends_with("chart/templates/pod.yaml"), "{finding}");
    assert_eq!(finding["line"], 7);
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
