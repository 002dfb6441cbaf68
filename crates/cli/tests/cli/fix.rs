//! `rampart fix` and `rampart harden` from outside.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Output, Stdio};

use crate::forms::has_kustomize;
#[cfg(unix)]
use crate::forms::{path_with, stand_in};
use crate::{example, rampart, scan, text, write};

fn fix(root: &Path, arguments: &[&str]) -> Output {
    rampart().current_dir(root).arg("fix").args(arguments).output().unwrap()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

const POD: &str = "\
# front
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
  labels: {app: web} # who
spec:
  serviceAccount: 'web' # old name
  hostPID: true   # for the debugger
  containers:
    # the only one
    - name: web
      image: \"registry.example.com/web:1.0\" # pinned
      securityContext: {privileged: true, runAsNonRoot: true}
";

#[test]
fn safe_fixes_are_made_and_others_wait_for_a_look() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "pod.yaml", POD);
    let output = fix(root.path(), &["."]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let told = text(&output.stdout);
    assert!(told.contains("serviceAccountName") && told.contains("--review"), "{told}");
    let want = POD.replace("  serviceAccount: 'web' # old name\n", "") + "  serviceAccountName: web\n";
    assert_eq!(fs::read_to_string(root.path().join("pod.yaml")).unwrap(), want);
}

#[test]
fn comments_order_and_quotes_are_kept() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "pod.yaml", POD);
    let select = ["--select", "host-pid,privileged", "--review"];
    let dry = fix(root.path(), &[&select[..], &["--dry-run"]].concat());
    assert_eq!(dry.status.code(), Some(1));
    let patch = text(&dry.stdout);
    assert!(patch.starts_with("--- a/pod.yaml\n+++ b/pod.yaml\n"), "{patch}");
    assert!(patch.contains("-  hostPID: true   # for the debugger\n"), "{patch}");
    assert_eq!(fs::read_to_string(root.path().join("pod.yaml")).unwrap(), POD, "nothing is written");
    let output = fix(root.path(), &[&select[..], &["--yes"]].concat());
    assert!(output.status.success());
    let want = POD
        .replace("  hostPID: true   # for the debugger\n", "")
        .replace("privileged: true", "privileged: false");
    assert_eq!(fs::read_to_string(root.path().join("pod.yaml")).unwrap(), want);
    let clean = fix(root.path(), &[&select[..], &["--dry-run"]].concat());
    assert_eq!((clean.status.code(), clean.stdout.len()), (Some(0), 0));
}

#[test]
fn the_shop_comes_close_to_clean() {
    let root = tempfile::tempdir().unwrap();
    copy(&example("shop"), root.path());
    let to = root.path().join("fixed");
    let to_text = to.display().to_string();
    let kept = fs::read_to_string(root.path().join("front/web.yaml")).unwrap();
    let output = fix(
        root.path(),
        &["front", "ci", "data", "payments", "platform", "--review", "--yes", "-o", &to_text],
    );
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(fs::read_to_string(root.path().join("front/web.yaml")).unwrap(), kept, "--output leaves it");
    assert!(fs::read_to_string(to.join("front/web.yaml")).unwrap().contains("# rotated \"soon\""));
    let left = scan(&[&to_text, "--ignore", "secrets,images,availability,hygiene"]);
    assert!(left.status.success(), "{}", text(&left.stdout));
    let again = fix(root.path(), &["front", "ci", "-o", &to_text]);
    assert_eq!(again.status.code(), Some(2), "files of another run are not overwritten");
}

#[test]
fn standard_input_goes_to_standard_output() {
    let mut child = rampart()
        .args(["fix", "-", "--select", "host-pid", "--review", "--yes"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(POD.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(text(&output.stdout), POD.replace("  hostPID: true   # for the debugger\n", ""));
    assert!(text(&output.stderr).starts_with("1 of 1 finding fixed"), "{}", text(&output.stderr));
}

#[test]
fn asking_needs_a_terminal() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "pod.yaml", POD);
    let output = fix(root.path(), &["--review"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("--yes"));
}

#[test]
fn broken_documents_cost_themselves_only() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "pod.yaml", format!("{POD}---\na: [\n"));
    let output = fix(root.path(), &["--select", "host-pid", "--review", "--yes"]);
    assert_eq!(output.status.code(), Some(2));
    let now = fs::read_to_string(root.path().join("pod.yaml")).unwrap();
    assert_eq!(now, POD.replace("  hostPID: true   # for the debugger\n", "") + "---\na: [\n");
}

#[cfg(unix)]
#[test]
fn charts_are_left_with_the_place_to_change() {
    let root = tempfile::tempdir().unwrap();
    let template = "spec:\n  hostPID: {{ .Values.pid }}\n";
    write(root.path(), "chart/Chart.yaml", "apiVersion: v2\nname: demo\nversion: 1.0.0\n");
    write(root.path(), "chart/templates/pod.yaml", template);
    let rendered = "---\n# Source: demo/templates/pod.yaml\napiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  hostPID: true\n  containers:\n  - name: web\n    image: a:1\n";
    write(root.path(), "rendered", rendered);
    let bin = stand_in(root.path(), "helm", &format!("cat {}/rendered\n", root.path().display()));
    let output = rampart()
        .current_dir(root.path())
        .env("PATH", path_with(&bin))
        .args(["fix", "chart", "--select", "host-pid", "--review", "--yes"])
        .output()
        .unwrap();
    let told = text(&output.stdout);
    assert!(
        told.contains("in templates, which cannot be edited as data"),
        "{told}\n{}",
        text(&output.stderr)
    );
    assert!(told.contains("chart/templates/pod.yaml"), "{told}");
    assert_eq!(fs::read_to_string(root.path().join("chart/templates/pod.yaml")).unwrap(), template);
}

#[test]
fn kustomizations_are_fixed_in_their_sources() {
    if !has_kustomize() {
        return;
    }
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "base/kustomization.yaml", "namePrefix: b-\nresources: [web.yaml]\n");
    write(root.path(), "base/web.yaml", POD);
    write(root.path(), "over/kustomization.yaml", "resources: [../base]\npatches:\n- path: pid.yaml\n");
    let patch = "apiVersion: v1\nkind: Pod\nmetadata: {name: b-web, namespace: shop}\nspec:\n  hostPID: true # here\n  hostIPC: true\n";
    write(root.path(), "over/pid.yaml", patch);
    let output = fix(root.path(), &["--select", "privileged,host-ipc", "--review", "--yes"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let read = |path: &str| fs::read_to_string(root.path().join(path)).unwrap();
    assert_eq!(read("base/web.yaml"), POD.replace("privileged: true", "privileged: false"));
    assert_eq!(read("over/pid.yaml"), patch.replace("  hostIPC: true\n", ""));
    // Written in the base and in the patch: taking it from one of them changes nothing, so nothing is changed.
    let output = fix(root.path(), &["--select", "host-pid", "--review", "--yes"]);
    assert!(text(&output.stdout).contains("its files were put back"), "{}", text(&output.stdout));
    assert_eq!(read("over/pid.yaml"), patch.replace("  hostIPC: true\n", ""));
}

#[test]
fn hardening_tells_what_it_could_not_know() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "pod.yaml", POD);
    let harden = |arguments: &[&str]| {
        rampart().current_dir(root.path()).arg("harden").args(arguments).output().unwrap()
    };
    let output = harden(&["pod/web", "-n", "shop"]);
    assert_eq!(output.status.code(), Some(1));
    let (patch, told) = (text(&output.stdout), text(&output.stderr));
    for line in [
        "+        readOnlyRootFilesystem: true",
        "+  automountServiceAccountToken: false",
        "+      mountPath: /tmp",
    ] {
        let word = line.trim_start_matches('+').trim();
        assert!(patch.contains(word), "{line}\n{patch}");
    }
    for words in ["its image's user", "which paths it writes", "nothing was written"] {
        assert!(told.contains(words), "{words}\n{told}");
    }
    assert_eq!(fs::read_to_string(root.path().join("pod.yaml")).unwrap(), POD);
    assert!(harden(&["pod/web", "--yes"]).status.success());
    let now = fs::read_to_string(root.path().join("pod.yaml")).unwrap();
    assert!(now.contains("    # the only one\n") && now.contains("drop: [ALL]"), "{now}");
    let again = harden(&["pod/web", "--dry-run"]);
    assert_eq!((again.status.code(), again.stdout.len()), (Some(0), 0), "{}", text(&again.stdout));
    assert_eq!(harden(&["pod/nobody"]).status.code(), Some(2));
}
