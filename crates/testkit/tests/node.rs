//! Pods that run: a node of the test cluster.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail as tests do")]

mod victim;

use std::io::Write as _;
use std::time::{Duration, Instant};

use rampart_testkit::cluster::{self, ControlPlane, Error, Options};
use serde_json::{Value, json};
use victim::is_running;

fn pod(name: &str, spec: &Value) -> Value {
    let mut spec = spec.clone();
    spec["terminationGracePeriodSeconds"] = 1.into();
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec})
}

fn running(cluster: &ControlPlane, name: &str) -> Value {
    let path = format!("/api/v1/namespaces/default/pods/{name}");
    let running = || Ok(Some(cluster.admin().get(&path)?).filter(|pod| pod["status"]["phase"] == "Running"));
    match cluster.wait(&format!("pod {name}"), running) {
        Ok(pod) => pod,
        Err(error) => panic!("{error}\n{}", cluster.kubectl(&["describe", "pod", name]).unwrap_or_default()),
    }
}

fn skipped() -> bool {
    let missing = cluster::node_available();
    if let Err(line) = &missing {
        drop(writeln!(std::io::stderr(), "skipped: {line}"));
    }
    missing.is_err()
}

#[test]
fn a_killed_test_leaves_nothing_of_its_node() {
    if skipped() {
        return;
    }
    let directory = victim::kill(7);
    // Mounts and interfaces lived in namespaces that are gone; the next cluster removes the control groups with the directory.
    assert!(!std::fs::read_to_string("/proc/mounts").unwrap().contains(&directory));
    // The kernel ends the others while the first process ends.
    let limit = Instant::now() + Duration::from_secs(20);
    while processes_with(&directory) > 0 {
        assert!(Instant::now() < limit, "{} processes still run", processes_with(&directory));
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
#[ignore = "killed by the test above"]
fn victim() {
    victim::wait_for_death(&Options::with_node());
}

/// Processes that have this text in their command line.
fn processes_with(text: &str) -> usize {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    processes
        .filter(|process| {
            let path = process.path().join("cmdline");
            std::fs::read_to_string(path).unwrap_or_default().contains(text)
        })
        .count()
}

#[test]
fn pods_run() {
    if skipped() {
        return;
    }
    let cluster = ControlPlane::start(&Options::with_node()).unwrap();
    let container = json!({"name": "c", "image": "local/busybox:1", "imagePullPolicy": "Never"});
    let mut talking = container.clone();
    talking["command"] =
        json!(["sh", "-c", "echo started as $(id -u); trap exit TERM; sleep 2147483647 & wait"]);
    let mut owning = container;
    owning["securityContext"] = json!({"privileged": true});
    owning["volumeMounts"] = json!([{"name": "host", "mountPath": "/host"}]);
    let host = json!([{"name": "host", "hostPath": {"path": "/etc"}}]);
    cluster
        .apply(&[
            pod("plain", &json!({"containers": [talking], "securityContext": {"runAsUser": 1000}})),
            pod("owner", &json!({"containers": [owning], "volumes": host, "hostPID": true})),
        ])
        .unwrap();
    let plain = running(&cluster, "plain");
    assert!(plain["status"]["podIP"].as_str().unwrap().starts_with("10.244.0."));
    running(&cluster, "owner");
    let exec = |pod: &str, command: &[&str]| cluster.kubectl(&[&["exec", pod, "--"], command].concat());
    assert_eq!(exec("plain", &["id", "-u"]).unwrap(), "1000\n");
    assert!(matches!(exec("plain", &["false"]), Err(Error::Program { .. })));
    let logged = cluster
        .wait("the log", || Ok(Some(cluster.kubectl(&["logs", "plain"])?).filter(|log| !log.is_empty())));
    assert_eq!(logged.unwrap(), "started as 1000\n");
    // The token that every pod has, used from inside over the service address.
    let ask = "cat /var/run/secrets/kubernetes.io/serviceaccount/namespace; nc -w 5 $KUBERNETES_SERVICE_HOST 443 < /dev/null && echo ' reached'";
    assert_eq!(exec("plain", &["sh", "-c", ask]).unwrap(), "default reached\n");
    assert_eq!(
        exec("owner", &["cat", "/host/hostname"]).unwrap(),
        std::fs::read_to_string("/etc/hostname").unwrap()
    );
    assert!(exec("owner", &["ps"]).unwrap().contains("kubelet"));
    let (ids, directory) = (cluster.process_ids(), cluster.directory().to_path_buf());
    drop(cluster);
    assert!(!ids.iter().any(|&id| is_running(id)));
    assert!(!directory.exists());
    let name = directory.file_name().unwrap();
    let groups = std::fs::read_dir("/sys/fs/cgroup").unwrap().flatten();
    assert!(!groups.map(|hierarchy| hierarchy.path().join(name)).any(|group| group.exists()));
    assert_eq!(processes_with(&name.to_string_lossy()), 0);
}
