//! `rampart rbac` from outside, on the example shops.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn rbac(input: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rampart"));
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples"));
    command.env_remove("RAMPART_CONFIG").env("NO_COLOR", "1").arg("rbac").args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// Exit code and standard output.
fn ask(question: &str) -> (i32, String) {
    let words: Vec<&str> = question.split(' ').collect();
    let output = rbac("", &words);
    let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), text)
}

const DEPLOYER: &str = "--as system:serviceaccount:ci:deployer";
const WEB: &str = "--as system:serviceaccount:front:web";

#[test]
fn yes_names_binding_role_rule_and_places() {
    let (code, text) = ask(&format!("can-i delete secrets/db {DEPLOYER} -n payments shop"));
    assert_eq!(
        (code, text.as_str()),
        (
            0,
            "yes      ClusterRoleBinding ci-admin  shop/ci/ci.yaml:19:11\n         -> ClusterRole cluster-admin, rule 1  built in\n            * on * of any group\n"
        )
    );
    let (code, text) = ask(&format!("can-i create pods {WEB} -n ci shop"));
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("RoleBinding ci/runner  shop/ci/ci.yaml:"), "{text}");
    assert!(text.contains("            get, list, create on pods, pods/log\n"), "{text}");
}

#[test]
fn a_refusal_is_unknown_unless_the_input_is_complete() {
    let question = format!("can-i delete secrets/db {DEPLOYER} -n payments shop-hardened");
    let (code, text) = ask(&question);
    assert_eq!(code, 3);
    assert!(text.starts_with("unknown") && text.contains("--complete"), "{text}");
    let (code, text) = ask(&format!("{question} --complete"));
    assert_eq!(code, 1);
    assert!(text.starts_with("no "), "{text}");
    let (code, text) = ask(&format!("can-i delete pods {WEB} -n ci shop --complete"));
    assert_eq!(code, 1);
    assert!(text.contains("nearest") && text.contains("differs in verbs"), "{text}");
    let (code, text) = ask(&format!("can-i create pods {WEB} -n payments shop --complete"));
    assert_eq!(code, 1);
    assert!(text.contains("holds in namespace ci only"), "{text}");
    let (code, text) = ask(&format!("can-i delete secrets {DEPLOYER} shop --complete --no-built-in-roles"));
    assert_eq!(code, 1);
    assert!(text.contains("\"cluster-admin\" not found"), "{text}");
    // What Kubernetes gives to everybody.
    assert_eq!(ask("can-i get /version --as system:anonymous shop --complete").0, 0);
    assert_eq!(ask("can-i get nosuchthings --as amy shop").0, 2);
    assert_eq!(ask("can-i get pods --as amy no-such-directory").0, 2);
}

#[test]
fn a_batch_answers_each_line() {
    let questions = r#"{"user":"system:serviceaccount:front:web","resourceAttributes":{"namespace":"ci","verb":"create","resource":"pods"}}
{"user":"amy","resourceAttributes":{"namespace":"ci","verb":"create","resource":"pods"}}
nonsense
"#;
    let output = rbac(questions, &["can-i", "--batch", "-", "shop", "--complete"]);
    assert_eq!(output.status.code(), Some(2));
    let lines: Vec<serde_json::Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0]["allowed"], true);
    assert_eq!(lines[0]["binding"], "RoleBinding/ci/runner");
    assert_eq!((&lines[1]["allowed"], &lines[1]["unknown"]), (&false.into(), &false.into()));
    assert_eq!(lines[2]["unknown"], true);
}

#[test]
fn lists_and_differences() {
    let (code, text) = ask("who-can create pods shop");
    assert_eq!(code, 0);
    assert!(
        text.contains("ServiceAccount ci/deployer\n") && text.contains("ServiceAccount front/web in ci\n"),
        "{text}"
    );
    assert!(text.contains("of Kubernetes itself") && text.contains("--complete"), "{text}");
    let (_, text) = ask("perms sa:front/web shop --complete");
    assert!(
        text.contains("in ci: get, list, create on pods, pods/log\n   risk: medium pods-create"),
        "{text}"
    );
    let (code, text) = ask("diff shop shop-hardened");
    assert_eq!(code, 0);
    assert!(text.contains("- ServiceAccount ci/deployer everywhere  (critical wildcard-all)"), "{text}");
    // What cluster-admin covered before is no gain.
    assert!(text.starts_with("0 gained, 2 lost\n"), "{text}");
    let (_, text) = ask("diff shop-hardened shop --no-built-in-roles");
    assert!(text.contains("? ci-admin gives ClusterRole cluster-admin, which was not read"), "{text}");
    let (_, text) = ask("diff shop-hardened shop");
    assert!(
        text.contains("+ ServiceAccount ci/deployer everywhere") && text.contains("* on paths *"),
        "{text}"
    );
}

/// An audit event of the shop's front end.
fn event(verb: &str, uri: &str, object: &str, allowed: &str) -> String {
    let object: serde_json::Value = serde_json::from_str(object).unwrap();
    serde_json::json!({
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata", "auditID": uri, "stage": "ResponseComplete",
        "requestURI": uri, "verb": verb, "objectRef": object,
        "user": {"username": "system:serviceaccount:front:web", "groups": ["system:serviceaccounts", "system:serviceaccounts:front", "system:authenticated"]},
        "requestReceivedTimestamp": "2026-01-02T03:04:05.000000Z",
        "annotations": {"authorization.k8s.io/decision": allowed, "authorization.k8s.io/reason": ""},
    })
    .to_string()
        + "\n"
}

fn log() -> String {
    let pods = r#"{"resource":"pods","namespace":"ci","apiVersion":"v1"}"#;
    event("list", "/api/v1/namespaces/ci/pods", pods, "allow").repeat(3)
        + &event(
            "get",
            "/api/v1/namespaces/ci/pods/a/log",
            r#"{"resource":"pods","subresource":"log","name":"a","namespace":"ci"}"#,
            "allow",
        )
        + &event(
            "get",
            "/api/v1/namespaces/data/secrets/x",
            r#"{"resource":"secrets","name":"x","namespace":"data"}"#,
            "forbid",
        )
        + "cut off {\n"
}

#[test]
fn replay_reproduces_and_finds_flips() {
    let output = rbac(&log(), &["replay", "--audit-log", "-", "--complete", "shop", "-o", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&report["requests"], &report["reproduced"], &report["unknown"]),
        (&5.into(), &5.into(), &0.into()),
        "{report}"
    );
    assert_eq!((report["flips"].as_array().unwrap().len(), &report["skipped"]), (0, &1.into()));
    let output = rbac(
        &log(),
        &["replay", "--audit-log", "-", "--complete", "shop", "--proposed", "shop-hardened", "-o", "json"],
    );
    assert_eq!(output.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let flip = &report["flips"][0];
    assert_eq!(
        (&flip["from"], &flip["to"], &flip["count"]),
        (&"allowed".into(), &"denied".into(), &3.into()),
        "{report}"
    );
    assert_eq!(flip["request"]["resource"], "pods");
    assert_eq!(flip["auditIDs"].as_array().unwrap().len(), 3);
    let output = rbac(
        &log(),
        &["replay", "--follow", "--audit-log", "-", "--complete", "shop", "--proposed", "shop-hardened"],
    );
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.contains("would change: ServiceAccount front/web: list pods in ci   allowed -> denied"),
        "{told}"
    );
    assert_eq!(told.matches("would change").count(), 2, "{told}");
}

#[test]
fn least_privilege_is_ready_yaml() {
    let output = rbac(&log(), &["least-privilege", "--audit-log", "-", "sa:front/web", "--complete", "shop"]);
    let (text, notes) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(0), "{notes}");
    let wanted = "  name: runner\n  namespace: ci\nrules:\n- apiGroups:\n  - \"\"\n  resources:\n  - pods/log\n  verbs:\n  - get\n- apiGroups:\n  - \"\"\n  resources:\n  - pods\n  verbs:\n  - list\n";
    assert!(
        text.starts_with("---\n# ServiceAccount front/web: what 4 recorded requests")
            && text.contains(wanted),
        "{text}"
    );
    assert!(text.contains("kind: RoleBinding") && !text.contains("secrets"), "{text}");
    assert!(notes.contains("today RoleBinding ci/runner rule 1: used 4 times"), "{notes}");
    let all = rbac(
        &log(),
        &[
            "least-privilege",
            "--audit-log",
            "-",
            "--all",
            "--generalize",
            "names,verbs",
            "-o",
            "json",
            "shop",
        ],
    );
    let json: serde_json::Value = serde_json::from_slice(&all.stdout).unwrap();
    assert_eq!(json["subjects"][0]["user"], "system:serviceaccount:front:web");
    assert!(json.to_string().contains("\"watch\""), "{json}");
}

#[test]
fn unused_lint_matrix_graph_escalate() {
    let output = rbac(&log(), &["unused", "--audit-log", "-", "shop"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text.contains("ClusterRoleBinding ci-admin  nothing of it was used   shop/ci/ci.yaml:"),
        "{text}"
    );
    assert!(text.contains("RoleBinding ci/runner rule 1: 4 times"), "{text}");
    let (code, text) = ask("lint --complete shop");
    assert_eq!(code, 0, "{text}");
    let lost = "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: lost, namespace: a}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: gone}\nsubjects: [{kind: ServiceAccount, name: nobody}]\n";
    let output = rbac(lost, &["lint", "--complete", "-"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("dangling        RoleBinding a/lost: Role gone does not exist"), "{text}");
    assert!(text.contains("absent-subject  RoleBinding a/lost: ServiceAccount a/nobody"), "{text}");
    let output = rbac(lost, &["lint", "-"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    let (code, text) = ask("matrix shop");
    assert!(
        code == 0 && text.contains("ServiceAccount front/web in ci\n   glc       pods, pods/log\n"),
        "{text}"
    );
    for (format, start) in
        [("dot", "digraph rbac {"), ("mermaid", "flowchart LR"), ("html", "<!doctype html>"), ("json", "{")]
    {
        let (code, text) = ask(&format!("graph -o {format} shop"));
        assert!(code == 0 && text.starts_with(start), "{format}: {text}");
    }
    let (code, text) = ask("escalate --subject sa:front/web shop");
    assert!(
        code == 0 && text.contains("ServiceAccount front/web  reaches everything in the cluster"),
        "{text}"
    );
    let (code, text) = ask("who-can delete secrets -n data --transitively shop");
    assert!(
        code == 0
            && text.contains("can become somebody who may\n")
            && text.contains("ServiceAccount front/web\n   -> "),
        "{text}"
    );
}

#[test]
fn audit_policies() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("policy.yaml");
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rampart"));
        let output = command.env("NO_COLOR", "1").arg("audit-policy").args(arguments).output().unwrap();
        (
            output.status.code().unwrap(),
            String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (_, good) = run(&["generate", "--size", "small"]);
    std::fs::write(&file, good).unwrap();
    let path = file.to_str().unwrap();
    let (code, text) = run(&["lint", path]);
    assert!(code == 0 && text.starts_with("0 findings"), "{text}");
    let (code, text) = run(&["explain", path, "get", "secrets", "-n", "a"]);
    assert!(code == 0 && text.starts_with("Metadata"), "{text}");
    std::fs::write(
        &file,
        "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: RequestResponse\n  verb: [get]\n",
    )
    .unwrap();
    let (code, text) = run(&["lint", path]);
    assert!(code == 1 && text.contains("did you mean `verbs`?") && text.contains("logs-secrets"), "{text}");
    std::fs::write(&file, "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: All\n").unwrap();
    let (code, text) = run(&["lint", path]);
    assert!(code == 2 && text.contains("policy.yaml:4:"), "{text}");
}
