//! Policies generated from flows allow every flow and nothing like "everything"; unused allowances are found.

#![expect(clippy::unwrap_used, reason = "helpers of a test binary")]

#[path = "support/inventory.rs"]
#[expect(unreachable_pub, reason = "shared by test binaries")]
mod inventory;

use rampart_netpol::generate::{Form, Skipped, broken, generate, network_policies, policies, tighten};
use rampart_netpol::load::{Options, load};
use rampart_netpol::{Flow, FlowEnd, Index, PortSet, Profile, Proto, Verdict};

const SHOP: &str = r#"
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Namespace
metadata: {name: kube-system}
---
apiVersion: v1
kind: Pod
metadata: {name: web-1, namespace: shop, labels: {app: web, pod-template-hash: abc}, ownerReferences: [{kind: ReplicaSet, name: web, controller: true}]}
spec: {nodeName: n1, containers: [{name: c}]}
status: {podIP: 10.0.0.1}
---
apiVersion: v1
kind: Pod
metadata: {name: db-0, namespace: shop, labels: {app: db, statefulset.kubernetes.io/pod-name: db-0}}
spec: {nodeName: n2, containers: [{name: c}]}
status: {podIP: 10.0.0.2}
---
apiVersion: v1
kind: Pod
metadata: {name: dns, namespace: kube-system, labels: {k8s-app: kube-dns}}
spec: {nodeName: n2, containers: [{name: c}]}
status: {podIP: 10.0.0.3}
---
apiVersion: v1
kind: Pod
metadata: {name: idle, namespace: shop, labels: {app: idle}}
spec: {nodeName: n2, containers: [{name: c}]}
status: {podIP: 10.0.0.4}
---
apiVersion: v1
kind: Node
metadata: {name: n1}
status: {addresses: [{type: InternalIP, address: 10.9.0.1}]}
"#;

fn index(more: &str) -> Index {
    let inventory = inventory::inventory(&[("shop.yaml", &format!("{SHOP}---\n{more}"))]);
    let options = Options { profile: Profile::named("calico").unwrap(), ..Options::default() };
    let loaded = load(&inventory, &options);
    assert_eq!(loaded.problems, []);
    Index::new(loaded.world)
}

fn pod(namespace: &str, name: &str) -> FlowEnd {
    FlowEnd::Pod(namespace.to_owned(), name.to_owned())
}

fn flow(from: FlowEnd, to: FlowEnd, proto: Proto, port: u16) -> Flow {
    Flow { from, to, proto, port, count: 3, reply: false, dropped: false }
}

fn flows() -> Vec<Flow> {
    let (web, db, dns) = (pod("shop", "web-1"), pod("shop", "db-0"), pod("kube-system", "dns"));
    vec![
        flow(web.clone(), db.clone(), Proto::Tcp, 5432),
        flow(web.clone(), dns.clone(), Proto::Udp, 53),
        flow(web.clone(), dns, Proto::Tcp, 53),
        flow(web.clone(), FlowEnd::Address("203.0.113.7".parse().unwrap()), Proto::Tcp, 443),
        flow(FlowEnd::Address("10.9.0.1".parse().unwrap()), web.clone(), Proto::Tcp, 8080),
        Flow { reply: true, ..flow(db.clone(), web.clone(), Proto::Tcp, 40_000) },
        Flow { dropped: true, ..flow(db.clone(), web, Proto::Tcp, 22) },
        flow(pod("shop", "gone"), db, Proto::Tcp, 5432),
    ]
}

#[test]
fn generated_policies_allow_what_was_seen_and_no_more() {
    let open = index("");
    let flows = flows();
    let made = generate(open.world(), &flows);
    assert_eq!(
        made.skipped,
        [(4, Skipped::OwnNode), (5, Skipped::Reply), (6, Skipped::Dropped), (7, Skipped::UnknownEnd)]
    );
    let documents = network_policies(open.world(), &made.drafts);
    let names: Vec<&str> = documents.iter().map(|one| one["metadata"]["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["default-deny", "dns", "default-deny", "db-0", "web"]);
    let web = &documents[4]["spec"];
    assert_eq!(web["podSelector"]["matchLabels"], serde_json::json!({"app": "web"}));
    let text: Vec<String> = documents.iter().map(ToString::to_string).collect();
    let closed = index(&text.join("\n---\n"));
    assert_eq!(broken(&closed, &flows), [(7, Verdict::Unknown)]);
    for (from, to, port) in
        [("idle", "db-0", 5432), ("web-1", "db-0", 22), ("db-0", "web-1", 8080), ("web-1", "idle", 80)]
    {
        let extra = [flow(pod("shop", from), pod("shop", to), Proto::Tcp, port)];
        assert_eq!(broken(&closed, &extra), [(0, Verdict::Denied)], "{from} -> {to} {port}");
    }
}

#[test]
fn unused_allowances_are_named() {
    let index = index(
        r#"
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress:
  - {from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 5432}]}
  - {from: [{podSelector: {matchLabels: {app: idle}}}], ports: [{port: 5432}, {port: 22}]}
"#,
    );
    let found = tighten(&index, &flows());
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].unused, PortSet::one(Proto::Tcp, 5432).union(&PortSet::one(Proto::Tcp, 22)));
    assert!(found[0].used.is_empty());
}

fn index_under(plugin: &str, more: &str) -> Index {
    let inventory = inventory::inventory(&[("shop.yaml", &format!("{SHOP}---\n{more}"))]);
    let options = Options { profile: Profile::named(plugin).unwrap(), ..Options::default() };
    let loaded = load(&inventory, &options);
    assert_eq!(loaded.problems, [], "{plugin}");
    Index::new(loaded.world)
}

#[test]
fn every_form_says_the_same() {
    for (plugin, form) in
        [("calico", Form::NetworkPolicy), ("calico", Form::Calico), ("cilium", Form::Cilium)]
    {
        let open = index_under(plugin, "");
        let flows = flows();
        let made = generate(open.world(), &flows);
        let documents = policies(open.world(), &made.drafts, form, true);
        let text: Vec<String> = documents.iter().map(|document| document.manifest.to_string()).collect();
        let closed = index_under(plugin, &text.join("\n---\n"));
        assert_eq!(broken(&closed, &flows), [(7, Verdict::Unknown)], "{form:?}");
        // Every pod may ask for names, but nothing else.
        let asks = |from: &str, port| [flow(pod("shop", from), pod("kube-system", "dns"), Proto::Udp, port)];
        assert_eq!(broken(&closed, &asks("idle", 5353)), [(0, Verdict::Denied)], "{form:?}");
        for (from, to, port) in [("idle", "db-0", 5432), ("web-1", "db-0", 22), ("web-1", "idle", 80)] {
            let extra = [flow(pod("shop", from), pod("shop", to), Proto::Tcp, port)];
            assert_eq!(broken(&closed, &extra), [(0, Verdict::Denied)], "{form:?} {from} -> {to} {port}");
        }
    }
}

#[test]
fn ways_in_from_outside_stay_open() {
    let flows = [Flow {
        from: FlowEnd::Outside,
        to: pod("shop", "web-1"),
        proto: Proto::Tcp,
        port: 8080,
        count: 1,
        reply: false,
        dropped: false,
    }];
    for (plugin, form) in
        [("calico", Form::NetworkPolicy), ("calico", Form::Calico), ("cilium", Form::Cilium)]
    {
        let open = index_under(plugin, "");
        let made = generate(open.world(), &flows);
        let documents = policies(open.world(), &made.drafts, form, false);
        let text: Vec<String> = documents.iter().map(|document| document.manifest.to_string()).collect();
        let closed = index_under(plugin, &text.join("\n---\n"));
        assert_eq!(broken(&closed, &flows), [], "{form:?}");
        let other = [Flow { port: 8081, ..flows[0].clone() }];
        assert_eq!(broken(&closed, &other), [(0, Verdict::Denied)], "{form:?}");
    }
}
