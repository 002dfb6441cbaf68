//! `rampart rules export`, `rampart rules test` and rules of the user's own.

use crate::{example, json, rampart, scan, text, write};

const RULES: &str = "policy/team-rules.yaml";

#[test]
fn rules_of_ones_own_find_and_are_selected() {
    let (rules, shop) = (example(RULES), example("shop"));
    let (rules, shop) = (rules.to_str().unwrap(), shop.to_str().unwrap());
    let output = scan(&["--rules", rules, "--select", "team-label", "-o", "json", shop]);
    let report = json(&output);
    let findings = report["findings"].as_array().unwrap();
    assert!(!findings.is_empty());
    for finding in findings {
        assert_eq!(finding["rule"], "team-label");
        assert_eq!(finding["fingerprint"].as_str().unwrap().len(), 32);
        assert!(finding["line"].as_u64().is_some(), "{finding}");
    }
    assert_eq!(output.status.code(), Some(0), "medium is below --fail-on");
    let all = json(&scan(&["--rules", rules, "-o", "json", shop]));
    let of =
        |rule: &str| all["findings"].as_array().unwrap().iter().filter(|own| own["rule"] == rule).count();
    assert_eq!(of("team-label"), findings.len());
    assert!(of("privileged") > 0, "ours run beside them");
    let explained = rampart().args(["explain", "team-label", "--rules", rules]).output().unwrap();
    assert!(text(&explained.stdout).contains("answered by nobody"), "{}", text(&explained.stderr));
}

#[test]
fn tests_of_rules_say_what_broke() {
    let output = rampart().args(["rules", "test", example(RULES).to_str().unwrap()]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    assert!(text(&output.stdout).contains("5 tests hold, 0 do not"));
    let directory = tempfile::tempdir().unwrap();
    let broken = "apiVersion: rampart.dev/rules/v1\nrules:\n- id: a-b\n  title: T\n  severity: low\n  \
                  expression: has(object.x)\n  tests: [{name: bare, verdict: pass, object: {}}]\n";
    write(directory.path(), "rules.yaml", broken);
    let path = directory.path().join("rules.yaml");
    let output = rampart().args(["rules", "test"]).arg(&path).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stdout).contains("FAIL  bare: expected pass, got fail: T"),
        "{}",
        text(&output.stdout)
    );
    write(directory.path(), "rules.yaml", broken.replace("has(object.x)", "nope"));
    let output = rampart().arg("scan").arg("--rules").arg(&path).arg(directory.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("rules.yaml:6:15"), "{}", text(&output.stderr));
    assert!(text(&output.stdout).is_empty(), "nothing ran");
}

#[test]
fn the_configuration_names_rule_files() {
    let directory = tempfile::tempdir().unwrap();
    let rules = std::fs::read_to_string(example(RULES)).unwrap();
    write(directory.path(), "policy/rules.yaml", rules);
    write(directory.path(), "rampart.yaml", "rules: [policy/rules.yaml]\nselect: [team-label]\n");
    write(directory.path(), "a.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n");
    let output = rampart().current_dir(&directory).args(["scan", "-o", "json", "a.yaml"]).output().unwrap();
    assert_eq!(json(&output)["findings"].as_array().unwrap().len(), 1, "{}", text(&output.stderr));
}

#[test]
fn policies_are_written_and_refusals_say_why() {
    let export = |arguments: &[&str]| {
        rampart().args(["rules", "export", "--as", "vap"]).args(arguments).output().unwrap()
    };
    let output =
        export(&["--rule", "privileged,host-pid", "--action", "audit", "--exempt-namespace", "infra"]);
    let policies = text(&output.stdout);
    assert_eq!(
        policies.matches("kind: ValidatingAdmissionPolicyBinding").count(),
        2,
        "{}",
        text(&output.stderr)
    );
    assert!(policies.contains("validationActions: [Audit]") && policies.contains("values: [infra]"));
    for (arguments, message) in [
        (&["--rule", "sudo-entrypoint"][..], "cannot be exported: it reads shell scripts"),
        (&["--rule", "priviliged"], "did you mean `privileged`?"),
        (&["--action", "deny", "--action", "warn"], "does not take deny and warn together"),
        (&["--kubernetes-version", "1.29"], "has no ValidatingAdmissionPolicy v1"),
        (&["--select", "schema-invalid"], "none of these rules can be exported"),
    ] {
        let output = export(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains(message), "{arguments:?}: {}", text(&output.stderr));
    }
    let list = text(&export(&["--list"]).stdout);
    assert!(list.contains("rules are exported") && list.contains("sudo-entrypoint"));
}
