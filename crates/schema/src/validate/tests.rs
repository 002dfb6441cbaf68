use rampart_document::{Limits, Source, parse_json, parse_yaml};

use super::validate;
use crate::{Problem, Version};

/// `path: problem` of each error of one object.
fn errors_at(minor: u16, text: &str) -> Vec<String> {
    let parsed = parse_yaml(&Source::new("test.yaml", text), &Limits::default());
    assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
    let root = parsed.tree.documents().next().unwrap();
    let errors = validate(root, Version::new(minor)).expect("a known kind");
    errors.iter().map(|error| format!("{}: {}", error.path, error.problem)).collect()
}

fn pod(spec: &str) -> String {
    format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec: {{containers: [{{name: a}}], {spec}}}\n")
}

#[test]
fn values_of_each_type() {
    let rows = [
        ("hostNetwork: true", None),
        ("hostNetwork: yes", None),
        ("hostNetwork: ~", None),
        ("hostNetwork: \"true\"", Some("spec.hostNetwork: must be `true` or `false`, not text")),
        ("priority: 1", None),
        ("priority: 1.0", None),
        ("priority: 1.5", Some("spec.priority: must be a whole number, not a fractional number")),
        ("priority: \"1\"", Some("spec.priority: must be a whole number, not text")),
        ("priority: 3000000000", Some("spec.priority: must be a whole number of 32 bits")),
        ("activeDeadlineSeconds: 3000000000", None),
        ("nodeName: 1", Some("spec.nodeName: must be text, not a whole number")),
        ("overhead: {cpu: 1, memory: 1Gi}", None),
        ("overhead: {cpu: one}", Some("spec.overhead.cpu: must be a quantity like 500m or 1Gi")),
        ("overhead: {cpu: [1]}", Some("spec.overhead.cpu: must be a quantity like 500m or 1Gi, not a list")),
        ("tolerations: {}", Some("spec.tolerations: must be a list, not a mapping")),
        ("securityContext: []", Some("spec.securityContext: must be a mapping, not a list")),
        ("nodeSelector: {a: 1}", Some("spec.nodeSelector.a: must be text, not a whole number")),
        (
            "dnsPolicy: Never",
            Some("spec.dnsPolicy: must be one of ClusterFirst, ClusterFirstWithHostNet, Default, None"),
        ),
        ("dnsPolicy: \"\"", None),
        ("hostNetwrok: true", Some("spec.hostNetwrok: unknown field; `hostNetwork` is known")),
        ("HostNetwork: true", Some("spec.HostNetwork: unknown field; `hostNetwork` is known")),
        ("frobnicate: true", Some("spec.frobnicate: unknown field")),
        ("volumes: [{}]", Some("spec.volumes[0].name: required field is missing")),
        ("volumes: [~]", Some("spec.volumes[0].name: required field is missing")),
    ];
    for (text, want) in rows {
        assert_eq!(errors_at(36, &pod(text)), want.into_iter().collect::<Vec<_>>(), "{text}");
    }
}

#[test]
fn fields_come_and_go() {
    let text = pod("hostnameOverride: a");
    assert!(errors_at(34, &text).is_empty());
    assert_eq!(errors_at(33, &text), ["spec.hostnameOverride: unknown field before 1.34"]);
    let text = pod("workloadRef: {name: a, podGroup: b}");
    assert!(errors_at(35, &text).is_empty());
    assert_eq!(errors_at(36, &text), ["spec.workloadRef: unknown field since 1.35 was the last with it"]);
}

#[test]
fn names_and_labels() {
    let head = "apiVersion: v1\nkind: ConfigMap\nmetadata: ";
    let rows = [
        ("{name: a.b}", None),
        ("{generateName: a-}", None),
        ("{name: A}", Some("metadata.name: not a valid name")),
        ("{}", Some("metadata.name: required")),
        ("~", Some("metadata.name: required")),
        ("{name: a, namespace: a.b}", Some("metadata.namespace: not a valid name")),
        ("{name: a, labels: {a: -b}}", Some("metadata.labels.a: not a valid label")),
        ("{name: a, labels: {a: ~}}", None),
        ("{name: a, labels: {a/: b}}", Some("metadata.labels.a/: not a valid label")),
        ("{name: a, labels: {a: true}}", Some("metadata.labels.a: must be text")),
        ("{name: a, annotations: {a b: c}}", Some("metadata.annotations[\"a b\"]: not a valid annotation")),
        ("{name: a, creationTimestamp: today}", Some("metadata.creationTimestamp: must be a time")),
    ];
    for (text, want) in rows {
        let found = errors_at(36, &format!("{head}{text}\n"));
        assert_eq!(found.len(), want.iter().len(), "{text}: {found:?}");
        assert!(found.iter().zip(want).all(|(found, want)| found.starts_with(want)), "{text}: {found:?}");
    }
    let role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: 'system:A'}\n";
    assert!(errors_at(36, role).is_empty());
}

#[test]
fn status_is_decoded_but_not_validated() {
    let head = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a}]}\nstatus: ";
    assert!(errors_at(36, &format!("{head}{{phase: Odd, containerStatuses: [{{}}]}}")).is_empty());
    assert_eq!(errors_at(36, &format!("{head}{{phase: 1}}")).len(), 1);
}

#[test]
fn schema_unions_are_not_strict() {
    let head = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: as.b.c}\nspec: {group: b.c, \
                scope: Cluster, names: {kind: A, plural: as}, versions: [{name: v1, served: true, storage: true, \
                schema: {openAPIV3Schema: ";
    let rows = [
        ("{items: {typo: 1}, additionalProperties: false}", 0),
        ("{additionalProperties: 1}", 1),
        ("{items: {type: 1}}", 1),
        ("{dependencies: {a: [b], c: {type: string}}}", 0),
        ("{typo: 1}", 1),
    ];
    for (text, count) in rows {
        let found = errors_at(36, &format!("{head}{text}}}}}]}}\n"));
        assert_eq!(found.len(), count, "{text}: {found:?}");
    }
}

#[test]
fn spans_point_at_keys_and_values() {
    let source = Source::new("a.yaml", pod("hostNetwrok: true, priority: x"));
    let parsed = parse_yaml(&source, &Limits::default());
    let errors = validate(parsed.tree.documents().next().unwrap(), Version::NEWEST).unwrap();
    assert_eq!(errors.iter().map(|error| source.slice(error.span)).collect::<Vec<_>>(), ["hostNetwrok", "x"]);
    assert!(errors.iter().all(|error| error.problem.is_decoding()));
    assert!(
        matches!(&errors[0].problem, Problem::UnknownField { suggestion: Some(name), .. } if name == "hostNetwork")
    );
}

#[test]
fn unknown_kinds_are_not_judged() {
    for text in ["apiVersion: a.b/v1\nkind: C\n", "kind: Pod\n", "[1]", "apiVersion: 1\nkind: Pod\n"] {
        let parsed = parse_yaml(&Source::new("a", text), &Limits::default());
        assert_eq!(validate(parsed.tree.documents().next().unwrap(), Version::NEWEST), None, "{text}");
    }
}

#[test]
fn depth_is_bounded() {
    let text = format!(
        r#"{{"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {{"name": "a"}},
        "spec": {{"group": "b", "scope": "Cluster", "names": {{"kind": "A", "plural": "as"}}, "versions": [{{"name": "v1",
        "served": true, "storage": true, "schema": {{"openAPIV3Schema": {}{{}}{}}}}}]}}}}"#,
        r#"{"not": "#.repeat(300),
        "}".repeat(300),
    );
    let limits = Limits { depth: 1000, ..Limits::default() };
    let parsed = parse_json(&Source::new("a", text), &limits);
    let errors = validate(parsed.tree.documents().next().unwrap(), Version::NEWEST).unwrap();
    assert_eq!(errors.iter().map(|error| &error.problem).collect::<Vec<_>>(), [&Problem::TooDeep]);
}
