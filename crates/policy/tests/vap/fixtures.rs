//! Objects to judge, and what the rules say about them.

use rampart_document::{Limits, Source, parse_yaml};
use rampart_model::{Carriers, InventoryBuilder, Origin};
use rampart_report::Verdict;
use rampart_rules::{Context, Env, Rule, evaluate};
use rampart_testkit::pages;
use serde_json::{Value, json};

use crate::{VERSION, exported, settings};

/// An object, and where it is from.
#[derive(Debug, Clone)]
pub(crate) struct Fixture {
    /// `privileged:12` is the block at line 12 of the page of `privileged`.
    pub(crate) name: String,
    /// The rule whose page it is from.
    pub(crate) rule: &'static str,
    pub(crate) object: Value,
}

/// What a rule says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Says {
    Fails,
    Unknown,
    /// It does not look at such objects, or finds nothing.
    Nothing,
}

/// Kinds that some policy matches.
const KINDS: [&str; 12] = [
    "Pod",
    "Deployment",
    "ReplicaSet",
    "DaemonSet",
    "StatefulSet",
    "Job",
    "CronJob",
    "ReplicationController",
    "PodTemplate",
    "ResourceClaim",
    "ResourceClaimTemplate",
    "Service",
];

/// The examples of the exported rules' pages that are objects which policies see.
pub(crate) fn of_pages() -> Vec<Fixture> {
    let mut all = Vec::new();
    for rule in exported() {
        for block in pages::blocks(rule.doc) {
            for (index, object) in pages::documents(&block.text).into_iter().enumerate() {
                let kind = object["kind"].as_str().unwrap_or_default();
                let core = !object["apiVersion"].as_str().unwrap_or_default().contains("serving.knative");
                if KINDS.contains(&kind) && kind != "Service" && core {
                    let part = if index > 0 { format!("/{}", index + 1) } else { String::new() };
                    let name = format!("{}:{}{part}", rule.id, block.line);
                    all.push(Fixture { name, rule: rule.id, object });
                }
            }
        }
    }
    all
}

/// Pods as large as they come, which policies must judge within the API server's cost limits.
pub(crate) fn large() -> Vec<Fixture> {
    let volumes: Vec<Value> = (0..20)
        .map(|at| json!({"name": format!("v{at}"), "hostPath": {"path": format!("/etc/ssl/certs/{at}")}}))
        .collect();
    let mounts: Vec<Value> = (0..10)
        .map(|at| json!({"name": format!("v{at}"), "mountPath": format!("/m{at}"), "readOnly": true}))
        .collect();
    let env: Vec<Value> =
        (0..50).map(|at| json!({"name": format!("E{at}"), "value": "x".repeat(200)})).collect();
    let make = |name: &str, security: Value| {
        let container = |at: usize| {
            let ports: Vec<Value> =
                (0..10).map(|port| json!({"containerPort": 8000 + at * 20 + port})).collect();
            json!({"name": format!("c{at}"), "image": format!("registry.example.com/app/part:{at}"), "env": env,
                "ports": ports, "volumeMounts": mounts, "securityContext": security})
        };
        let containers: Vec<Value> = (0..20).map(container).collect();
        let object = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "shop"},
            "spec": {"containers": containers, "volumes": volumes}});
        Fixture { name: name.to_owned(), rule: "", object }
    };
    let add: Vec<&str> =
        vec!["CAP_SYS_ADMIN", "NET_RAW", "net_admin", "CHOWN", "ODD", "KILL", "BPF", "SETUID"];
    vec![
        make("large", json!({"capabilities": {"drop": ["ALL"]}, "runAsNonRoot": true})),
        make("large-weak", json!({"capabilities": {"add": add}, "runAsUser": 0})),
    ]
}

/// The first examples of a page that are pods, in every kind that carries a template.
pub(crate) fn carried(rule: &Rule, fixtures: &[Fixture]) -> Vec<Fixture> {
    let own = fixtures.iter().filter(|fixture| fixture.rule == rule.id);
    own.map(in_all_carriers).filter(|made| !made.is_empty()).take(2).flatten().collect()
}

/// The pod of a fixture in every kind that carries a template.
fn in_all_carriers(fixture: &Fixture) -> Vec<Fixture> {
    let object = &fixture.object;
    if object["kind"] != "Pod" || object["spec"].get("ephemeralContainers").is_some() {
        return Vec::new();
    }
    let metadata = json!({"name": "example", "namespace": "shop"});
    let mut template = json!({"metadata": {"labels": {"app": "x"}}, "spec": object["spec"]});
    if let Some(annotations) = object["metadata"].get("annotations") {
        template["metadata"]["annotations"] = annotations.clone();
    }
    let selector = json!({"matchLabels": {"app": "x"}});
    let mut once = template.clone();
    once["spec"]["restartPolicy"] = json!("Never");
    let job = json!({"template": once});
    let made = [
        ("apps/v1", "Deployment", json!({"selector": selector, "template": template})),
        ("apps/v1", "ReplicaSet", json!({"selector": selector, "template": template})),
        ("apps/v1", "DaemonSet", json!({"selector": selector, "template": template})),
        ("apps/v1", "StatefulSet", json!({"selector": selector, "serviceName": "x", "template": template})),
        ("v1", "ReplicationController", json!({"selector": {"app": "x"}, "template": template})),
        ("batch/v1", "Job", job.clone()),
        ("batch/v1", "CronJob", json!({"schedule": "0 0 * * *", "jobTemplate": {"spec": job}})),
    ];
    let carrier = |(version, kind, spec): (&str, &str, Value)| {
        let object = json!({"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec});
        Fixture { name: format!("{} as {kind}", fixture.name), rule: fixture.rule, object }
    };
    let mut all: Vec<Fixture> = made.into_iter().map(carrier).collect();
    let object =
        json!({"apiVersion": "v1", "kind": "PodTemplate", "metadata": metadata, "template": template});
    all.push(Fixture { name: format!("{} as PodTemplate", fixture.name), rule: fixture.rule, object });
    all
}

/// What each of the rules says about this object alone.
pub(crate) fn says(rules: &[&'static Rule], object: &Value) -> Vec<Says> {
    let parsed = parse_yaml(&Source::new("fixture", object.to_string()), &Limits::default());
    let mut builder = InventoryBuilder::new();
    builder.unit(parsed.tree, Origin::File);
    let inventory = builder.build().0;
    let settings = settings();
    let env = Env { version: VERSION, strict: true, settings: &settings, now: Some(1_767_225_600) };
    let carriers = Carriers::default();
    let context = Context::new(env, &inventory, &carriers);
    let options = rampart_rules::Options { rules: rules.to_vec(), list_passed: false };
    let evaluation = evaluate(&context, &options);
    let of_rule = |rule: &&'static Rule| {
        let own = evaluation.findings.iter().filter(|finding| finding.detail.rule == rule.id);
        let worst = own.map(|finding| match finding.detail.verdict {
            Verdict::Fail => Says::Fails,
            Verdict::Unknown => Says::Unknown,
        });
        worst.min().unwrap_or(Says::Nothing)
    };
    rules.iter().map(of_rule).collect()
}
