//! The control plane of the test cluster itself.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail as tests do")]

mod victim;

use rampart_testkit::cluster::{self, ControlPlane, Error, Options, Patch, Token, Version};
use serde_json::{Value, json};
use victim::is_running;

const ALL_TO_LOG: &str = "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: Metadata\n";
const ENCRYPTED: &str = "apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
- resources: [secrets]
  providers:
  - aescbc: {keys: [{name: key1, secret: c2l4dGVlbiBieXRlcyAhIQ==}]}
  - identity: {}
";

/// One control plane for all checks that do not disturb each other.
#[test]
fn answers_as_a_real_api_server() {
    if cluster::skipped() {
        return;
    }
    let options = Options {
        tokens: vec![Token::new("t0ken", "bob", &["ops", "dev"])],
        audit_policy: Some(ALL_TO_LOG.to_owned()),
        ..Options::default()
    };
    let cluster = ControlPlane::start(&options).unwrap();
    let version = cluster.admin().get("/version").unwrap();
    assert_eq!(version["gitVersion"], "v1.36.3");
    identities(&cluster);
    access_reviews(&cluster);
    restricted_namespace(&cluster);
    custom_resources(&cluster);
    audit(&cluster);
    let (ids, directory) = (cluster.process_ids(), cluster.directory().to_path_buf());
    assert_eq!(ids.len(), 2);
    assert!(ids.iter().all(|&id| is_running(id)));
    drop(cluster);
    assert!(!ids.iter().any(|&id| is_running(id)));
    assert!(!directory.exists());
}

/// Who the server says a client is.
fn whoami(client: &cluster::Client) -> Result<Value, Error> {
    let review = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"});
    let answer = client.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", &review)?;
    Ok(json!([answer["status"]["userInfo"]["username"], answer["status"]["userInfo"]["groups"]]))
}

fn identities(cluster: &ControlPlane) {
    let everyone = "system:authenticated";
    let carol = cluster.user("system:carol", &["a", "b", "c"]).unwrap();
    assert_eq!(whoami(&carol).unwrap(), json!(["system:carol", ["a", "b", "c", everyone]]));
    let bob = cluster.anonymous().unwrap().with_token("t0ken");
    assert_eq!(whoami(&bob).unwrap(), json!(["bob", ["ops", "dev", everyone]]));
    let erin = cluster.admin().impersonate("erin", &["x", "y"]);
    assert_eq!(whoami(&erin).unwrap(), json!(["erin", ["x", "y", everyone]]));
    assert!(matches!(whoami(&cluster.anonymous().unwrap()), Err(Error::Status { status: 403, .. })));
    assert!(matches!(
        whoami(&cluster.anonymous().unwrap().with_token("wrong")),
        Err(Error::Status { status: 401, .. })
    ));
    for kubeconfig in [
        cluster.user_kubeconfig("system:carol", &["a"]).unwrap(),
        cluster.token_kubeconfig("bob", "t0ken").unwrap(),
    ] {
        assert!(kubeconfig.starts_with(cluster.directory()));
        assert!(std::fs::read_to_string(kubeconfig).unwrap().contains(cluster.server()));
    }
}

fn access_reviews(cluster: &ControlPlane) {
    let spec = json!({"user": "alice", "resourceAttributes": {"verb": "get", "resource": "secrets", "namespace": "default"}});
    let review = cluster.subject_access_review(&spec).unwrap();
    assert_eq!((review.allowed, review.denied, &*review.reason), (false, false, ""));
    cluster
        .apply(&[
            json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "read", "namespace": "default"},
                   "rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]}),
            json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "alice:read", "namespace": "default"},
                   "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "read"},
                   "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "alice"}]}),
        ])
        .unwrap();
    // The authorizer reads through a watch.
    let review = cluster
        .wait("the binding", || {
            Ok(Some(cluster.subject_access_review(&spec)?).filter(|review| review.allowed))
        })
        .unwrap();
    assert_eq!(
        review.reason,
        "RBAC: allowed by RoleBinding \"alice:read/default\" of Role \"read\" to User \"alice\""
    );
    let secrets = "/api/v1/namespaces/default/secrets/none";
    let seen =
        |user: &str| cluster.user(user, &[]).unwrap().request("GET", secrets, "", None).unwrap().status;
    assert_eq!((seen("alice"), seen("mallory")), (404, 403));
}

fn restricted_namespace(cluster: &ControlPlane) {
    cluster.create_namespace("strict", &[("pod-security.kubernetes.io/enforce", "restricted")]).unwrap();
    let pod = |security: Value| {
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "strict"},
               "spec": {"containers": [{"name": "c", "image": "i", "securityContext": security}]}})
    };
    let refused = cluster.admin().post("/api/v1/namespaces/strict/pods", &pod(json!({"privileged": true})));
    let Err(Error::Status { status: 403, message, .. }) = refused else { panic!("{refused:?}") };
    assert!(message.contains("violates PodSecurity \"restricted:latest\": privileged"), "{message}");
    let good = json!({"allowPrivilegeEscalation": false, "runAsNonRoot": true, "capabilities": {"drop": ["ALL"]},
                      "seccompProfile": {"type": "RuntimeDefault"}});
    cluster.admin().post("/api/v1/namespaces/strict/pods", &pod(good)).unwrap();
    let path = "/api/v1/namespaces/strict/pods/p";
    let patched =
        cluster.admin().patch(path, Patch::Merge, &json!({"metadata": {"labels": {"a": "b"}}})).unwrap();
    assert_eq!(patched["metadata"]["labels"]["a"], "b");
    cluster.admin().delete(path).unwrap();
}

/// Definition and resource in one list, in the wrong order.
fn custom_resources(cluster: &ControlPlane) {
    let widget = json!({"apiVersion": "example.test/v1", "kind": "Widget", "metadata": {"name": "w", "namespace": "later"}, "size": 3});
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "widgets.example.test"},
        "spec": {"group": "example.test", "scope": "Namespaced", "names": {"kind": "Widget", "plural": "widgets"},
                 "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema":
                     {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}]}});
    let list = json!({"apiVersion": "v1", "kind": "List", "items": [widget, definition,
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "later"}}]});
    assert_eq!(cluster.apply(&[list]).unwrap().objects, 3);
    let widget = cluster.admin().get("/apis/example.test/v1/namespaces/later/widgets/w").unwrap();
    assert_eq!(widget["size"], 3);
}

fn audit(cluster: &ControlPlane) {
    let log = std::fs::read_to_string(cluster.audit_log()).unwrap();
    let event: Value = serde_json::from_str(log.lines().next().unwrap()).unwrap();
    assert_eq!(event["kind"], "Event");
    assert!(log.contains("\"username\":\"mallory\""));
}

/// Secrets written before and after encryption is turned on, as etcd holds them.
#[test]
fn restarts_with_encryption_and_saves_a_snapshot() {
    if cluster::skipped() {
        return;
    }
    let mut cluster = ControlPlane::start(&Options::default()).unwrap();
    let secret = |name: &str| json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": {"k": "hunter2"}});
    cluster.apply(&[secret("clear")]).unwrap();
    cluster
        .reconfigure(Options { encryption_config: Some(ENCRYPTED.to_owned()), ..Options::default() })
        .unwrap();
    cluster.apply(&[secret("sealed")]).unwrap();
    let stored = cluster.etcd().entries("/registry/secrets/default/").unwrap();
    let [clear, sealed] = &stored.iter().map(|entry| &entry.value[..]).collect::<Vec<_>>()[..] else {
        panic!("{} entries", stored.len())
    };
    assert!(clear.starts_with(b"k8s\0") && clear.windows(7).any(|part| part == b"hunter2"));
    assert!(sealed.starts_with(b"k8s:enc:aescbc:v1:key1:"));
    cluster.etcd().put("/registry/secrets/default/odd", b"junk").unwrap();
    assert!(cluster.etcd().compact().unwrap() > 1);
    let file = cluster.directory().join("snapshot.db");
    cluster.etcd().save_snapshot(&file).unwrap();
    let snapshot = std::fs::read(&file).unwrap();
    // bbolt's magic number in the first meta page; whole pages and the checksum at the end.
    assert_eq!(snapshot[16..20], 0xED0C_DAED_u32.to_le_bytes());
    assert_eq!(snapshot.len() % 512, 32);
}

#[test]
fn a_panic_leaves_no_process() {
    if cluster::skipped() {
        return;
    }
    let ids = std::sync::Mutex::new(Vec::new());
    let outcome = std::panic::catch_unwind(|| {
        let cluster = ControlPlane::start(&Options::default()).unwrap();
        *ids.lock().unwrap() = cluster.process_ids();
        panic!("as a failing test does");
    });
    assert!(outcome.is_err());
    let ids = ids.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    assert_eq!(ids.len(), 2);
    assert!(!ids.iter().any(|&id| is_running(id)));
}

#[test]
fn a_killed_test_leaves_no_process() {
    if !cluster::skipped() {
        victim::kill(2);
    }
}

#[test]
#[ignore = "killed by the test above"]
fn victim() {
    victim::wait_for_death(&Options::default());
}

#[test]
#[ignore = "builds every version, minutes each the first time"]
fn every_version_starts() {
    for version in Version::ALL {
        let cluster = ControlPlane::start(&Options { version, ..Options::default() }).unwrap();
        assert_eq!(cluster.admin().get("/version").unwrap()["gitVersion"], version.to_string());
    }
}

#[test]
fn controllers_work() {
    if cluster::skipped() {
        return;
    }
    let cluster =
        ControlPlane::start(&Options { controller_manager: true, scheduler: true, ..Options::default() })
            .unwrap();
    cluster.create_namespace("jobs", &[]).unwrap();
    let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"},
        "status": {"allocatable": {"cpu": "4", "memory": "4Gi", "pods": "10"}, "conditions": [{"type": "Ready", "status": "True"}]}});
    cluster.admin().post("/api/v1/nodes", &node).unwrap();
    let deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d", "namespace": "jobs"},
        "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "b"}},
            "spec": {"tolerations": [{"operator": "Exists"}], "containers": [{"name": "c", "image": "i"}]}}}});
    cluster.apply(&[deployment]).unwrap();
    let placed = cluster.wait("a placed pod", || {
        let pods = cluster.admin().get("/api/v1/namespaces/jobs/pods")?;
        Ok(pods["items"][0]["spec"]["nodeName"].as_str().map(str::to_owned))
    });
    assert_eq!(placed.unwrap(), "n1");
    assert_eq!(cluster.process_ids().len(), 4);
}
