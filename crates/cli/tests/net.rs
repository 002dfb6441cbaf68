//! `rampart net` from outside, on the example shops.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

fn net(input: &str, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rampart"));
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples"));
    command
        .env_remove("RAMPART_CONFIG")
        .env_remove("RAMPART_CNI")
        .env("NO_COLOR", "1")
        .arg("net")
        .args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn ask(question: &str) -> (i32, String, String) {
    net("", &question.split(' ').collect::<Vec<_>>())
}

#[test]
fn reach_says_yes_no_and_why() {
    let (code, text, _) = ask("reach front/web data/db --port 5432 shop");
    assert_eq!(code, 0, "{text}");
    assert!(
        text.starts_with(
            "yes      ingress of data/db is open: NetworkPolicy data/db, spec.ingress[0]   shop/"
        ),
        "{text}"
    );
    let (code, text, _) = ask("reach front/web data/db --port 5432 shop-hardened");
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("no rule allows it") && text.contains("to allow: add to NetworkPolicy"), "{text}");
    let (code, text, _) = ask("reach front/web service:payments/api --port 9 shop");
    assert_eq!((code, text.as_str()), (1, "no       the Service has no port TCP 9\n"));
    let (code, _, error) = ask("reach front/wob data/db --port 5432 shop");
    assert_eq!(code, 2);
    assert!(error.contains("did you mean front/web?"), "{error}");
}

#[test]
fn a_batch_answers_line_by_line() {
    let questions = concat!(
        r#"{"from":{"pod":"front/web"},"to":{"workload":"data/StatefulSet/db"},"protocol":"TCP","port":5432}"#,
        "\n",
        r#"{"from":{"workload":"front/Deployment/web"},"to":{"pod":"data/db-0"},"port":5432}"#,
        "\n",
        r#"{"from":{"ip":"203.0.113.9"},"to":{"pod":"data/db-0"},"protocol":"TCP","port":22}"#,
        "\n",
        "{\"from\":{}}\n",
    );
    let (code, text, _) = net(questions, &["reach", "--batch", "-", "shop-hardened"]);
    assert_eq!(code, 2, "the last line is no question");
    let answers: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let verdicts: Vec<&str> = answers.iter().map(|answer| answer["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["unknown", "denied", "denied", "unknown"], "{text}");
    assert!(answers[0]["reason"].as_str().unwrap().contains("no pod front/web"), "{text}");
    assert_eq!(answers[1]["egress"]["verdict"], "denied");
    assert!(answers[1]["egress"]["by"]["at"].as_str().unwrap().starts_with("shop-hardened/"), "{text}");
    assert_eq!(answers[2]["egress"]["by"]["default"], "not bound by policies");
}

#[test]
fn the_matrix_has_one_row_for_those_alike() {
    let (code, text, _) = ask("matrix -o json shop-hardened");
    assert_eq!(code, 0);
    let matrix: Value = serde_json::from_str(&text).unwrap();
    let groups = matrix["groups"].as_array().unwrap();
    assert_eq!(groups.len(), 5, "{text}");
    let find = |title: &str| groups.iter().position(|group| group["title"] == title).unwrap();
    let (web, api) = (find("front/web"), find("payments/api"));
    let cell = |from: usize, to: usize| {
        let cells = matrix["cells"].as_array().unwrap();
        cells.iter().find(|cell| cell["from"] == from && cell["to"] == to).map(|cell| cell["ports"].clone())
    };
    assert_eq!(cell(web, api), Some("TCP 8080".into()));
    assert_eq!(cell(api, web), None);
    for (format, start) in [
        ("csv", "from,to,connections,ports"),
        ("dot", "digraph reach {"),
        ("mermaid", "flowchart LR"),
        ("html", "<!doctype html>"),
    ] {
        let (code, text, _) = ask(&format!("matrix -o {format} shop-hardened"));
        assert!(code == 0 && text.starts_with(start), "{format}: {text}");
    }
}

#[test]
fn names_cannot_break_out_of_the_page() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: \"</script><script>alert(1)</script>\"\n  namespace: a\nspec: {containers: [{name: a, image: a}]}\n";
    let (_, page, _) = net(pod, &["matrix", "-o", "html", "-"]);
    assert!(!page.contains("<script>alert"), "{page}");
}

#[test]
fn exposed_diff_lint_spread() {
    let (code, text, _) = ask("exposed shop");
    assert!(
        code == 0
            && text.contains("TCP 8080 through Ingress front/shop -> Service web   shop/front/web.yaml:"),
        "{text}"
    );
    let (code, text, _) = ask("diff shop shop-hardened");
    assert!(
        code == 0
            && text.starts_with("0 pairs gain connections")
            && text.contains("gone: Pod platform/debug"),
        "{text}"
    );
    let (code, text, _) = ask("lint shop-hardened");
    assert!(code == 0 && text.contains("--complete"), "{text}");
    let (code, text, _) = ask("lint --complete shop-hardened");
    assert!(
        code == 1 && text.contains("peer-selects-nothing  NetworkPolicy front/web, spec.ingress[0]"),
        "{text}"
    );
    let (code, text, _) = ask("spread front/web shop-hardened");
    assert!(
        code == 0 && text.starts_with("from front/web 2 of 6 others can be reached in 2 hops\n"),
        "{text}"
    );
}

#[test]
fn a_plugin_that_enforces_nothing_is_said_loudly() {
    let (code, text, error) = ask("reach front/web data/db --port 5432 --cni flannel shop-hardened");
    assert!(code == 0 && text.starts_with("yes"), "{text}");
    assert!(error.contains("flannel enforces no NetworkPolicy"), "{error}");
    let (code, _, error) = ask("matrix --cni calicoo shop");
    assert!(code == 2 && error.contains("did you mean `calico`?"), "{error}");
}

#[test]
fn expectations_pass_fail_and_are_unknown() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("expect.yaml");
    let write = |text: &str| std::fs::write(&file, text).unwrap();
    let path = file.to_str().unwrap();
    write(
        "connections:\n- {name: one, from: front/web, to: 'service:payments/api', port: 8080, expect: allowed}\n- {name: two, from: internet, to: data/db, expect: denied}\n",
    );
    let (code, text, _) = net("", &["assert", path, "shop-hardened"]);
    assert!(text.contains("ok    two should be denied"), "{text}");
    let (_, json, _) = net("", &["assert", path, "shop-hardened", "-o", "json"]);
    let met = serde_json::from_str::<Value>(&json).unwrap()["expectations"][1]["met"].clone();
    assert_eq!(met, true, "{code}");
    write("connections:\n- {name: shut, from: front/web, to: data/db, port: 5432, expect: denied}\n");
    let (code, text, _) = net("", &["assert", path, "shop"]);
    assert!(code == 1 && text.contains("FAIL  shut should be denied, but is allowed"), "{text}");
    let (code, text, _) = net("", &["assert", path, "shop", "-o", "junit"]);
    assert!(
        code == 1 && text.contains("<testsuite name=\"rampart net assert\" tests=\"1\" failures=\"1\">"),
        "{text}"
    );
}

/// A Hubble record of a connection.
fn hubble(from: (&str, &str), to: (&str, &str), port: u16) -> String {
    serde_json::json!({"flow": {
        "time": "2026-01-02T03:04:05Z", "verdict": "FORWARDED", "is_reply": false,
        "IP": {"source": "10.0.0.1", "destination": "10.0.0.2"},
        "l4": {"TCP": {"source_port": 40_000, "destination_port": port}},
        "source": {"namespace": from.0, "pod_name": from.1},
        "destination": {"namespace": to.0, "pod_name": to.1},
    }})
    .to_string()
        + "\n"
}

#[test]
fn policies_from_flows_and_from_manifests() {
    let flows = hubble(("front", "web-6f7d-x2x4z"), ("payments", "api-77-abcde"), 8080).repeat(2) + "junk\n";
    for form in ["networkpolicy", "cilium", "calico"] {
        let (code, text, notes) = net(&flows, &["generate", "--flows", "-", "--form", form, "shop"]);
        assert_eq!(code, 0, "{notes}");
        assert!(text.contains("8080: 2 connections seen"), "{text}");
        assert!(notes.contains("each of 1 connections stays allowed"), "{notes}");
        assert!(notes.contains("not used: 1 lines, not a flow record   -:3"), "{notes}");
        assert!(notes.contains("from 2026-01-02T03:04:05Z"), "{notes}");
    }
    let (code, text, notes) = ask("generate shop");
    assert!(
        code == 0 && text.contains("env PAYMENTS_URL names Service payments/api   shop/front/web.yaml:"),
        "{text}"
    );
    assert!(notes.contains("no ingress controller or gateway is in the input"), "{notes}");
}

#[test]
fn unused_rules_are_found() {
    let flows = hubble(("front", "web-6f7d-x2x4z"), ("payments", "api-77-abcde"), 8080);
    let (code, text, _) = net(&flows, &["tighten", "--flows", "-", "shop-hardened"]);
    assert_eq!(code, 1);
    assert!(
        text.contains(
            "NetworkPolicy payments/api, spec.egress[0]: not used   shop-hardened/payments/api.yaml:"
        ),
        "{text}"
    );
    assert!(!text.contains("NetworkPolicy payments/api, spec.ingress[0]"), "{text}");
    assert!(text.contains("observed: 1 connections"), "{text}");
}
