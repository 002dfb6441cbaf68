//! Exceptions, baselines, differences and git, from outside.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::forms::has_kustomize;
use crate::{json, rampart, text, write};

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: n}\nspec: {hostPID: true}\n";

/// `rampart` in a directory, looking for one rule.
fn run(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = rampart();
    command.current_dir(directory).args(arguments).args(["--select", "host-pid"]);
    command.output().unwrap()
}

fn git(directory: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.current_dir(directory).args(["-c", "user.name=t", "-c", "user.email=t@example.com"]);
    assert!(command.args(arguments).output().unwrap().status.success(), "git {arguments:?}");
}

/// A repository with one commit of one Pod.
fn repository() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "deploy/a.yaml", POD);
    git(directory.path(), &["init", "-q", "-b", "main"]);
    git(directory.path(), &["add", "."]);
    git(directory.path(), &["commit", "-q", "-m", "one"]);
    directory
}

#[test]
fn accepted_findings_stay_visible_and_do_not_fail() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "a.yaml", POD);
    assert_eq!(run(directory.path(), &["scan", "."]).status.code(), Some(1));
    let entry = "exceptions:\n- rule: host-pid\n  reason: agent\n  owner: team\n";
    write(directory.path(), "rampart-exceptions.yaml", entry);
    let output = run(directory.path(), &["scan", "."]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let out = text(&output.stdout);
    assert!(out.contains("excepted  host-pid") && out.contains("agent (team)"), "{out}");
    assert!(out.contains("excepted 1") && out.contains("no other findings"), "{out}");
    let report = json(&run(directory.path(), &["scan", ".", "-o", "json"]));
    assert_eq!(report["findings"][0]["excepted"]["owner"], "team");
    assert_eq!(report["findings"][0]["excepted"]["line"], 2);
    assert_eq!(report["findings"][0]["excepted"]["file"], "rampart-exceptions.yaml");
    assert_eq!(report["summary"]["excepted"], 1);
    assert_eq!(report["summary"]["bySeverity"]["high"], 0);
}

#[test]
fn comments_in_files_behind_a_kustomization_count() {
    if !has_kustomize() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let two = POD.replace("name: a", "name: b");
    write(
        here,
        "base/a.yaml",
        POD.replace("spec: {hostPID: true}", "spec:\n  hostPID: true # rampart:ignore host-pid -- agent"),
    );
    write(here, "base/b.yaml", format!("# rampart:ignore host-pid -- whole object\n{two}"));
    write(here, "base/c.yaml", POD.replace("name: a", "name: c"));
    write(here, "base/kustomization.yaml", "resources: [a.yaml, b.yaml, c.yaml]\n");
    write(here, "overlay/kustomization.yaml", "namePrefix: x-\nresources: [../base]\n");
    let output = run(here, &["scan", "overlay", "-o", "json"]);
    let report = json(&output);
    let open: Vec<_> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["excepted"].is_null())
        .map(|finding| finding["object"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(open, ["x-c"], "{}", text(&output.stderr));
    assert_eq!(report["summary"]["excepted"], 2);
}

#[test]
fn a_broken_exceptions_file_stops_the_run_with_its_line() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "a.yaml", POD);
    write(directory.path(), "x.yaml", "exceptions:\n- rule: host-pid\n  owner: team\n");
    let output = run(directory.path(), &["scan", ".", "--exceptions", "x.yaml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    let errors = text(&output.stderr);
    assert!(errors.contains("x.yaml:2") && errors.contains("missing field `reason`"), "{errors}");
}

#[test]
fn a_baseline_hides_what_was_there_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "a.yaml", POD);
    let first = run(directory.path(), &["scan", ".", "--write-baseline", "known.json"]);
    assert_eq!(first.status.code(), Some(0), "{}", text(&first.stderr));
    fs::rename(directory.path().join("a.yaml"), directory.path().join("renamed.yaml")).unwrap();
    let second = run(directory.path(), &["scan", ".", "--baseline", "known.json"]);
    assert_eq!(second.status.code(), Some(0));
    assert!(text(&second.stdout).contains("no new findings; 1 finding known"), "{}", text(&second.stdout));
    write(directory.path(), "b.yaml", POD.replace("name: a", "name: b"));
    let third = run(directory.path(), &["scan", ".", "--baseline", "known.json", "-o", "json"]);
    assert_eq!(third.status.code(), Some(1));
    let report = json(&third);
    assert_eq!(report["findings"].as_array().unwrap().len(), 1);
    assert_eq!(report["findings"][0]["object"]["name"], "b");
    assert_eq!(report["summary"]["known"], 1);
    for missing in ["none.json", "a.yaml"] {
        assert_eq!(run(directory.path(), &["scan", ".", "--baseline", missing]).status.code(), Some(2));
    }
    let refused = run(directory.path(), &["scan", ".", "--write-baseline", "no/such/directory.json"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(refused.stdout.is_empty());
}

#[test]
fn differences_of_reports_trees_and_revisions_agree() {
    let directory = repository();
    let here = directory.path();
    fs::write(here.join("old.json"), run(here, &["scan", "deploy", "-o", "json"]).stdout).unwrap();
    write(here, "deploy/a.yaml", POD.replace("hostPID: true", "hostPID: false"));
    write(here, "deploy/b.yaml", POD.replace("name: a", "name: b"));
    let report = run(here, &["diff", "old.json", "deploy", "-o", "json"]);
    let revision = run(here, &["diff", "--since", "HEAD", "deploy", "-o", "json"]);
    assert_eq!(report.status.code(), Some(1));
    let (report, revision) = (json(&report), json(&revision));
    assert_eq!(report["findings"], revision["findings"]);
    assert_eq!(report["summary"]["new"], 1);
    assert_eq!(report["summary"]["fixed"], 1);
    assert_eq!(report["findings"][0]["object"]["name"], "b");
    let text_form = text(&run(here, &["diff", "--since", "HEAD"]).stdout);
    assert!(text_form.starts_with("1 new, 1 fixed, 0 changed, 0 unchanged"), "{text_form}");
    assert_eq!(run(here, &["diff", "deploy", "old.json"]).status.code(), Some(1));
    assert_eq!(run(here, &["diff", "old.json", "old.json"]).status.code(), Some(0));
    assert_eq!(run(here, &["diff", "old.json"]).status.code(), Some(2));
}

#[test]
fn since_shows_what_the_revision_does_not_have() {
    let directory = repository();
    let here = directory.path();
    let same = run(here, &["scan", "--since", "HEAD"]);
    assert_eq!(same.status.code(), Some(0), "{}", text(&same.stderr));
    write(here, "new/b.yaml", POD.replace("name: a", "name: b"));
    let report = json(&run(&here.join("new"), &["scan", "--since", "main", "-o", "json"]));
    assert_eq!(report["findings"][0]["object"]["name"], "b");
    assert_eq!(report["summary"]["known"], 0);
    let unknown = run(here, &["scan", "--since", "--help-me"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert_eq!(run(here, &["scan", "--since=no-such-branch"]).status.code(), Some(2));
}

#[test]
fn staged_scans_the_index_and_shows_staged_files() {
    let directory = repository();
    let here = directory.path();
    assert_eq!(run(here, &["scan", "--staged"]).status.code(), Some(0));
    write(here, "deploy/b.yaml", POD.replace("name: a", "name: b"));
    git(here, &["add", "deploy/b.yaml"]);
    // What is not staged does not count, and what is staged counts as it is staged.
    write(here, "deploy/b.yaml", "");
    write(here, "deploy/c.yaml", POD.replace("name: a", "name: c"));
    // Neither does what is broken elsewhere.
    write(here, "broken.yaml", "a: 1\na: 2\n");
    git(here, &["add", "broken.yaml"]);
    git(here, &["commit", "-q", "-m", "broken", "broken.yaml"]);
    let output = run(&here.join("deploy"), &["scan", "--staged", "../", "-o", "json"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let report = json(&output);
    let files: Vec<_> = report["findings"].as_array().unwrap().iter().map(|one| &one["file"]).collect();
    assert_eq!(files, ["./deploy/b.yaml"]);
    assert_eq!(fs::read_to_string(here.join("deploy/b.yaml")).unwrap(), "");
}

#[test]
fn frameworks_limit_and_regroup_the_report() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    write(here, "a.yaml", POD);
    let scan = |arguments: &[&str]| rampart().current_dir(here).arg("scan").args(arguments).output().unwrap();
    let output = scan(&["a.yaml", "--framework", "pss-baseline"]);
    assert_eq!(output.status.code(), Some(1));
    let out = text(&output.stdout);
    assert!(out.contains("controls that could be decided pass"), "{out}");
    assert!(out.contains("host-namespaces") && out.contains("a.yaml:4:"), "{out}");
    let report =
        json(&scan(&["a.yaml", "--framework", "pss-baseline,cis", "--severity", "critical", "-o", "json"]));
    assert_eq!(report["findings"].as_array().unwrap().len(), 0);
    let frameworks = report["frameworks"].as_array().unwrap();
    assert_eq!((&frameworks[0]["id"], &frameworks[1]["id"]), (&"pss-baseline".into(), &"cis".into()));
    assert_eq!(frameworks[1]["controls"].as_array().unwrap().len(), 131);
    // Counted although the report leaves it out.
    assert_eq!(frameworks[0]["counts"]["fail"], 1);
    for (arguments, say) in
        [(["--framework", "ciss"], "did you mean `cis`?"), (["--framework", "x.yaml"], "cannot read")]
    {
        let output = scan(&arguments);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(say), "{}", text(&output.stderr));
    }
}

#[test]
fn users_bring_their_own_frameworks() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    write(here, "deploy/a.yaml", POD);
    let file = "framework: house\ntitle: House rules\nversion: '3'\nsections:\n- id: H\n  title: Hosts\n  controls:\n  - {id: H1, title: No host PIDs, rules: [host-pid]}\n";
    write(here, "rules/house.yaml", file);
    write(here, "rampart.yaml", "frameworks: [rules/house.yaml]\n");
    let run =
        |arguments: &[&str]| rampart().current_dir(here.join("deploy")).args(arguments).output().unwrap();
    let report = json(&run(&["scan", "--framework", "house", "-o", "json"]));
    assert_eq!(report["frameworks"][0]["controls"][0]["state"], "fail");
    assert_eq!(report["findings"][0]["frameworks"]["house"][0], "H1");
    let list = text(&run(&["frameworks"]).stdout);
    assert!(list.contains("house") && list.contains("CIS Kubernetes Benchmark"), "{list}");
    assert!(text(&run(&["frameworks", "house"]).stdout).contains("No host PIDs  [host-pid]"));
    write(here, "rules/house.yaml", file.replace("host-pid", "host-pidd"));
    let output = run(&["scan"]);
    assert_eq!(output.status.code(), Some(2));
    let errors = text(&output.stderr);
    assert!(errors.contains("house.yaml:8") && errors.contains("did you mean `host-pid`?"), "{errors}");
}
