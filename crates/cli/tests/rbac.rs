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
