//! Pods that run: a node of the test cluster.
#![expect(clippy::panic, reason = "helpers of tests fail as tests do")]

use std::io::Write as _;
use std::path::Path;

use rampart_testkit::cluster::{self, ControlPlane, Error, Options};
use serde_json::{Value, json};

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

#[test]
fn pods_run() {
    if let Err(line) = cluster::node_available() {
        drop(writeln!(std::io::stderr(), "skipped: {line}"));
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
    assert!(!ids.iter().any(|id| Path::new(&format!("/proc/{id}")).exists()));
    assert!(!directory.exists());
    let name = directory.file_name().unwrap();
    let groups = std::fs::read_dir("/sys/fs/cgroup").unwrap().flatten();
    assert!(!groups.map(|hierarchy| hierarchy.path().join(name)).any(|group| group.exists()));
    let shims = std::fs::read_dir("/proc").unwrap().flatten().filter(|process| {
        let command = std::fs::read_to_string(process.path().join("cmdline")).unwrap_or_default();
        command.contains("containerd") && command.contains(&*name.to_string_lossy())
    });
    assert_eq!(shims.count(), 0);
}
