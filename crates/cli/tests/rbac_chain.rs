//! `rampart rbac can-i` with the authorizers that an API server's own files and flags choose.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Command;

const ABAC: &str = r#"# one line a policy
{"apiVersion":"abac.authorization.kubernetes.io/v1beta1","kind":"Policy","spec":{"user":"amy","namespace":"*","resource":"secrets","readonly":true}}
"#;

const CONFIGURATION: &str = r#"apiVersion: apiserver.config.k8s.io/v1
kind: AuthorizationConfiguration
authorizers:
- type: Webhook
  name: tenants
  webhook:
    timeout: 3s
    failurePolicy: Deny
    subjectAccessReviewVersion: v1
    matchConditionSubjectAccessReviewVersion: v1
    matchConditions:
    - expression: "'tenants' in request.groups"
    connectionInfo: {type: KubeConfigFile, kubeConfigFile: /etc/tenants.yaml}
- {type: ABAC, name: abac}
- {type: RBAC, name: rbac}
"#;

/// Exit code, and everything that was written, of a question about nothing but what Kubernetes itself grants.
fn ask(directory: &Path, arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rampart"));
    command.current_dir(directory).env_remove("RAMPART_CONFIG").env("NO_COLOR", "1");
    command.args(["rbac", "can-i"]).args(arguments).args(["--complete", "objects"]);
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), text)
}

fn directory() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("objects")).unwrap();
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n";
    for (name, text) in
        [("objects/namespace.yaml", namespace), ("abac.jsonl", ABAC), ("authorization.yaml", CONFIGURATION)]
    {
        std::fs::write(directory.path().join(name), text).unwrap();
    }
    directory
}

#[test]
fn the_whole_chain_answers() {
    let directory = directory();
    let get = ["get", "secrets", "-n", "shop"];
    let chain = ["--authorization-config", "authorization.yaml", "--abac-policy", "abac.jsonl"];
    let with = |user: &[&str]| ask(directory.path(), &[&get[..], user, &chain[..]].concat());
    // The webhook's condition is false, so the next authorizer answers.
    let (code, text) = with(&["--as", "amy"]);
    assert_eq!((code, text.as_str()), (0, "yes      ABAC  abac.jsonl:2\n"));
    assert_eq!(with(&["--as", "bob"]).0, 1);
    // It is asked, and comes first: what ABAC would say is not certain.
    let (code, text) = with(&["--as", "amy", "--as-group", "tenants"]);
    assert_eq!(code, 3, "{text}");
    assert!(
        text.starts_with("unknown  ABAC allows it, unless") && text.contains("webhook tenants"),
        "{text}"
    );
    let (code, text) =
        ask(directory.path(), &["get", "secrets", "--as", "bob", "--authorization-mode", "RBAC,AlwaysAllow"]);
    assert_eq!((code, text.as_str()), (0, "yes      the AlwaysAllow authorizer allows it\n"));
}

#[test]
fn files_the_server_refuses_end_the_command() {
    let directory = directory();
    let ask =
        |arguments: &[&str]| ask(directory.path(), &[&["get", "pods", "--as", "amy"], arguments].concat());
    let wrong = CONFIGURATION.replace("request.groups", "request.group");
    std::fs::write(directory.path().join("wrong.yaml"), wrong).unwrap();
    let (code, text) = ask(&["--authorization-config", "wrong.yaml"]);
    assert_eq!(code, 2);
    assert!(text.contains("wrong.yaml:12:") && text.contains("no field `group`"), "{text}");
    std::fs::write(directory.path().join("wrong.jsonl"), "{}\n{\"user\": 7}\n").unwrap();
    let (code, text) = ask(&["--abac-policy", "wrong.jsonl"]);
    assert_eq!(code, 2);
    assert!(text.contains("wrong.jsonl:2: "), "{text}");
    assert_eq!(ask(&["--authorization-mode", "RBAC,Rbac"]).0, 2);
    assert_eq!(ask(&["--authorization-mode", "RBAC", "--abac-policy", "abac.jsonl"]).0, 2);
    // Without its file ABAC may allow anything.
    assert_eq!(ask(&["--authorization-config", "authorization.yaml"]).0, 3);
}
