//! Charts and kustomizations: with the real programs where they are installed, with stand-ins where only Rampart's part
//! matters.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::{json, rampart, text, write};

/// The directory of a built helm; said once when it cannot be had.
fn helm() -> Option<PathBuf> {
    rampart_testkit::tools::helm().map_err(|reason| skip(&format!("no helm ({reason})"))).ok()
}

/// Past the capture of the test harness, so that a skip is visible.
fn skip(reason: &str) {
    drop(writeln!(std::io::stderr(), "skipped: {reason}"));
}

fn has(program: &str, argument: &str) -> bool {
    let mut command = Command::new(program);
    command.arg(argument).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok()
}

pub(crate) fn has_kustomize() -> bool {
    let found = has("kustomize", "version") || has("kubectl", "--help");
    if !found {
        skip("neither kustomize nor kubectl is installed");
    }
    found
}

/// PATH with a directory in front.
pub(crate) fn path_with(directory: &Path) -> std::ffi::OsString {
    let old = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(std::iter::once(directory.to_owned()).chain(std::env::split_paths(&old))).unwrap()
}

/// A stand-in for a program.
#[cfg(unix)]
pub(crate) fn stand_in(directory: &Path, program: &str, script: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let bin = directory.join("bin");
    fs::create_dir_all(&bin).unwrap();
    fs::write(bin.join(program), format!("#!/bin/sh\n{script}")).unwrap();
    fs::set_permissions(bin.join(program), fs::Permissions::from_mode(0o755)).unwrap();
    bin
}

fn findings(report: &Value) -> &Vec<Value> {
    report["findings"].as_array().unwrap()
}

/// Findings as text, apart from where they stand.
fn essence(report: &Value) -> BTreeSet<String> {
    let field = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
    findings(report)
        .iter()
        .filter(|finding| finding["rule"] != "default-namespace" || finding["object"]["kind"] == "Deployment")
        // The chart gives redis-cart a ServiceAccount of its own, the plain manifests do not.
        .filter(|finding| {
            let about_account = ["automount-service-account-token", "default-service-account"];
            finding["object"]["name"] != "redis-cart"
                || about_account.iter().all(|rule| finding["rule"] != *rule)
        })
        .map(|finding| {
            let object = &finding["object"];
            let (rule, verdict) = (field(finding, "rule"), field(finding, "verdict"));
            let (kind, name) = (field(object, "kind"), field(object, "name"));
            // helm writes `namespace: default`, which the rule words differently.
            let what = if rule == "default-namespace" { String::new() } else { field(finding, "what") };
            format!("{rule} {verdict} {kind} {name} {} {what}", field(finding, "path"))
        })
        .collect()
}

#[test]
fn three_forms_of_one_shop_give_the_same_findings() {
    let Some(shared) = rampart_testkit::shared() else { return };
    let (Some(helm), true) = (helm(), has_kustomize()) else { return };
    let shop = shared.join("corpora/real-world/microservices-demo");
    let report = |form: &str| {
        let output = rampart()
            .env("PATH", path_with(&helm))
            .args(["scan", "-o", "json"])
            .arg(shop.join(form))
            .output()
            .unwrap();
        assert!(text(&output.stderr).is_empty(), "{form}: {}", text(&output.stderr));
        json(&output)
    };
    let plain = essence(&report("release/kubernetes-manifests.yaml"));
    assert!(plain.len() > 30, "{plain:?}");
    let kustomize = report("kustomize/base");
    for (form, findings) in [("kustomize", essence(&kustomize)), ("helm", essence(&report("helm-chart")))] {
        let missing: Vec<_> = plain.difference(&findings).collect();
        let extra: Vec<_> = findings.difference(&plain).collect();
        assert!(missing.is_empty() && extra.is_empty(), "{form}: missing {missing:#?}, extra {extra:#?}");
    }
    for finding in findings(&kustomize) {
        assert!(
            finding["line"].is_u64() && Path::new(finding["file"].as_str().unwrap()).is_file(),
            "{finding}"
        );
    }
}

/// A chart with one pod, a library beside it, a dependency, and plain manifests around it.
fn chart(root: &Path) {
    let template = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Release.Name }}\nspec:\n  hostPID: {{ required \"pid is needed\" .Values.pid }}\n  hostIPC: {{ .Values.ipc }}\n";
    write(root, "chart/Chart.yaml", "apiVersion: v2\nname: demo\nversion: 1.0.0\n");
    write(root, "chart/values.yaml", "pid: false\nipc: false\n");
    write(root, "chart/templates/pod.yaml", template);
    write(root, "library/Chart.yaml", "apiVersion: v2\nname: library\nversion: 1.0.0\ntype: library\n");
    write(root, "library/templates/_names.tpl", "{{ define \"x\" }}x{{ end }}\n");
    write(
        root,
        "plain.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: plain}\nspec: {hostNetwork: true}\n",
    );
}

#[test]
fn charts_are_rendered_with_values_dependencies_and_what_lies_around() {
    let Some(helm) = helm() else { return };
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    chart(root);
    write(root, "dependency/Chart.yaml", "apiVersion: v2\nname: dep\nversion: 0.1.0\n");
    write(
        root,
        "dependency/templates/pod.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: dep}\nspec: {hostPID: true}\n",
    );
    write(root, "values/on.yaml", "pid: true\n");
    let package = ["package", "dependency", "--destination", "chart/charts"];
    let packed = Command::new(helm.join("helm")).current_dir(root).args(package).output().unwrap();
    assert!(packed.status.success(), "{}", text(&packed.stderr));
    fs::remove_dir_all(root.join("dependency")).unwrap();
    let found = |arguments: &[&str]| {
        let output = rampart()
            .env("PATH", path_with(&helm))
            .current_dir(root)
            .args(["scan", "-o", "json", "--select", "host-pid,host-ipc,host-network"])
            .args(arguments)
            .output()
            .unwrap();
        assert!(text(&output.stderr).is_empty(), "{}", text(&output.stderr));
        let report = json(&output);
        let told = |finding: &Value| {
            let file = finding["file"].as_str().unwrap().to_owned();
            format!("{} {file}:{}", finding["rule"].as_str().unwrap(), finding["line"])
        };
        findings(&report).iter().map(told).collect::<BTreeSet<_>>()
    };
    let plain = "host-network ./plain.yaml:4";
    let dependency = "host-pid ./chart/charts/dep-0.1.0.tgz:null";
    let set = |lines: &[&str]| lines.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
    assert_eq!(found(&["."]), set(&[plain, dependency]));
    let pid = "host-pid ./chart/templates/pod.yaml:6";
    assert_eq!(found(&[".", "--helm-values", "values/on.yaml"]), set(&[plain, dependency, pid]));
    let ipc = "host-ipc ./chart/templates/pod.yaml:7";
    assert_eq!(found(&[".", "--helm-set", "ipc=true"]), set(&[plain, dependency, ipc]));
}

#[test]
fn a_chart_that_does_not_render_is_told_and_a_gap() {
    let Some(helm) = helm() else { return };
    let directory = tempfile::tempdir().unwrap();
    chart(directory.path());
    fs::remove_file(directory.path().join("chart/values.yaml")).unwrap();
    let mut command = rampart();
    command.env("PATH", path_with(&helm)).args(["scan", "-o", "json", "--complete"]).arg(directory.path());
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let errors = text(&output.stderr);
    assert!(errors.contains("pid is needed") && errors.contains("helm could not render"), "{errors}");
    let report = json(&output);
    assert!(report["coverage"].to_string().contains("partial"), "{}", report["coverage"]);
    assert!(findings(&report).iter().any(|finding| finding["rule"] == "host-network"));
}

#[test]
fn findings_of_kustomizations_point_at_their_files() {
    if !has_kustomize() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    write(root, "base/kustomization.yaml", "namePrefix: b-\nresources: [web.yaml, crds]\n");
    write(
        root,
        "base/web.yaml",
        "# the shop\napiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  hostIPC: true\n  containers:\n  - image: a:1\n    name: a\n  - name: b\n    image: b:latest\n    securityContext: {privileged: true}\n",
    );
    write(root, "base/crds/kustomization.yaml", "resources: [net.yaml]\n");
    write(
        root,
        "base/crds/net.yaml",
        "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: net}\n  spec:\n    hostNetwork: true\n",
    );
    write(
        root,
        "part/kustomization.yaml",
        "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches:\n- path: pid.yaml\n",
    );
    write(
        root,
        "part/pid.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: b-web\nspec:\n  hostPID: true\n  containers:\n  - name: added\n    image: c:latest\n",
    );
    write(
        root,
        "over/kustomization.yaml",
        "namespace: shop\nresources: [../base]\ncomponents: [../part]\nconfigMapGenerator:\n- name: settings\n  literals: [password=hunter2hunter2]\n",
    );
    let rules = "privileged,host-pid,host-ipc,host-network,latest-tag,credential-in-configmap";
    let output =
        rampart().current_dir(root).args(["scan", ".", "-o", "json", "--select", rules]).output().unwrap();
    assert!(text(&output.stderr).is_empty(), "{}", text(&output.stderr));
    let report = json(&output);
    let told = |finding: &Value| {
        let at = format!("{}:{}:{}", finding["file"].as_str().unwrap(), finding["line"], finding["column"]);
        format!("{} {at}", finding["rule"].as_str().unwrap())
    };
    let told: BTreeSet<String> = findings(&report).iter().map(told).collect();
    let expected = [
        "credential-in-configmap ./over/kustomization.yaml:5:9",
        "host-ipc ./base/web.yaml:7:12",
        "host-network ./base/crds/net.yaml:8:18",
        "host-pid ./part/pid.yaml:6:12",
        "latest-tag ./base/web.yaml:12:12",
        "latest-tag ./part/pid.yaml:9:12",
        "privileged ./base/web.yaml:13:35",
    ];
    assert_eq!(told, expected.iter().map(ToString::to_string).collect());
}

#[test]
fn a_broken_or_remote_kustomization_is_told_once() {
    if !has_kustomize() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    write(root, "broken/kustomization.yaml", "resources:\n- [a\n");
    // Nothing listens there, so this fails at once and without a network.
    write(root, "remote/kustomization.yaml", "resources:\n- http://127.0.0.1:1/x.yaml\n");
    let output = rampart().arg("scan").arg(root).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let errors = text(&output.stderr);
    assert_eq!(errors.matches("error:").count(), 2, "{errors}");
    assert!(errors.contains("kustomization.yaml:2:3") && errors.contains("- [a"), "{errors}");
    assert!(
        errors.contains("could not render this kustomization") && errors.contains("127.0.0.1"),
        "{errors}"
    );
}

#[cfg(unix)]
#[test]
fn a_renderer_that_hangs_is_stopped() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "over/kustomization.yaml", "resources: []\n");
    let bin = stand_in(directory.path(), "kustomize", "exec sleep 600\n");
    let mut command = rampart();
    command.env("PATH", path_with(&bin)).args(["scan", "--render-timeout", "1"]);
    let output = command.arg(directory.path().join("over")).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("took longer than 1 s"), "{}", text(&output.stderr));
}

#[cfg(unix)]
#[test]
fn kubectl_stands_in_for_kustomize() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "over/kustomization.yaml", "resources: [pod.yaml]\n");
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {hostPID: true}\n";
    write(directory.path(), "over/pod.yaml", pod);
    let script = "[ \"$1\" = kustomize ] && while read -r line; do echo \"$line\"; done < \"$2/pod.yaml\"\n";
    let bin = stand_in(directory.path(), "kubectl", script);
    let mut command = rampart();
    command.env("PATH", &bin).args(["scan", "-o", "json", "--select", "host-pid"]);
    let output = command.arg(directory.path().join("over")).output().unwrap();
    let report = json(&output);
    assert!(findings(&report)[0]["file"].as_str().unwrap().ends_with("over/pod.yaml"), "{report}");
    assert_eq!(findings(&report)[0]["line"], 4);
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
    let output =
        rampart().env("PATH", &bin).args(["scan", "--select", "host-pid"]).arg(&chart).output().unwrap();
    let shown = text(&output.stdout);
    assert!(shown.contains("templates/pod.yaml:7:3") && shown.contains("(as rendered)"), "{shown}");
}
