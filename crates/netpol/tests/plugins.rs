//! Calico, Cilium and Istio by example: policies over one small cluster, and what must follow from their documents.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of a test binary")]

#[path = "support/inventory.rs"]
#[expect(unreachable_pub, reason = "shared by test binaries")]
mod inventory;

use rampart_netpol::load::{Loaded, Options, load};
use rampart_netpol::{EndpointId, Index, Party, Profile, Proto};

const CLUSTER: &str = r#"
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: red, istio-injection: enabled}}
---
apiVersion: v1
kind: Namespace
metadata: {name: infra, labels: {team: blue}}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web, tier: front-end, sidecar.istio.io/inject: "true"}}
spec: {serviceAccountName: web, nodeName: n1, containers: [{name: c, ports: [{name: http, containerPort: 8080}]}]}
status: {podIP: 10.0.0.1}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db, tier: back-end}}
spec: {serviceAccountName: db, nodeName: n1, containers: [{name: c}]}
status: {podIP: 10.0.0.2}
---
apiVersion: v1
kind: Pod
metadata: {name: probe, namespace: infra, labels: {app: probe, sidecar.istio.io/inject: "false"}}
spec: {nodeName: n2, containers: [{name: c}]}
status: {podIP: 10.0.0.3}
---
apiVersion: v1
kind: Node
metadata: {name: n1}
status: {addresses: [{type: InternalIP, address: 10.9.0.1}]}
---
apiVersion: v1
kind: Node
metadata: {name: n2}
status: {addresses: [{type: InternalIP, address: 10.9.0.2}]}
"#;

fn party(index: &Index, name: &str) -> Party {
    if let Ok(address) = name.parse() {
        return Party::Address(address);
    }
    let count = index.world().endpoints.len() as u32;
    let found = (0..count).map(EndpointId).find(|id| index.world().title(*id) == name);
    Party::Endpoint(found.unwrap_or_else(|| panic!("no endpoint {name}")))
}

fn loaded(cni: &str, policies: &str) -> Loaded {
    let text = format!("{CLUSTER}---\n{policies}");
    let inventory = inventory::inventory(&[("cluster.yaml", &text)]);
    load(&inventory, &Options { profile: Profile::named(cni).unwrap(), ..Options::default() })
}

/// Questions: `from to protocol port verdict`, one a line.
fn check(cni: &str, policies: &str, questions: &str) {
    let loaded = loaded(cni, policies);
    assert_eq!(loaded.problems, [], "{policies}");
    let index = Index::new(loaded.world);
    for line in questions.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [from, to, proto, port, verdict] = words.as_slice() else { panic!("question {line:?}") };
        let (from, to) = (party(&index, from), party(&index, to));
        let got = index.reach(from, to, Proto::parse(proto).unwrap(), port.parse().unwrap());
        assert_eq!(got.verdict.to_string(), *verdict, "{line}\n{got:?}\n{policies}");
    }
}

#[test]
fn calico_order_and_default_deny() {
    check(
        "calico",
        r#"
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: late, namespace: shop}
spec: {order: 20, selector: app == 'db', ingress: [{action: Allow, protocol: TCP, source: {selector: "tier starts with 'front'"}, destination: {ports: [5432, "6000:6001"]}}]}
---
apiVersion: crd.projectcalico.org/v1
kind: NetworkPolicy
metadata: {name: early, namespace: shop}
spec: {order: 10, selector: app == 'db', types: [Ingress], ingress: [{action: Log}, {action: Deny, protocol: TCP, destination: {ports: [6001]}}]}
"#,
        "shop/web shop/db TCP 5432 allowed
         shop/web shop/db TCP 6000 allowed
         shop/web shop/db TCP 6001 denied
         infra/probe shop/db TCP 5432 denied
         n1 shop/db TCP 1 allowed
         n2 shop/db TCP 1 denied
         shop/db infra/probe TCP 1 allowed",
    );
}

#[test]
fn calico_tiers_pass_to_network_policies() {
    check(
        "calico",
        r#"
apiVersion: projectcalico.org/v3
kind: Tier
metadata: {name: security}
spec: {order: 100}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkSet
metadata: {name: bad, labels: {threat: "yes"}}
spec: {nets: [203.0.113.0/24]}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: security.base}
spec:
  tier: security
  namespaceSelector: team in {"red"}
  types: [Ingress, Egress]
  ingress: [{action: Deny, source: {namespaceSelector: team != 'red'}}, {action: Pass}]
  egress: [{action: Deny, destination: {selector: threat == 'yes'}}, {action: Pass, destination: {notNets: [198.51.100.0/24]}}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec: {podSelector: {matchLabels: {app: db}}, ingress: [{ports: [{port: 5432}]}]}
"#,
        "shop/web shop/db TCP 5432 allowed
         shop/web shop/db TCP 80 denied
         infra/probe shop/web TCP 80 denied
         shop/web 203.0.113.7 TCP 443 denied
         shop/web 198.51.100.7 TCP 443 denied
         shop/web 192.0.2.1 TCP 443 allowed
         192.0.2.1 shop/web UDP 53 allowed",
    );
}

#[test]
fn calico_selects_the_subject_in_a_rule() {
    check(
        "calico",
        r#"
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: one}
spec:
  selector: projectcalico.org/namespace == 'shop'
  ingress: [{action: Allow, protocol: TCP, source: {serviceAccounts: {names: [db]}}, destination: {selector: app == 'web', ports: [http]}}]
"#,
        "shop/db shop/web TCP 8080 allowed
         shop/db shop/web TCP 80 denied
         shop/web shop/db TCP 8080 denied
         infra/probe shop/web TCP 8080 denied",
    );
}

#[test]
fn cilium_defaults_and_denies() {
    check(
        "cilium",
        r#"
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: db}}
  ingress:
  - fromEndpoints: [{}]
    toPorts: [{ports: [{port: "5432", protocol: TCP}]}]
  - fromEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": infra}}]
---
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: no-telnet}
spec:
  endpointSelector: {}
  enableDefaultDeny: {ingress: false}
  ingressDeny: [{fromEntities: [all], toPorts: [{ports: [{port: "23"}]}]}]
"#,
        "shop/web shop/db TCP 5432 allowed
         shop/web shop/db UDP 5432 denied
         infra/probe shop/db TCP 80 allowed
         infra/probe shop/db TCP 23 denied
         shop/db shop/web TCP 80 allowed
         shop/db shop/web UDP 23 denied
         192.0.2.1 shop/web TCP 80 allowed
         192.0.2.1 shop/db TCP 5432 denied
         n1 shop/db TCP 1 allowed",
    );
}

#[test]
fn cilium_blocks_are_not_pods_and_conditions_are_unknown() {
    check(
        "cilium",
        r#"
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: web, namespace: shop}
specs:
- endpointSelector: {matchLabels: {app: web}}
  egress:
  - toCIDRSet: [{cidr: 10.0.0.0/8, except: [10.1.0.0/16]}]
  - toFQDNs: [{matchName: example.com}]
    toPorts: [{ports: [{port: "443", protocol: TCP}]}]
  - toEndpoints: [{matchLabels: {app: probe, "io.kubernetes.pod.namespace": infra}}]
    toPorts: [{ports: [{port: "80", protocol: TCP}], rules: {http: [{method: GET}]}}]
- endpointSelector: {matchLabels: {app: db}}
  ingress: [{}]
"#,
        "shop/web shop/db TCP 80 denied
         shop/web 10.2.0.1 TCP 80 allowed
         shop/web 10.1.0.1 TCP 80 denied
         shop/web 192.0.2.1 TCP 443 unknown
         shop/web 192.0.2.1 TCP 80 denied
         shop/web infra/probe TCP 80 unknown
         shop/web infra/probe TCP 81 denied
         infra/probe shop/db TCP 80 denied",
    );
}

#[test]
fn istio_is_a_second_layer() {
    check(
        "calico",
        r#"
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  rules:
  - from: [{source: {principals: [cluster.local/ns/shop/sa/db]}}]
    to: [{operation: {ports: ["8080"]}}, {operation: {ports: ["9090"], methods: [GET]}}]
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: no-admin, namespace: shop}
spec: {selector: {matchLabels: {app: web}}, action: DENY, rules: [{to: [{operation: {ports: ["8081"]}}]}]}
"#,
        "shop/db shop/web TCP 8080 allowed
         shop/db shop/web TCP 9090 unknown
         shop/db shop/web TCP 8081 denied
         shop/db shop/web UDP 53 allowed
         infra/probe shop/web TCP 8080 denied
         infra/probe shop/db TCP 8080 allowed",
    );
}

#[test]
fn strict_mesh_refuses_clients_without_proxy() {
    check(
        "calico",
        r#"
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec: {mtls: {mode: STRICT}, portLevelMtls: {"9000": {mode: PERMISSIVE}}}
"#,
        "shop/web shop/db TCP 80 allowed
         infra/probe shop/db TCP 80 denied
         infra/probe shop/db TCP 9000 allowed
         infra/probe shop/db UDP 80 allowed
         192.0.2.1 shop/web TCP 80 denied",
    );
}

#[test]
fn foreign_policies_are_void_and_said_so() {
    let policy = "
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: x, namespace: shop}
spec: {endpointSelector: {}, ingress: [{}]}
";
    let loaded = loaded("calico", policy);
    assert_eq!(loaded.problems.len(), 1, "{:?}", loaded.problems);
    assert!(loaded.problems[0].message.contains("no effect"), "{:?}", loaded.problems);
    assert_eq!(loaded.world.policies, []);
}

#[test]
fn bad_policies_cost_themselves_only() {
    for (policy, wanted) in [
        ("{selector: \"app = 'x'\"}", "unexpected `=`"),
        ("{selector: \"app ==\"}", "quoted text"),
        ("{selector: \"((((has(app)\"}", "parenthesis"),
        ("{selector: \"nope()\"}", "no function"),
        ("{ingress: [{action: Maybe}]}", "no action"),
        ("{ingress: [{action: Allow, source: {nets: [10.0.0.0/99]}}]}", "address block"),
        ("{ingress: [{action: Allow, protocol: TCP, destination: {ports: [\"9:1\"]}}]}", "empty"),
    ] {
        let text = format!(
            "apiVersion: projectcalico.org/v3\nkind: NetworkPolicy\nmetadata: {{name: x, namespace: shop}}\nspec: {policy}\n"
        );
        let loaded = loaded("calico", &text);
        assert_eq!(loaded.problems.len(), 1, "{policy}: {:?}", loaded.problems);
        assert!(loaded.problems[0].message.contains(wanted), "{policy}: {:?}", loaded.problems);
        assert!(loaded.world.policies.is_empty());
    }
}
