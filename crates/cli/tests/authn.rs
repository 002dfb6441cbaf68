//! `rampart authn` from outside.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

const CONFIGURATION: &str = "\
apiVersion: apiserver.config.k8s.io/v1
kind: AuthenticationConfiguration
jwt:
- issuer:
    url: https://login.example.org
    audiences: [kubernetes]
  claimMappings:
    username: {claim: sub, prefix: 'oidc:'}
  claimValidationRules:
  - expression: has(claims.amr) && 'mfa' in claims.amr
    message: no second factor
anonymous:
  enabled: true
  conditions: [{path: /livez}]
";

/// Exit code, standard output and standard error.
fn ask(files: &[(&str, &str)], arguments: &[&str], input: &str) -> (i32, String, String) {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(directory.path().join(name), text).unwrap();
    }
    run(directory.path(), arguments, input)
}

fn run(directory: &Path, arguments: &[&str], input: &str) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rampart"));
    command.current_dir(directory).env_remove("RAMPART_CONFIG").env("NO_COLOR", "1");
    command.arg("authn").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that refuses its arguments does not read.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

const CLAIMS: &str = r#"{"iss": "https://login.example.org", "aud": "kubernetes", "exp": 1800003600, "sub": "amy", "amr": ["pwd"]}"#;

#[test]
fn a_refusal_names_the_rule_and_its_place() {
    let words = ["explain", "--token-claims", "-", "--at", "2027-01-15T08:00:00Z", "auth.yaml"];
    let (code, text, error) = ask(&[("auth.yaml", CONFIGURATION)], &words, CLAIMS);
    assert_eq!(code, 1, "{text}{error}");
    assert!(text.starts_with("refused (401)  claim rule: no second factor"), "{text}");
    assert!(text.contains("auth.yaml:10:17"), "{text}");
    let (code, text, error) =
        ask(&[("auth.yaml", CONFIGURATION)], &words, &CLAIMS.replace("\"pwd\"", "\"mfa\""));
    assert_eq!(code, 0, "{text}{error}");
    assert!(text.starts_with("oidc:amy\n  groups  system:authenticated\n"), "{text}");
}

#[test]
fn tokens_are_never_printed() {
    let token = "secret-token-value";
    for words in [
        &["explain", "--token", "-", "auth.yaml"][..],
        &["explain", "--token", "-", "-o", "json", "auth.yaml"],
        &["explain", "--token-claims", "-", "auth.yaml"],
    ] {
        let (code, text, error) = ask(&[("auth.yaml", CONFIGURATION)], words, token);
        assert_ne!(code, 0, "{text}");
        assert!(!text.contains(token) && !error.contains(token), "{text}{error}");
    }
}

#[test]
fn anonymous_requests_are_let_in_on_named_paths() {
    for (path, want) in [("/livez", 0), ("/api", 1)] {
        let words = ["explain", "--anonymous", "--path", path, "-o", "json", "auth.yaml"];
        let (code, text, error) = ask(&[("auth.yaml", CONFIGURATION)], &words, "");
        assert_eq!(code, want, "{text}{error}");
    }
}

#[test]
fn lint_tells_what_the_server_does_not_load() {
    let broken = CONFIGURATION.replace("'mfa' in claims.amr", "claims.amr");
    let (code, text, error) =
        ask(&[("auth.yaml", &broken.replace("has(claims.amr) && ", ""))], &["lint", "auth.yaml"], "");
    assert_eq!(code, 1, "{text}{error}");
    assert!(text.contains("authentication-config-invalid"), "{text}");
}

#[test]
fn an_input_without_a_server_says_what_to_name() {
    let (code, _, error) = ask(&[("a.yaml", "a: 1\n")], &["explain", "--anonymous", "."], "");
    assert_eq!(code, 2);
    assert!(error.contains("/etc/kubernetes/manifests"), "{error}");
}
