//! Pods and ports behind Services against the EndpointSlices of a real control plane.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/inventory.rs"]
#[expect(unreachable_pub, reason = "shared by test binaries")]
mod inventory;

use std::collections::BTreeSet;

use rampart_netpol::load::{Options, load};
use rampart_testkit::cluster::{self, ControlPlane, Patch};
use serde_json::{Value, json};

const NAMESPACE: &str = "endpoints";

/// A pod as its author writes it.
fn pod(name: &str, labels: &Value, spec: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": NAMESPACE, "labels": labels}, "spec": spec})
}

fn service(name: &str, spec: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": NAMESPACE}, "spec": spec})
}

fn container(name: &str, ports: &Value) -> Value {
    json!({"name": name, "image": "example.com/a:1", "ports": ports})
}

/// Pods with every way to give ports names: two containers, one name for two protocols, sidecars, init containers that
/// end, no ports at all, the node's network.
fn pods() -> Vec<Value> {
    let web = json!([{"name": "http", "containerPort": 8080}, {"name": "dns", "containerPort": 53, "protocol": "UDP"}]);
    let side = json!({"name": "side", "image": "example.com/a:1", "restartPolicy": "Always", "ports": [{"name": "metrics", "containerPort": 9090}]});
    let ends = json!({"name": "ends", "image": "example.com/a:1", "ports": [{"name": "setup", "containerPort": 7070}]});
    vec![
        pod("plain", &json!({"app": "web", "tier": "a"}), &json!({"containers": [container("c", &web)]})),
        pod(
            "other",
            &json!({"app": "web", "tier": "b"}),
            &json!({"containers": [container("c", &json!([{"name": "http", "containerPort": 80}]))]}),
        ),
        pod(
            "nameless",
            &json!({"app": "web"}),
            &json!({"containers": [container("c", &json!([{"containerPort": 8080}]))]}),
        ),
        pod(
            "two",
            &json!({"app": "web"}),
            &json!({"containers": [
                container("c", &json!([{"name": "http", "containerPort": 1111}])),
                container("d", &json!([{"name": "admin", "containerPort": 2222}, {"name": "dns", "containerPort": 5353}])),
            ]}),
        ),
        pod(
            "sidecar",
            &json!({"app": "web", "tier": "a"}),
            &json!({"initContainers": [side, ends], "containers": [container("c", &json!([]))]}),
        ),
        pod(
            "host",
            &json!({"app": "web", "net": "host"}),
            &json!({"hostNetwork": true, "containers": [container("c", &json!([{"name": "http", "containerPort": 8181, "hostPort": 8181}]))]}),
        ),
        pod(
            "apart",
            &json!({"app": "db"}),
            &json!({"containers": [container("c", &json!([{"name": "http", "containerPort": 5432}]))]}),
        ),
        pod(
            "done",
            &json!({"app": "web"}),
            &json!({"restartPolicy": "Never", "containers": [container("c", &json!([{"name": "http", "containerPort": 8080}]))]}),
        ),
    ]
}

/// Services by number, by name, by default, of several ports, of names that only some pods have, headless.
fn services() -> Vec<Value> {
    let ports = |ports: Value| json!({"selector": {"app": "web"}, "ports": ports});
    vec![
        service("number", &ports(json!([{"port": 80, "targetPort": 8080}]))),
        service("name", &ports(json!([{"port": 80, "targetPort": "http"}]))),
        service("default", &ports(json!([{"port": 8080}]))),
        service("udp", &ports(json!([{"name": "a", "port": 53, "targetPort": "dns", "protocol": "UDP"}]))),
        service("tcp-of-a-udp-name", &ports(json!([{"name": "a", "port": 53, "targetPort": "dns"}]))),
        service(
            "both",
            &ports(
                json!([{"name": "a", "port": 53, "targetPort": "dns", "protocol": "UDP"}, {"name": "b", "port": 53, "targetPort": "dns"}]),
            ),
        ),
        service(
            "several",
            &ports(
                json!([{"name": "web", "port": 80, "targetPort": "http"}, {"name": "admin", "port": 81, "targetPort": "admin"}, {"name": "fixed", "port": 82, "targetPort": 9999}]),
            ),
        ),
        service("sidecar", &ports(json!([{"port": 9090, "targetPort": "metrics"}]))),
        service("init", &ports(json!([{"port": 7070, "targetPort": "setup"}]))),
        service(
            "narrow",
            &json!({"selector": {"app": "web", "tier": "a"}, "ports": [{"port": 80, "targetPort": "http"}]}),
        ),
        service("nobody", &json!({"selector": {"app": "none"}, "ports": [{"port": 80}]})),
        service("no-such-name", &ports(json!([{"port": 80, "targetPort": "nothing"}]))),
        service(
            "headless",
            &json!({"clusterIP": "None", "selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": "http"}]}),
        ),
        service("headless-without-ports", &json!({"clusterIP": "None", "selector": {"app": "web"}})),
        service("by-hand", &json!({"ports": [{"port": 80}]})),
        service(
            "node-port",
            &json!({"type": "NodePort", "selector": {"app": "db"}, "ports": [{"port": 80, "targetPort": "http"}]}),
        ),
        service("alias", &json!({"type": "ExternalName", "externalName": "example.com"})),
    ]
}

/// (Service, pod, protocol, port).
type Backend = (String, String, String, u16);

fn real(cluster: &ControlPlane) -> BTreeSet<Backend> {
    let slices = cluster
        .admin()
        .get(&format!("/apis/discovery.k8s.io/v1/namespaces/{NAMESPACE}/endpointslices"))
        .unwrap();
    let mut out = BTreeSet::new();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for slice in slices["items"].as_array().unwrap() {
        let service = text(&slice["metadata"]["labels"]["kubernetes.io/service-name"]);
        for endpoint in slice["endpoints"].as_array().into_iter().flatten() {
            for port in slice["ports"].as_array().into_iter().flatten() {
                let number = u16::try_from(port["port"].as_u64().unwrap()).unwrap();
                out.insert((
                    service.clone(),
                    text(&endpoint["targetRef"]["name"]),
                    text(&port["protocol"]),
                    number,
                ));
            }
        }
    }
    out
}

fn ours(cluster: &ControlPlane) -> BTreeSet<Backend> {
    let mut objects = Vec::new();
    for kind in ["pods", "services"] {
        let list = cluster.admin().get(&format!("/api/v1/namespaces/{NAMESPACE}/{kind}")).unwrap();
        for item in list["items"].as_array().unwrap() {
            let mut item = item.clone();
            item["apiVersion"] = json!("v1");
            item["kind"] = json!(if kind == "pods" { "Pod" } else { "Service" });
            objects.push(item.to_string());
        }
    }
    let inventory = inventory::inventory(&[("cluster.yaml", &objects.join("\n---\n"))]);
    let loaded = load(&inventory, &Options::default());
    assert_eq!(loaded.problems, []);
    let mut out = BTreeSet::new();
    for service in &loaded.services {
        for (id, ports) in service.targets(&loaded.world, |_| true) {
            for (proto, first, last) in ports.ranges() {
                let (service, pod) =
                    (loaded.world.symbols.text(service.name), &loaded.world.endpoints[id.0 as usize]);
                let pod = loaded.world.symbols.text(pod.name);
                for port in first..=last {
                    out.insert((service.to_owned(), pod.to_owned(), proto.name().to_owned(), port));
                }
            }
        }
    }
    out
}

#[test]
fn services_lead_where_the_control_plane_says() {
    if cluster::skipped() {
        return;
    }
    let options = cluster::Options { controller_manager: true, ..cluster::Options::default() };
    let cluster = ControlPlane::start(&options).unwrap();
    cluster.create_namespace(NAMESPACE, &[]).unwrap();
    let account = format!("/api/v1/namespaces/{NAMESPACE}/serviceaccounts/default");
    cluster.wait("the default service account", || Ok(cluster.admin().get(&account).ok())).unwrap();
    let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}});
    cluster.admin().post("/api/v1/nodes", &node).unwrap();
    for (number, mut pod) in pods().into_iter().enumerate() {
        pod["spec"]["nodeName"] = json!("n1");
        let name = pod["metadata"]["name"].as_str().unwrap().to_owned();
        cluster.admin().post(&format!("/api/v1/namespaces/{NAMESPACE}/pods"), &pod).unwrap();
        let phase = if name == "done" { "Succeeded" } else { "Running" };
        let address = format!("10.0.0.{}", number + 1);
        let status = json!({"status": {"phase": phase, "podIP": address, "podIPs": [{"ip": address}],
            "conditions": [{"type": "Ready", "status": "True"}]}});
        let path = format!("/api/v1/namespaces/{NAMESPACE}/pods/{name}/status");
        cluster.admin().patch(&path, Patch::Merge, &status).unwrap();
    }
    for service in services() {
        cluster.admin().post(&format!("/api/v1/namespaces/{NAMESPACE}/services"), &service).unwrap();
    }
    let wanted = ours(&cluster);
    assert!(wanted.len() > 20, "{wanted:?}");
    // Slices are made a moment later; what stays different is a difference.
    let equal = cluster.wait("EndpointSlices like ours", || Ok((real(&cluster) == wanted).then_some(())));
    if equal.is_err() {
        let real = real(&cluster);
        let only =
            |a: &BTreeSet<Backend>, b: &BTreeSet<Backend>| a.difference(b).cloned().collect::<Vec<_>>();
        assert_eq!(only(&wanted, &real), [], "only ours");
        assert_eq!(only(&real, &wanted), [], "only the control plane's");
    }
    println!("{} backends of {} Services are equal", wanted.len(), services().len());
}
