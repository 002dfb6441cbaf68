//! Difference, matrix, exposure, lint, remedies, expectations and spread on one small shop.

#![expect(clippy::unwrap_used, reason = "helpers of a test binary")]

#[path = "support/inventory.rs"]
#[expect(unreachable_pub, reason = "shared by test binaries")]
mod inventory;

use rampart_netpol::load::{Loaded, Options, load};
use rampart_netpol::query::{
    Expectation, LintKind, Place, Remedy, check, diff, exposed, lint, matrix, spread, suggest,
};
use rampart_netpol::{Direction, EndpointId, Index, Party, Profile, Proto, Verdict};

const SHOP: &str = r#"
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Namespace
metadata: {name: tools}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web, pod-template-hash: abc}}
spec: {containers: [{name: c, ports: [{name: http, containerPort: 8080}]}]}
status: {podIP: 10.0.0.1}
---
apiVersion: v1
kind: Pod
metadata: {name: web-2, namespace: shop, labels: {app: web, pod-template-hash: abc}}
spec: {containers: [{name: c, ports: [{name: http, containerPort: 8080}]}]}
status: {podIP: 10.0.0.4}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db}}
spec: {containers: [{name: c}]}
status: {podIP: 10.0.0.2}
---
apiVersion: v1
kind: Pod
metadata: {name: scan, namespace: tools, labels: {app: scan}}
spec: {containers: [{name: c}]}
status: {podIP: 10.0.0.3}
---
"#;

const CLOSED_DB: &str = r#"
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  policyTypes: [Ingress, Egress]
  ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 5432}]}]
"#;

fn loaded(policies: &str) -> Loaded {
    let inventory = inventory::inventory(&[("shop.yaml", &format!("{SHOP}{policies}"))]);
    load(&inventory, &Options { profile: Profile::named("calico").unwrap(), ..Options::default() })
}

fn index(policies: &str) -> Index {
    let loaded = loaded(policies);
    assert_eq!(loaded.problems, []);
    Index::new(loaded.world)
}

fn pod(index: &Index, title: &str) -> EndpointId {
    let count = index.world().endpoints.len() as u32;
    (0..count).map(EndpointId).find(|id| index.world().title(*id) == title).unwrap()
}

#[test]
fn difference_names_what_is_lost() {
    let (mut old, mut new) = (index(""), index(CLOSED_DB));
    let found = diff(&mut old, &mut new);
    assert_eq!((found.added.as_slice(), found.removed.as_slice()), (&[][..], &[][..]));
    let titles = |places: &[u32]| -> Vec<String> {
        let mut out = Vec::new();
        for place in places {
            match &found.places[*place as usize] {
                Place::Endpoints(ids) => out.extend(ids.iter().map(|id| new.world().title(*id))),
                Place::Addresses(first, last) => out.push(format!("{first}-{last}")),
            }
        }
        out
    };
    let lines: Vec<String> = found
        .changes
        .iter()
        .map(|change| {
            format!("{:?} -> {:?}: lost {}", titles(&change.from), titles(&change.to), change.lost())
        })
        .collect();
    assert!(found.changes.iter().all(|change| change.gained().is_empty()), "{lines:?}");
    let wanted =
        r#"["shop/web", "shop/web-2"] -> ["shop/db"]: lost TCP 1-5431,5433-65535 UDP SCTP ICMP ICMPv6 IP"#;
    assert!(lines.iter().any(|line| line == wanted), "{lines:#?}");
    assert_eq!(diff(&mut index(CLOSED_DB), &mut index(CLOSED_DB)).changes, []);
}

#[test]
fn matrix_joins_what_is_alike() {
    let mut index = index(CLOSED_DB);
    let found = matrix(&mut index);
    let class = |title: &str| index.classes().of[pod(&index, title).0 as usize];
    let group =
        |class: u32| found.groups.iter().position(|group| group.classes.contains(&class)).unwrap() as u32;
    let (web, db, scan) = (group(class("shop/web")), group(class("shop/db")), group(class("tools/scan")));
    assert_eq!(class("shop/web"), class("shop/web-2"));
    assert!(web != db && db != scan && web != scan);
    let verdict = |from, to| index.outcomes().get(found.outcome(from, to)).verdict(Proto::Tcp.at(5432));
    assert_eq!(verdict(web, db), Verdict::Allowed);
    assert_eq!(verdict(scan, db), Verdict::Denied);
    assert_eq!(verdict(db, scan), Verdict::Denied);
}

#[test]
fn exposure_by_kind_of_source() {
    let mut index = index(CLOSED_DB);
    let all = exposed(&mut index);
    let of = |title: &str| {
        let class = index.classes().of[pod(&index, title).0 as usize];
        all.iter().find(|one| one.class == class).unwrap()
    };
    assert!(of("shop/web").internet.is_all() && of("shop/web").namespaces.is_all());
    assert!(of("shop/db").internet.is_empty() && of("shop/db").namespaces.is_empty());
}

#[test]
fn remedies_are_tried_out() {
    let index = index(CLOSED_DB);
    let (scan, db) = (Party::Endpoint(pod(&index, "tools/scan")), Party::Endpoint(pod(&index, "shop/db")));
    let found = suggest(&index, scan, db, Proto::Tcp, 5432).unwrap();
    let [Remedy::Allow { direction, labels, peer, port, .. }] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((*direction, *peer, *port), (Direction::Ingress, scan, (Proto::Tcp, 5432)));
    let labels: Vec<&str> = labels.iter().map(|pair| index.world().symbols.text(pair.0)).collect();
    assert_eq!(labels, ["app"]);
    let web = Party::Endpoint(pod(&index, "shop/web"));
    assert_eq!(suggest(&index, web, db, Proto::Tcp, 5432), None);
    let both = suggest(&index, db, web, Proto::Tcp, 80).unwrap();
    assert!(matches!(both.as_slice(), [Remedy::Allow { direction: Direction::Egress, .. }]), "{both:?}");
}

#[test]
fn lint_finds_each_kind() {
    let policies = r#"
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: a, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Ingress, Egress]
  ingress:
  - {from: [{podSelector: {matchLabels: {app: nobody}}}], ports: [{port: 80}]}
  - {from: [{podSelector: {}}], ports: [{port: metrics}]}
  - {from: [{podSelector: {}}]}
  - {from: [{podSelector: {matchLabels: {app: db}}}], ports: [{port: 81}]}
  egress:
  - {to: [{ipBlock: {cidr: 10.0.0.0/16}}], ports: [{port: 443}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: b, namespace: shop}
spec: {podSelector: {matchLabels: {app: gone}}}
"#;
    let index = index(policies);
    let found = lint(&index);
    let mut kinds: Vec<String> = found.iter().map(|lint| format!("{:?}", lint.kind)).collect();
    kinds.sort();
    kinds.dedup();
    assert_eq!(
        kinds,
        [
            "BlockCoversPods(\"10.0.0.0/16\")",
            "NoDns",
            "NoSuchPort(\"metrics\")",
            "PartlyIsolated(NamespaceId(0), Egress)",
            "PartlyIsolated(NamespaceId(0), Ingress)",
            "PeerSelectsNothing",
            "RuleChangesNothing",
            "SelectsNothing",
        ]
    );
    let idle = found.iter().filter(|lint| lint.kind == LintKind::RuleChangesNothing).count();
    assert_eq!(idle, 3, "{found:#?}");
}

#[test]
fn expectations_and_spread() {
    let mut index = index(CLOSED_DB);
    let party = |title: &str| Party::Endpoint(pod(&index, title));
    let expect = |from: &str, allowed| Expectation {
        name: String::new(),
        from: vec![party(from)],
        to: vec![party("shop/db")],
        proto: Proto::Tcp,
        port: 5432,
        allowed,
    };
    let failures =
        check(&index, &[expect("shop/web", true), expect("tools/scan", false), expect("tools/scan", true)]);
    assert_eq!(failures.iter().map(|failure| failure.expectation).collect::<Vec<_>>(), [2]);
    let (db, web) = (pod(&index, "shop/db"), pod(&index, "shop/web"));
    assert_eq!(spread(&mut index, db, false).endpoints, 0);
    let from_web = spread(&mut index, web, false);
    assert_eq!((from_web.endpoints, from_web.outside), (3, true));
}

#[test]
fn overlapping_priorities_are_unknown_and_said() {
    let policies = r#"
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: open}
spec: {tier: Admin, priority: 5, subject: {namespaces: {}}, ingress: [{action: Accept, from: [{namespaces: {}}]}]}
---
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: shut}
spec: {tier: Admin, priority: 5, subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: {}}], protocols: [{tcp: {destinationPort: {number: 22}}}]}]}
"#;
    let index = index(policies);
    let (scan, db) = (Party::Endpoint(pod(&index, "tools/scan")), Party::Endpoint(pod(&index, "shop/db")));
    assert_eq!(index.reach(scan, db, Proto::Tcp, 22).verdict, Verdict::Unknown);
    assert_eq!(index.reach(scan, db, Proto::Tcp, 80).verdict, Verdict::Allowed);
    assert!(lint(&index).iter().any(|lint| matches!(lint.kind, LintKind::OrderUndefined(_))));
}

#[test]
fn an_address_two_pods_claim_is_unknown() {
    let twin = "
apiVersion: v1
kind: Pod
metadata: {name: twin, namespace: tools, labels: {app: twin}}
spec: {containers: [{name: c}]}
status: {podIP: 10.0.0.2}
";
    let index = index(twin);
    let web = Party::Endpoint(pod(&index, "shop/web"));
    let ask =
        |address: &str| index.reach(web, Party::Address(address.parse().unwrap()), Proto::Tcp, 80).verdict;
    assert_eq!((ask("10.0.0.2"), ask("10.0.0.3")), (Verdict::Unknown, Verdict::Allowed));
}
