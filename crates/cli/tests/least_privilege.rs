//! Least privilege for real: sessions are recorded on an API server, `rampart rbac least-privilege` reads the audit
//! log, its roles are given to a new user, and the recorded requests are made again: all are allowed, and without any
//! one rule at least one is refused.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use rampart_testkit::cluster::{self, Client, ControlPlane, Options};
use serde_json::{Value, json};

/// Bodies are recorded, so that writes can be made again.
const AUDIT: &str = "apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- {level: Request}
";

const MANIFEST: &str = r#"{"apiVersion":"v1","kind":"List","items":[
{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings"},"data":{"a":"b"}},
{"apiVersion":"v1","kind":"Service","metadata":{"name":"web"},"spec":{"selector":{"app":"web"},"ports":[{"port":80}]}},
{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"spec":{"replicas":1,"selector":{"matchLabels":{"app":"web"}},
"template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"c","image":"example.com/web:1"}]}}}}]}"#;

/// Users and what they do; `-n` stands where a namespace is meant, and `@` is the file of objects.
const SESSIONS: [(&str, &[&str]); 16] = [
    (
        "reader",
        &[
            "get pods,services -n shop",
            "get deployment web -n shop -o yaml",
            "get nodes",
            "get --raw /healthz",
        ],
    ),
    ("deployer", &["apply -f @ -n ship", "get all -n ship", "delete -f @ -n ship"]),
    ("server-side", &["apply --server-side -f @ -n side", "delete configmap settings -n side"]),
    ("dry-runner", &["apply -f @ -n shop --dry-run=server", "create configmap dry -n shop --dry-run=server"]),
    (
        "scaler",
        &["scale deployment web -n shop --replicas=2", "get deployment web -n shop --subresource=scale"],
    ),
    (
        "status-writer",
        &[
            r#"patch deployment web -n shop --subresource=status --type=merge -p {"status":{"observedGeneration":1}}"#,
        ],
    ),
    (
        "watcher",
        &[
            "get pods -n shop --watch --request-timeout=2s",
            "get configmap settings -n shop --watch --request-timeout=2s",
        ],
    ),
    ("helper", &["get secrets -n shop --as bob", "get pods -n shop --as bob --as-group ops"]),
    ("robot-user", &["get configmaps -n shop --as system:serviceaccount:shop:default"]),
    ("monitor", &["get --raw /metrics", "get --raw /readyz", "get --raw /livez", "get --raw /logs/"]),
    (
        "editor",
        &["label configmap settings -n shop k=v --overwrite", "annotate service web -n shop k=v --overwrite"],
    ),
    (
        "cleaner",
        &[
            "create configmap old-1 -n clean",
            "create secret generic old-2 -n clean",
            "delete configmap,secret --all -n clean",
        ],
    ),
    (
        "tokens",
        &["create serviceaccount bot -n shop", "create token bot -n shop", "get serviceaccount bot -n shop"],
    ),
    (
        "auditor",
        &["auth can-i get pods -n shop", "get clusterroles", "get rolebindings -A", "get clusterrole view"],
    ),
    ("selector", &["get pods -n shop --field-selector metadata.name=web-0", "get services -A -l app=web"]),
    (
        "batcher",
        &["create job once -n jobs --image=example.com/x", "get job once -n jobs", "delete job once -n jobs"],
    ),
];

/// Controllers of kube-controller-manager that the sessions make busy.
const CONTROLLERS: [&str; 8] = [
    "deployment-controller",
    "replicaset-controller",
    "job-controller",
    "endpointslice-controller",
    "endpoint-controller",
    "generic-garbage-collector",
    "service-account-controller",
    "root-ca-cert-publisher",
];

const NAMESPACES: [&str; 5] = ["shop", "ship", "side", "clean", "jobs"];
const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";
const API: &str = "rbac.authorization.k8s.io";

/// One recorded request as it can be made again.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Again {
    method: &'static str,
    uri: String,
    media_type: &'static str,
    body: Option<String>,
    acting_as: Option<(String, Vec<String>)>,
}

impl Again {
    /// None for denied requests, and for those that carry no decision of an authorizer.
    fn of(event: &Value) -> Option<Self> {
        if event["annotations"]["authorization.k8s.io/decision"] != "allow" {
            return None;
        }
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (path, query) = match text(&event["requestURI"]).split_once('?') {
            Some((path, query)) => (path.to_owned(), query.to_owned()),
            None => (text(&event["requestURI"]), String::new()),
        };
        let kept: Vec<&str> = query.split('&').filter(|pair| pair.starts_with("fieldSelector=")).collect();
        let verb = text(&event["verb"]);
        let (method, more) = match verb.as_str() {
            "get" => ("GET", ""),
            "list" => ("GET", "limit=1"),
            // Authorized, then refused as a bad request instead of waiting for events.
            "watch" => ("GET", "watch=true&resourceVersion=bogus"),
            "create" => ("POST", "dryRun=All"),
            "update" => ("PUT", "dryRun=All"),
            "patch" => ("PATCH", "dryRun=All"),
            "delete" | "deletecollection" => ("DELETE", "dryRun=All"),
            other => panic!("verb {other}"),
        };
        let mut parameters = kept;
        parameters.extend((!more.is_empty()).then_some(more));
        let mut media_type = "application/json";
        if method == "PATCH" {
            media_type = "application/merge-patch+json";
            if query.contains("fieldManager=kubectl&") || query.ends_with("fieldManager=kubectl") {
                media_type = "application/apply-patch+yaml";
                parameters.push("fieldManager=kubectl&force=true");
            }
        }
        let object = &event["requestObject"];
        let body = (method != "GET" && !object.is_null()).then(|| object.to_string());
        let user = &event["impersonatedUser"];
        let acting_as = user["username"].as_str().map(|name| {
            let groups = user["groups"].as_array().into_iter().flatten().map(&text);
            (name.to_owned(), groups.filter(|group| !group.starts_with("system:")).collect())
        });
        Some(Self { method, uri: format!("{path}?{}", parameters.join("&")), media_type, body, acting_as })
    }

    /// Whether an authorizer refuses it; anything else may go wrong.
    fn refused(&self, client: &Client) -> Option<String> {
        let acting = self.acting_as.as_ref().map(|(name, groups)| {
            client.impersonate(name, &groups.iter().map(String::as_str).collect::<Vec<_>>())
        });
        let client = acting.as_ref().unwrap_or(client);
        let body = self.body.as_ref().map(String::as_bytes);
        let answer = client.request(self.method, &self.uri, self.media_type, body).unwrap();
        let denied = answer.status == 403 && answer.message().contains(" cannot ");
        denied.then(|| format!("{} {}: {}", self.method, self.uri, answer.message()))
    }
}

fn kubectl(cluster: &ControlPlane, user: &str, line: &str, manifest: &str) {
    let config = cluster.user_kubeconfig(user, &[]).unwrap();
    let words = line.split(' ').map(|word| if word == "@" { manifest } else { word });
    let mut command = Command::new("kubectl");
    command.args(words).env("KUBECONFIG", config).env("HOME", cluster.directory());
    // Some are refused or time out, as in life.
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
}

fn binding(name: &str, role: &str, users: &[&str]) -> Value {
    let subjects: Vec<Value> =
        users.iter().map(|user| json!({"kind": "User", "apiGroup": API, "name": user})).collect();
    json!({"apiVersion": format!("{API}/v1"), "kind": "ClusterRoleBinding", "metadata": {"name": name},
        "roleRef": {"apiGroup": API, "kind": "ClusterRole", "name": role}, "subjects": subjects})
}

fn record(cluster: &ControlPlane) {
    let admin = cluster.admin();
    for namespace in NAMESPACES {
        cluster.create_namespace(namespace, &[]).unwrap();
    }
    let users: Vec<&str> = SESSIONS.iter().map(|(user, _)| *user).chain(["bob"]).collect();
    admin
        .post(&format!("{RBAC}/clusterrolebindings"), &binding("sessions", "cluster-admin", &users))
        .unwrap();
    let robot = binding("robot", "view", &["system:serviceaccount:shop:default"]);
    admin.post(&format!("{RBAC}/clusterrolebindings"), &robot).unwrap();
    wait(cluster, "bob");
    let manifest = cluster.directory().join("objects.json");
    std::fs::write(&manifest, MANIFEST).unwrap();
    let manifest = manifest.to_str().unwrap();
    kubectl(cluster, "bob", "apply -f @ -n shop", manifest);
    for (user, lines) in SESSIONS {
        for line in lines {
            kubectl(cluster, user, line, manifest);
        }
    }
    // Controllers go on; what counts is what was recorded until now.
    std::thread::sleep(Duration::from_secs(3));
    std::fs::copy(cluster.audit_log(), recorded(cluster)).unwrap();
}

fn recorded(cluster: &ControlPlane) -> PathBuf {
    cluster.directory().join("recorded.log")
}

/// Waits until the authorizer lets a user do anything.
fn wait(cluster: &ControlPlane, user: &str) {
    let attributes = json!({"verb": "get", "resource": "pods", "namespace": "shop"});
    let ask = || {
        let review =
            cluster.subject_access_review(&json!({"user": user, "resourceAttributes": attributes}))?;
        Ok(review.allowed.then_some(()))
    };
    cluster.wait("the authorizer to see the roles", ask).unwrap();
}

/// The roles that Rampart proposes.
fn proposed(cluster: &ControlPlane, subject: &str, generalize: &str) -> Vec<Value> {
    let empty = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_rampart"));
    command.args([
        "rbac",
        "least-privilege",
        "-q",
        "-o",
        "json",
        "--max-names",
        "1000",
        "--generalize",
        generalize,
    ]);
    command.arg("--audit-log").arg(recorded(cluster)).arg(subject).arg(empty.path());
    let output = command.env_remove("RAMPART_CONFIG").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let value: Value = serde_json::from_str(&text)
        .unwrap_or_else(|error| panic!("{error}: {text} {}", String::from_utf8_lossy(&output.stderr)));
    value["subjects"][0]["documents"].as_array().unwrap().clone()
}

fn rules(documents: &[Value]) -> usize {
    documents.iter().filter_map(|one| one["rules"].as_array()).map(Vec::len).sum()
}

/// Gives a new user the proposed objects, without the rule of this number.
fn give(admin: &Client, documents: &[Value], user: &str, without: Option<usize>) {
    let mut number = 0;
    for document in documents {
        let mut object = document.clone();
        let kind = object["kind"].as_str().unwrap().to_owned();
        let name = format!("{user}.{}", object["metadata"]["name"].as_str().unwrap());
        object["metadata"]["name"] = json!(name);
        if kind.ends_with("Binding") {
            let role = format!("{user}.{}", object["roleRef"]["name"].as_str().unwrap());
            object["roleRef"]["name"] = json!(role);
            object["subjects"] = json!([{"kind": "User", "apiGroup": API, "name": user}]);
        } else if let Some(list) = object["rules"].as_array_mut() {
            let first = number;
            number += list.len();
            if let Some(at) = without.and_then(|at| at.checked_sub(first)).filter(|at| *at < list.len()) {
                list.remove(at);
            }
        }
        let plural = format!("{}s", kind.to_lowercase());
        let path = match object["metadata"]["namespace"].as_str() {
            Some(namespace) => format!("{RBAC}/namespaces/{namespace}/{plural}"),
            None => format!("{RBAC}/{plural}"),
        };
        admin.post(&path, &object).unwrap_or_else(|error| panic!("{object}: {error}"));
    }
}

/// One recorded user: what was proposed, and what was asked for.
struct Workload {
    name: String,
    groups: Vec<&'static str>,
    documents: Vec<Value>,
    requests: BTreeSet<Again>,
}

fn workloads(cluster: &ControlPlane, generalize: &str) -> Vec<Workload> {
    let log = std::fs::read_to_string(recorded(cluster)).unwrap();
    let events: Vec<Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let users = SESSIONS.iter().map(|(user, _)| ((*user).to_owned(), (*user).to_owned(), vec![]));
    let controllers = CONTROLLERS.iter().map(|name| {
        let user = format!("system:serviceaccount:kube-system:{name}");
        let groups = vec!["system:serviceaccounts", "system:serviceaccounts:kube-system"];
        (user, format!("sa:kube-system/{name}"), groups)
    });
    users
        .chain(controllers)
        .map(|(user, subject, groups)| {
            let own = events.iter().filter(|event| event["user"]["username"] == user.as_str());
            let requests = own.filter_map(Again::of).collect();
            Workload { documents: proposed(cluster, &subject, generalize), name: user, groups, requests }
        })
        .filter(|workload| !workload.requests.is_empty())
        .collect()
}

#[test]
fn generated_roles_allow_everything_and_no_rule_is_spare() {
    if cluster::skipped() {
        return;
    }
    let options =
        Options { audit_policy: Some(AUDIT.to_owned()), controller_manager: true, ..Options::default() };
    let cluster = ControlPlane::start(&options).unwrap();
    record(&cluster);
    let (mut wrong, mut counts) = (Vec::new(), [0usize; 3]);
    for generalize in ["nothing", "names,verbs"] {
        let tag = generalize.replace(',', "-");
        let workloads = workloads(&cluster, generalize);
        assert!(workloads.len() >= 20, "{} recorded workloads", workloads.len());
        for (at, workload) in workloads.iter().enumerate() {
            give(cluster.admin(), &workload.documents, &format!("lp-{tag}-{at}"), None);
            for rule in 0..rules(&workload.documents) {
                give(cluster.admin(), &workload.documents, &format!("lp-{tag}-{at}-{rule}"), Some(rule));
            }
        }
        let last = format!("lp-{tag}-last");
        cluster
            .admin()
            .post(&format!("{RBAC}/clusterrolebindings"), &binding(&last, "view", &[&last]))
            .unwrap();
        wait(&cluster, &last);
        // Role bindings come to the authorizer by another way.
        std::thread::sleep(Duration::from_secs(1));
        for (at, workload) in workloads.iter().enumerate() {
            let client = |name: &str| cluster.user(name, &workload.groups).unwrap();
            let all = client(&format!("lp-{tag}-{at}"));
            for refused in workload.requests.iter().filter_map(|request| request.refused(&all)) {
                wrong.push(format!("{} ({generalize}) lacks a right: {refused}", workload.name));
            }
            for rule in 0..rules(&workload.documents) {
                let less = client(&format!("lp-{tag}-{at}-{rule}"));
                if !workload.requests.iter().any(|request| request.refused(&less).is_some()) {
                    let documents = json!(workload.documents);
                    wrong
                        .push(format!("{} ({generalize}): rule {rule} is spare: {documents}", workload.name));
                }
            }
            counts[0] += 1;
            counts[1] += workload.requests.len();
            counts[2] += rules(&workload.documents);
        }
    }
    let [workloads, requests, rules] = counts;
    eprintln!(
        "least privilege: {workloads} workloads, {requests} requests made again, {rules} rules taken away, {} wrong",
        wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
