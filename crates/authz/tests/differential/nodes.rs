//! Pods and volumes on nodes, and what kubelets ask for.

use fastrand::Rng;
use serde_json::{Value, json};

use crate::oracle::Oracle;

const NODES: [&str; 3] = ["n1", "n2", "n3"];
const OBJECTS: [&str; 14] = [
    "pull",
    "init",
    "environment",
    "file",
    "mixed",
    "other",
    "data",
    "web-scratch",
    "volume",
    "stage",
    "bot",
    "default",
    "web",
    "n1",
];

fn pick<'a>(rng: &mut Rng, list: &[&'a str]) -> &'a str {
    list[rng.usize(..list.len())]
}

/// Creates pods, a volume and what they need; returns them as the server stores them.
pub(crate) fn fill(oracle: &Oracle<'_>) -> Vec<Value> {
    let post = |path: &str, object: &Value| {
        oracle.admin.post(path, object).unwrap_or_else(|error| panic!("{object}: {error}"))
    };
    for name in ["bot"] {
        for namespace in ["alpha", "beta"] {
            let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}});
            post(&format!("/api/v1/namespaces/{namespace}/serviceaccounts"), &account);
        }
    }
    let web = json!({
        "nodeName": "n1", "serviceAccountName": "bot", "imagePullSecrets": [{"name": "pull"}],
        "initContainers": [{"name": "a", "image": "x", "envFrom": [{"secretRef": {"name": "init"}}, {"configMapRef": {"name": "init"}}]}],
        "containers": [{"name": "b", "image": "x", "env": [
            {"name": "A", "valueFrom": {"secretKeyRef": {"name": "environment", "key": "k"}}},
            {"name": "B", "valueFrom": {"configMapKeyRef": {"name": "environment", "key": "k"}}},
        ]}],
        "volumes": [
            {"name": "f", "secret": {"secretName": "file"}}, {"name": "g", "configMap": {"name": "file"}},
            {"name": "p", "projected": {"sources": [{"secret": {"name": "mixed"}}, {"configMap": {"name": "mixed"}}]}},
            {"name": "d", "persistentVolumeClaim": {"claimName": "data"}},
            {"name": "scratch", "ephemeral": {"volumeClaimTemplate": {"spec": {
                "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}},
            }}}},
            {"name": "csi", "csi": {"driver": "x", "nodePublishSecretRef": {"name": "stage"}}},
        ],
    });
    let plain = |node: &str| json!({"nodeName": node, "containers": [{"name": "b", "image": "x"}]});
    let mut objects = Vec::new();
    for (namespace, name, spec) in [
        ("alpha", "web", web),
        ("alpha", "other", plain("n2")),
        ("beta", "web", plain("n2")),
        ("beta", "bot", plain("")),
    ] {
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec});
        objects.push(post(&format!("/api/v1/namespaces/{namespace}/pods"), &pod));
    }
    let volume = json!({
        "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "volume"},
        "spec": {
            "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "claimRef": {"namespace": "alpha", "name": "data"},
            "csi": {"driver": "x", "volumeHandle": "h", "nodeStageSecretRef": {"namespace": "beta", "name": "stage"},
                "controllerExpandSecretRef": {"namespace": "beta", "name": "other"}},
        },
    });
    objects.push(post("/api/v1/persistentvolumes", &volume));
    let attachment = json!({
        "apiVersion": "storage.k8s.io/v1", "kind": "VolumeAttachment", "metadata": {"name": "data"},
        "spec": {"attacher": "x", "nodeName": "n1", "source": {"persistentVolumeName": "volume"}},
    });
    objects.push(post("/apis/storage.k8s.io/v1/volumeattachments", &attachment));
    objects
}

/// Questions of nodes, and of some that only look like one.
pub(crate) fn reviews(rng: &mut Rng, count: usize) -> Vec<Value> {
    const TARGETS: [(&str, &str, &str); 18] = [
        ("", "secrets", ""),
        ("", "secrets", ""),
        ("", "configmaps", ""),
        ("", "persistentvolumeclaims", ""),
        ("", "persistentvolumeclaims", "status"),
        ("", "persistentvolumes", ""),
        ("", "serviceaccounts", ""),
        ("", "serviceaccounts", "token"),
        ("storage.k8s.io", "volumeattachments", ""),
        ("coordination.k8s.io", "leases", ""),
        ("storage.k8s.io", "csinodes", ""),
        ("resource.k8s.io", "resourceslices", ""),
        ("", "nodes", ""),
        ("", "nodes", "status"),
        ("", "pods", ""),
        ("", "pods", "status"),
        ("certificates.k8s.io", "podcertificaterequests", ""),
        ("", "services", ""),
    ];
    let verbs =
        ["get", "get", "get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];
    (0..count)
        .map(|_| {
            let (group, resource, subresource) = TARGETS[rng.usize(..TARGETS.len())];
            let user = match rng.u8(..12) {
                0 => "system:node:".to_owned(),
                1 => "n1".to_owned(),
                2 | 3 => format!("system:node:{}", pick(rng, &NODES)),
                _ => "system:node:n1".to_owned(),
            };
            let groups: &[&str] = if rng.u8(..10) == 0 {
                &["system:authenticated"]
            } else {
                &["system:nodes", "system:authenticated"]
            };
            let namespace = pick(rng, &["alpha", "alpha", "alpha", "beta", "", "kube-node-lease"]);
            let mut attributes = json!({
                "verb": pick(rng, &verbs), "group": group, "resource": resource, "subresource": subresource,
                "namespace": namespace, "name": if rng.u8(..6) == 0 { "" } else { pick(rng, &OBJECTS) },
            });
            if rng.u8(..4) == 0 {
                let node = pick(rng, &["n1", "n1", "n2"]);
                attributes["fieldSelector"] =
                    json!({"requirements": [{"key": "spec.nodeName", "operator": "In", "values": [node]}]});
            }
            json!({"user": user, "groups": groups, "resourceAttributes": attributes})
        })
        .collect()
}
