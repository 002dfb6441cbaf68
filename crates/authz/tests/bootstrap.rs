//! The embedded RBAC objects are those that a real API server creates at its first start.
//!
//! `RAMPART_WRITE=1 cargo test -p rampart-authz --test bootstrap` writes them anew.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use rampart_testkit::cluster::{self, ControlPlane, Options};
use serde_json::{Map, Value, json};

const GROUP: &str = "rbac.authorization.k8s.io/v1";
const LABEL: &str = "kubernetes.io/bootstrapping";

/// One line an object: what authorization reads of it.
fn line(kind: &str, object: &Value) -> String {
    let mut metadata = Map::new();
    for field in ["name", "namespace"] {
        metadata.extend(object["metadata"].get(field).map(|value| (field.to_owned(), value.clone())));
    }
    let mut labels = object["metadata"]["labels"].as_object().unwrap().clone();
    labels.remove(LABEL);
    if !labels.is_empty() {
        metadata.insert("labels".to_owned(), labels.into());
    }
    let mut slim = json!({"apiVersion": GROUP, "kind": kind, "metadata": metadata});
    for field in ["aggregationRule", "rules", "subjects", "roleRef"] {
        let filled_by_controller = field == "rules" && object.get("aggregationRule").is_some();
        if let Some(value) = object.get(field).filter(|value| !value.is_null() && !filled_by_controller) {
            slim[field] = value.clone();
        }
    }
    slim.to_string()
}

#[test]
fn the_embedded_objects_are_the_servers() {
    if cluster::skipped() {
        return;
    }
    let cluster = ControlPlane::start(&Options::default()).unwrap();
    let mut lines = Vec::new();
    for (kind, plural) in [
        ("ClusterRole", "clusterroles"),
        ("ClusterRoleBinding", "clusterrolebindings"),
        ("Role", "roles"),
        ("RoleBinding", "rolebindings"),
    ] {
        let path = format!("/apis/{GROUP}/{plural}?labelSelector={LABEL}=rbac-defaults");
        let list = cluster.admin().get(&path).unwrap();
        let mut some: Vec<String> =
            list["items"].as_array().unwrap().iter().map(|object| line(kind, object)).collect();
        some.sort();
        lines.append(&mut some);
    }
    let current = lines.join("\n") + "\n";
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/bootstrap-1.36.jsonl");
    if std::env::var_os("RAMPART_WRITE").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, &current).unwrap();
    }
    let embedded = fs::read_to_string(&file).unwrap();
    for (ours, theirs) in embedded.lines().zip(current.lines()) {
        assert_eq!(ours, theirs);
    }
    assert_eq!(embedded.lines().count(), current.lines().count());
}
