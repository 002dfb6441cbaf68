//! Policies on the real API server: objects are created as a dry run, and warnings name the policies that find fault.
//!
//! The policies live in several namespaces, because an answer holds 4,096 characters of warnings only.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use rampart_policy::vap;
use rampart_rules::Rule;
use rampart_testkit::cluster::{self, Client, ControlPlane, Options, Response};
use serde_json::{Value, json};

use crate::exceptions;
use crate::fixtures::{Fixture, Says, carried, large, of_pages, says};
use crate::table::{Row, check_page};
use crate::{exported, options};

/// Policies in one namespace.
const TOGETHER: usize = 12;
/// Time for policies to take effect after they were created.
const SETTLE: Duration = Duration::from_secs(60);

/// What the server made of an object.
enum Answer {
    /// The rules whose policies find fault.
    Judged(BTreeSet<String>),
    /// It refuses the object itself.
    Refused(String),
}

struct Server {
    client: Client,
    started: Instant,
    /// The namespaces, each with its rules.
    groups: Vec<(String, Vec<&'static Rule>)>,
}

impl Server {
    fn new(cluster: &ControlPlane) -> Self {
        let client = cluster.admin().clone();
        let mut groups = Vec::new();
        let mut invalid = Vec::new();
        for (index, rules) in exported().chunks(TOGETHER).enumerate() {
            let namespace = format!("group-{index}");
            cluster.create_namespace(&namespace, &[("resource.kubernetes.io/admin-access", "true")]).unwrap();
            for rule in rules {
                let [policy, mut binding] = vap::objects(rule, &options()).unwrap();
                binding["spec"]["matchResources"] =
                    json!({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}});
                let root = "/apis/admissionregistration.k8s.io/v1";
                if let Err(error) = client.post(&format!("{root}/validatingadmissionpolicies"), &policy) {
                    invalid.push(error.to_string());
                }
                client.post(&format!("{root}/validatingadmissionpolicybindings"), &binding).unwrap();
            }
            groups.push((namespace, rules.to_vec()));
        }
        assert!(invalid.is_empty(), "{}", invalid.join("\n"));
        Self { client, started: Instant::now(), groups }
    }

    fn send(&self, method: &str, path: &str, object: &Value) -> Response {
        let body = object.to_string();
        self.client.request(method, path, "application/json", Some(body.as_bytes())).unwrap()
    }

    /// One object in one namespace.
    fn judge(&self, namespace: &str, object: &Value) -> Answer {
        let mut object = object.clone();
        object["metadata"].as_object_mut().unwrap().shift_remove("uid");
        let version = object["apiVersion"].as_str().unwrap();
        let root = if version.contains('/') { "/apis" } else { "/api" };
        let plural = format!("{}s", object["kind"].as_str().unwrap().to_lowercase());
        let path = format!("{root}/{version}/namespaces/{namespace}/{plural}");
        let options = "dryRun=All&fieldValidation=Ignore";
        let debug = object["spec"].get("ephemeralContainers").is_some();
        let response = if debug {
            self.debug(&path, &object, options)
        } else {
            self.send("POST", &format!("{path}?{options}"), &object)
        };
        if !response.is_success() {
            return Answer::Refused(response.message().to_owned());
        }
        let policy = |warning: &String| {
            let (_, rest) = warning.split_once("ValidatingAdmissionPolicy 'rampart-")?;
            Some(rest.split_once('\'')?.0.to_owned())
        };
        Answer::Judged(response.warnings.iter().filter_map(policy).collect())
    }

    /// Ephemeral containers come into a running pod only.
    fn debug(&self, path: &str, object: &Value, options: &str) -> Response {
        let mut pod = object.clone();
        pod["spec"].as_object_mut().unwrap().shift_remove("ephemeralContainers");
        let created = self.send("POST", path, &pod);
        if !created.is_success() {
            return created;
        }
        let own = format!("{path}/{}", pod["metadata"]["name"].as_str().unwrap());
        let mut running = created.body;
        running["spec"]["ephemeralContainers"] = object["spec"]["ephemeralContainers"].clone();
        let response = self.send("PUT", &format!("{own}/ephemeralcontainers?{options}"), &running);
        self.client.delete(&format!("{own}?gracePeriodSeconds=0")).unwrap();
        response
    }
}

#[derive(Default)]
struct Comparison {
    rows: BTreeMap<&'static str, Row>,
    wrong: Vec<String>,
    compared: usize,
    excepted: BTreeSet<&'static str>,
}

impl Comparison {
    /// One object against the policies of one namespace.
    fn object(
        &mut self,
        server: &Server,
        (namespace, rules): &(String, Vec<&'static Rule>),
        fixture: &Fixture,
    ) {
        let mut fixture = fixture.clone();
        fixture.object["metadata"]["namespace"] = json!(namespace);
        let fixture = &fixture;
        let said = says(rules, &fixture.object);
        let wanted: Vec<(&Rule, Says)> = rules.iter().copied().zip(said).collect();
        loop {
            let answer = server.judge(namespace, &fixture.object);
            let judged = match answer {
                Answer::Refused(message) => {
                    for rule in rules.iter().filter(|rule| rule.id == fixture.rule) {
                        self.row(rule).refused.push(format!("{}: {message}", fixture.name));
                    }
                    return;
                }
                Answer::Judged(judged) => judged,
            };
            let differs = |(rule, says): &&(&Rule, Says)| {
                *says != Says::Unknown
                    && (*says == Says::Fails) != judged.contains(rule.id)
                    && exceptions::reason(rule.id, fixture).is_none()
            };
            let wrong: Vec<&(&Rule, Says)> = wanted.iter().filter(differs).collect();
            if !wrong.is_empty() && server.started.elapsed() < SETTLE {
                std::thread::sleep(Duration::from_millis(500));
                continue;
            }
            for (rule, says) in &wrong {
                let policy = judged.contains(rule.id);
                self.wrong.push(format!("{} on {}: {says:?}, refused: {policy}", rule.id, fixture.name));
            }
            for (rule, says) in &wanted {
                self.count(rule, *says, fixture, !wrong.iter().any(|(own, _)| own.id == rule.id));
            }
            return;
        }
    }

    fn row(&mut self, rule: &Rule) -> &mut Row {
        self.rows.entry(rule.id).or_insert_with(|| Row::new(rule.id))
    }

    fn count(&mut self, rule: &Rule, says: Says, fixture: &Fixture, equal: bool) {
        self.compared += 1;
        if let Some(reason) = exceptions::reason(rule.id, fixture) {
            self.excepted.insert(reason);
            self.row(rule).excepted += 1;
            return;
        }
        let own = fixture.rule == rule.id;
        let row = self.row(rule);
        row.equal &= equal;
        match says {
            Says::Fails => row.fails[usize::from(!own)] += 1,
            Says::Nothing => row.passes[usize::from(!own)] += 1,
            Says::Unknown => row.unknown += 1,
        }
    }
}

#[test]
fn the_api_server_agrees() {
    if cluster::skipped() {
        return;
    }
    let flag = "--disable-admission-plugins=ServiceAccount,DefaultTolerationSeconds,Priority".to_owned();
    let options = Options { api_server_flags: vec![flag], ..Options::default() };
    let cluster = ControlPlane::start(&options).unwrap();
    let server = Server::new(&cluster);
    let mut comparison = Comparison::default();
    let mut fixtures = of_pages();
    fixtures.extend(large());
    for group in &server.groups {
        for fixture in &fixtures {
            comparison.object(&server, group, fixture);
        }
        for carried in group.1.iter().flat_map(|rule| carried(rule, &fixtures)) {
            comparison.object(&server, group, &carried);
        }
    }
    for (index, line) in
        refusals(&comparison).iter().enumerate().filter(|_| std::env::var_os("SHOW").is_some())
    {
        println!("refused {index}: {line}");
    }
    let rows: Vec<&Row> = comparison.rows.values().collect();
    println!("{}", crate::table::text(&rows));
    println!("{} verdicts compared, {} fixtures", comparison.compared, fixtures.len());
    assert!(comparison.wrong.is_empty(), "{}", comparison.wrong.join("\n"));
    assert_eq!(rows.len(), exported().len());
    for row in &rows {
        assert!(row.fails[0] + row.fails[1] > 0, "no fixture fails {}", row.rule);
        assert!(row.passes[0] + row.passes[1] > 0, "no fixture passes {}", row.rule);
    }
    check_page(&rows);
}

/// What people see: the message, and that objects from before the policy can still be changed elsewhere.
#[test]
fn a_policy_denies_with_names() {
    if cluster::skipped() {
        return;
    }
    let flag = "--disable-admission-plugins=ServiceAccount".to_owned();
    let cluster =
        ControlPlane::start(&Options { api_server_flags: vec![flag], ..Options::default() }).unwrap();
    cluster.create_namespace("shop", &[]).unwrap();
    let client = cluster.admin();
    let pod = |name: &str| {
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {"containers": [
            {"name": "web", "image": "registry.example.com/web:1", "securityContext": {"privileged": true}}]}})
    };
    client.post("/api/v1/namespaces/shop/pods", &pod("before")).unwrap();
    let rule = rampart_rules::find("privileged").unwrap();
    let root = "/apis/admissionregistration.k8s.io/v1";
    let options = vap::Options { version: crate::VERSION, ..vap::Options::default() };
    let [policy, binding] = vap::objects(rule, &options).unwrap();
    client.post(&format!("{root}/validatingadmissionpolicies"), &policy).unwrap();
    client.post(&format!("{root}/validatingadmissionpolicybindings"), &binding).unwrap();
    let send = |namespace: &str, name: &str| {
        let body = pod(name).to_string();
        let path = format!("/api/v1/namespaces/{namespace}/pods?dryRun=All");
        client.request("POST", &path, "application/json", Some(body.as_bytes())).unwrap()
    };
    let started = Instant::now();
    let denied = loop {
        let answer = send("shop", "after");
        if !answer.is_success() || started.elapsed() > SETTLE {
            break answer;
        }
        std::thread::sleep(Duration::from_millis(200));
    };
    assert_eq!(denied.status, 403, "{denied:?}");
    assert!(
        denied.message().ends_with("denied request: privileged: container `web` runs privileged"),
        "{denied:?}"
    );
    assert!(send("kube-system", "after").is_success(), "an exempt namespace");
    let label = json!({"metadata": {"labels": {"a": "b"}, "finalizers": ["example.com/x"]}});
    let patched =
        client.patch("/api/v1/namespaces/shop/pods/before", rampart_testkit::cluster::Patch::Merge, &label);
    assert_eq!(patched.unwrap()["metadata"]["labels"]["a"], "b");
}

fn refusals(comparison: &Comparison) -> Vec<String> {
    comparison
        .rows
        .values()
        .flat_map(|row| row.refused.iter().map(|line| format!("{} {line}", row.rule)))
        .collect()
}
