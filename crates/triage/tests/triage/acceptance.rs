use rampart_report::{ExceptionKind, Finding};

use crate::{accepted, codes, exceptions, finding, inventory};

const PODS: &str = "\
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: node-exporter, namespace: monitoring}
spec:
  template:
    spec:
      hostPID: true
      containers:
      - name: agent
        image: nginx:latest
        securityContext: {privileged: true}
      - name: side
        image: registry.example.com/side:1
        securityContext: {privileged: true}
";

fn which(findings: &[Finding]) -> Vec<bool> {
    findings.iter().map(|finding| finding.excepted.is_some()).collect()
}

#[test]
fn entries_are_about_objects_paths_and_images() {
    let inventory = inventory(&[PODS]);
    let privileged = |container: usize| {
        let path = format!("spec.template.spec.containers[{container}].securityContext.privileged");
        finding(&inventory, "node-exporter", "privileged", &path)
    };
    for (fields, want) in [
        ("rule: privileged", [true, true, false]),
        ("rule: [host-pid, latest-tag]", [false, false, true]),
        ("rule: workload", [true, true, true]),
        ("rule: '*'\n  object: {kind: DaemonSet, namespace: mon*, name: node-*}", [true, true, true]),
        ("rule: '*'\n  object: {apiVersion: apps/*, kind: [Pod, DaemonSet]}", [true, true, true]),
        ("rule: '*'\n  object: {kind: Pod}", [false, false, false]),
        ("rule: '*'\n  object: {namespace: default}", [false, false, false]),
        ("rule: '*'\n  path: spec.template.spec.containers[0]", [true, false, false]),
        ("rule: '*'\n  path: spec.template.spec.containers[side]", [false, true, false]),
        ("rule: '*'\n  path: '*.containers[*].securityContext'", [true, true, false]),
        ("rule: '*'\n  path: spec.hostPID", [false, false, false]),
        ("rule: '*'\n  image: docker.io/library/nginx:*", [true, false, false]),
        ("rule: '*'\n  image: [nginx*, registry.example.com/*]", [true, true, false]),
    ] {
        let file = exceptions(&format!("exceptions:\n- {fields}\n  reason: r\n  owner: o\n"));
        let host_pid = finding(&inventory, "node-exporter", "host-pid", "spec.template.spec.hostPID");
        let mut findings = [privileged(0), privileged(1), host_pid];
        let outcome = accepted(&inventory, &mut findings, Some(&file));
        assert_eq!(which(&findings), want, "{fields}");
        assert_eq!(outcome.exceptions.len(), usize::from(want.contains(&true)), "{fields}");
    }
}

#[test]
fn entries_that_ended_stop_and_unused_ones_are_told() {
    let inventory = inventory(&[PODS]);
    let file = exceptions(
        "exceptions:\n- {rule: host-pid, reason: a, owner: o, expires: 2027-01-01}\n- {rule: host-pid, reason: b, owner: o, expires: 2027-01-02}\n- {rule: latest-tag, reason: c, owner: o}\n- {rule: latest-tag, object: {name: gone}, reason: d, owner: o}\n",
    );
    let mut findings = [finding(&inventory, "node-exporter", "host-pid", "spec.template.spec.hostPID")];
    let outcome = accepted(&inventory, &mut findings, Some(&file));
    assert_eq!(codes(&outcome), ["expired-exception", "unused-exception", "unused-exception"]);
    assert!(outcome.problems[0].message.contains("ended on 2027-01-01"));
    assert!(outcome.problems[1].message.contains("no finding is left"));
    assert!(outcome.problems[2].message.contains("no object of the input"));
    let exception = &outcome.exceptions[findings[0].excepted.unwrap().index()];
    assert_eq!(exception.text(), "b (o, until 2027-01-02)");
    assert_eq!(exception.place(), "rampart-exceptions.yaml:3");
}

#[test]
fn comments_are_about_their_line_the_next_or_the_object() {
    let text = "\
# rampart:ignore latest-tag -- whole object
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  hostPID: true # rampart:ignore host-pid -- on the line
  containers:
  # rampart:ignore privileged -- next line
  - {name: x, securityContext: {privileged: true}}
  - name: y
    image: z
    securityContext:
      privileged: true
---
apiVersion: v1
kind: Pod
metadata: {name: b}
spec: {hostPID: true}
";
    let inventory = inventory(&[text]);
    let mut findings = [
        finding(&inventory, "a", "host-pid", "spec.hostPID"),
        finding(&inventory, "a", "privileged", "spec.hostPID"),
        finding(&inventory, "a", "privileged", "spec.containers[0].securityContext.privileged"),
        finding(&inventory, "a", "privileged", "spec.containers[1].securityContext.privileged"),
        finding(&inventory, "a", "latest-tag", "spec.containers[1].image"),
        finding(&inventory, "b", "host-pid", "spec.hostPID"),
        finding(&inventory, "b", "latest-tag", "spec.hostPID"),
    ];
    let outcome = accepted(&inventory, &mut findings, None);
    assert_eq!(which(&findings), [true, false, true, false, true, false, false]);
    assert!(outcome.problems.is_empty(), "{:?}", outcome.problems);
    let first = &outcome.exceptions[findings[0].excepted.unwrap().index()];
    assert_eq!((first.kind, first.place().as_str()), (ExceptionKind::Comment, "0.yaml:6"));
    assert_eq!((first.reason.as_str(), &first.owner), ("on the line", &None));
}

#[test]
fn a_comment_above_an_item_of_a_list_is_about_that_object() {
    let text = "\
apiVersion: v1
kind: List
items:
# rampart:ignore host-pid -- this one only
- apiVersion: v1
  kind: Pod
  metadata: {name: a}
  spec: {hostPID: true}
- apiVersion: v1
  kind: Pod
  metadata: {name: b}
  spec: {hostPID: true}
";
    let inventory = inventory(&[text]);
    let mut findings = ["a", "b"].map(|name| finding(&inventory, name, "host-pid", "spec.hostPID"));
    accepted(&inventory, &mut findings, None);
    assert_eq!(which(&findings), [true, false]);
}

#[test]
fn annotations_are_about_the_object_or_the_template() {
    let text = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: a
  annotations:
    rampart.dev/ignore: |
      latest-tag -- pinned elsewhere
      nonsense
spec:
  template:
    metadata:
      annotations: {rampart.dev/ignore: host-pid -- needs it}
    spec:
      hostPID: true
";
    let inventory = inventory(&[text]);
    let mut findings = [
        finding(&inventory, "a", "host-pid", "spec.template.spec.hostPID"),
        finding(&inventory, "a", "host-pid", "metadata.name"),
        finding(&inventory, "a", "latest-tag", "metadata.name"),
    ];
    let outcome = accepted(&inventory, &mut findings, None);
    assert_eq!(which(&findings), [true, false, true]);
    assert_eq!(codes(&outcome), ["ignore-without-effect"]);
}

#[test]
fn what_is_said_wrongly_is_told_and_accepts_nothing() {
    let text = "\
apiVersion: v1
kind: Pod
metadata: {name: a} # rampart:ignore host-pid -- wrong line
spec:
  hostPID: true # rampart:ignore host-pid
  # rampart:ignore hostpid -- misspelt
  hostNetwork: true
";
    let inventory = inventory(&[text]);
    let mut findings = [finding(&inventory, "a", "host-pid", "spec.hostPID")];
    let outcome = accepted(&inventory, &mut findings, None);
    assert_eq!(which(&findings), [false]);
    assert_eq!(codes(&outcome), ["ignore-without-effect", "ignore-without-effect", "unused-ignore"]);
    assert!(outcome.problems[0].message.contains("needs a reason"));
    assert!(outcome.problems[1].message.contains("did you mean `host-pid`?"));
}
