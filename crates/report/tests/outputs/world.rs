//! Reports to render: real rules on small manifests, with an accepted finding, unknowns, facts and bad input.

use std::collections::BTreeMap;
use std::io::{self, Write};

use rampart_document::{Limits, Source, parse_yaml};
use rampart_model::{Carriers, InventoryBuilder, Origin, Problem, Version};
use rampart_report::{
    Base, ControlResult, ControlState, Evaluations, Exception, ExceptionId, ExceptionKind, FrameworkResult,
    Report, RuleInfo,
};
use rampart_rules::{Context, Env, Options, Settings, all, evaluate};

/// What everybody who names objects may try; a report must show it and nothing more.
pub(crate) const HOSTILE: &str = "</script><script>alert(1)</script>\"'&|`,%0A::error::x=cmd";

/// Findings of all severities, an unknown, facts, a Secret, a fix of each kind, cluster-scoped and namespaced objects.
pub(crate) const SHOP: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      hostPID: true
      containers:
      - name: api # the ç one
        image: registry.example.com/api:1
        envFrom: [{secretRef: {name: db}}]
        securityContext:
          privileged: true
        ports:
        - containerPort: 8080
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api-2, namespace: shop}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      hostPID: true
      containers:
      - name: api # the ç one
        image: registry.example.com/api:1
        envFrom: [{secretRef: {name: db}}]
        securityContext:
          privileged: true
        ports:
        - containerPort: 8080
---
apiVersion: v1
kind: Secret
metadata: {name: db, namespace: shop}
stringData: {password: hunter2-correct-horse}
---
apiVersion: v1
kind: Pod
metadata: {name: odd, namespace: other}
spec:
  hostNetwork: \"yes\"
  containers:
  - {name: web, image: 'nginx:latest'}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: everybody}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects: [{kind: Group, apiGroup: rbac.authorization.k8s.io, name: 'system:authenticated'}]
---
kind: Pod
  broken: [
";

/// A pod whose every text is hostile.
pub(crate) fn hostile() -> String {
    let text = serde_json::to_string(HOSTILE).unwrap();
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: {text}, namespace: {text}}}\nspec:\n  hostPID: true\n  containers:\n  - name: {text}\n    image: {text}\n    securityContext: {{privileged: true}}\n    envFrom: [{{secretRef: {{name: {text}}}}}]\n"
    )
}

/// Runs all rules over `text` and hands the report to `check`. The first finding is accepted.
pub(crate) fn with_report<R>(file: &str, text: &str, check: impl FnOnce(&Report<'_>) -> R) -> R {
    let source = Source::new(file, text);
    let parsed = parse_yaml(&source, &Limits::default());
    let mut problems: Vec<Problem> =
        parsed.diagnostics.into_iter().map(|diagnostic| Problem::text(&source, diagnostic)).collect();
    problems.push(Problem::path("unreadable", "gone.yaml", "permission denied").help("let it be read"));
    let mut builder = InventoryBuilder::new();
    builder.unit(parsed.tree, Origin::File);
    let (inventory, _) = builder.build();
    let (settings, carriers) = (Settings::default(), Carriers::default());
    let env = Env { version: Version::NEWEST, strict: true, settings: &settings, now: Some(1_790_000_000) };
    let context = Context::new(env, &inventory, &carriers);
    let mut evaluation = evaluate(&context, &Options { rules: all().collect(), list_passed: true });
    evaluation.findings[0].excepted = ExceptionId::new(0);
    let exceptions = [Exception {
        kind: ExceptionKind::Comment,
        reason: format!("known {HOSTILE}"),
        owner: Some("team-api".to_owned()),
        expires: Some("2030-01-31".to_owned()),
        file: file.to_owned(),
        line: Some(3),
    }];
    let mut sum = Evaluations::default();
    for tally in evaluation.tallies.values() {
        sum.passed += tally.passed;
        sum.failed += tally.failed;
        sum.unknown += tally.unknown;
    }
    let rules: BTreeMap<&'static str, RuleInfo> = all()
        .map(|rule| {
            let row = rule.row().unwrap();
            let info = RuleInfo {
                id: rule.id,
                title: row.title,
                group: rule.group.as_str(),
                severity: rule.severity,
                why: rule.section("Why"),
                todo: rule.section("What to do"),
                frameworks: BTreeMap::from([(
                    "mitre".into(),
                    row.mitre.split(';').map(Into::into).collect(),
                )]),
            };
            (rule.id, info)
        })
        .collect();
    let report = Report {
        version: "0.0.0",
        inputs: vec![file.to_owned()],
        base: Base { root: "/src".to_owned(), directory: "/src/deploy".to_owned() },
        inventory: &inventory,
        findings: &evaluation.findings,
        exceptions: &exceptions,
        facts: &evaluation.facts,
        passed: &evaluation.passed,
        rules,
        problems: &problems,
        evaluations: sum,
        templates: (evaluation.workloads, evaluation.templates),
        hidden: 0,
        known: 0,
        compared: true,
        frameworks: &frameworks(),
        elapsed: None,
    };
    check(&report)
}

fn frameworks() -> Vec<FrameworkResult> {
    let control = |id: &str, state| ControlResult {
        id: id.to_owned(),
        title: format!("title of {HOSTILE}"),
        section: "1".to_owned(),
        state,
        reason: Some("looked at by hand".to_owned()),
        note: None,
        rules: vec!["privileged".to_owned()],
        failed: 2,
        unknown: 0,
        excepted: 0,
        evaluated: 4,
        findings: vec![0],
    };
    vec![FrameworkResult {
        id: "house".to_owned(),
        title: "House rules".to_owned(),
        version: "1".to_owned(),
        controls: vec![control("1.1", ControlState::Fail), control("1.2", ControlState::Manual)],
    }]
}

/// The report of [`SHOP`].
pub(crate) fn shop<R>(check: impl FnOnce(&Report<'_>) -> R) -> R {
    with_report("shop.yaml", SHOP, check)
}

/// What a renderer writes.
pub(crate) fn written(render: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> String {
    let mut out = Vec::new();
    render(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}
