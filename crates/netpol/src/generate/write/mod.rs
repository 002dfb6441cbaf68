//! Generated policies as documents, in the form that the cluster's network plugin understands.

mod calico;
mod cilium;
mod network_policy;

use serde_json::{Map, Value, json};

use super::{Draft, DraftRule, PeerForm};
use crate::policy::{Direction, NamespaceId};
use crate::ports::Proto;
use crate::symbols::Sym;
use crate::world::{EndpointKind, World};

/// The API that policies are written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `networking.k8s.io/v1` NetworkPolicy.
    NetworkPolicy,
    /// `cilium.io/v2` CiliumNetworkPolicy.
    Cilium,
    /// `projectcalico.org/v3` NetworkPolicy.
    Calico,
}

/// A generated object.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The draft it was made from; `None` for what every namespace gets.
    pub draft: Option<usize>,
    /// The object.
    pub manifest: Value,
}

/// One policy per draft, and for each namespace that has drafts a default-deny and, if `dns`, leave to ask the
/// cluster's name server. Protocols that the form does not know are left out.
pub fn policies(world: &World, drafts: &[Draft], form: Form, dns: bool) -> Vec<Document> {
    let write = match form {
        Form::NetworkPolicy => network_policy::document,
        Form::Cilium => cilium::document,
        Form::Calico => calico::document,
    };
    let mut out = Vec::new();
    let mut last = None;
    for (number, draft) in drafts.iter().enumerate() {
        let everyone = |name: &'static str, rules| Wanted {
            namespace: draft.namespace,
            name: name.to_owned(),
            labels: &[],
            rules,
        };
        if last != Some(draft.namespace) {
            last = Some(draft.namespace);
            let deny = write(world, &everyone("default-deny", [Vec::new(), Vec::new()]));
            out.push(Document { draft: None, manifest: deny });
            if dns {
                let ask = vec![Group { peer: Side::Dns, ports: vec![(Proto::Udp, 53), (Proto::Tcp, 53)] }];
                out.push(Document {
                    draft: None,
                    manifest: write(world, &everyone("allow-dns", [Vec::new(), ask])),
                });
            }
        }
        let rules =
            [Direction::Ingress, Direction::Egress].map(|direction| groups(world, draft, direction, dns));
        if rules.iter().all(Vec::is_empty) {
            continue;
        }
        let wanted = Wanted {
            namespace: draft.namespace,
            name: policy_name(world, drafts, draft),
            labels: &draft.labels,
            rules,
        };
        out.push(Document { draft: Some(number), manifest: write(world, &wanted) });
    }
    out
}

/// The policies as NetworkPolicies, without leave for name servers that no flow shows.
pub fn network_policies(world: &World, drafts: &[Draft]) -> Vec<Value> {
    policies(world, drafts, Form::NetworkPolicy, false)
        .into_iter()
        .map(|document| document.manifest)
        .collect()
}

/// A policy to be written.
struct Wanted<'a> {
    namespace: NamespaceId,
    name: String,
    /// Labels of the pods it is for; empty for all of the namespace.
    labels: &'a [(Sym, Sym)],
    /// By direction.
    rules: [Vec<Group>; 2],
}

/// The other side of a rule.
enum Side {
    /// Pods of a namespace.
    Pods(NamespaceId, Vec<(Sym, Sym)>),
    /// An address outside.
    Address(std::net::IpAddr),
    /// Every address.
    Outside,
    /// An address of a node.
    Node(std::net::IpAddr),
    /// The cluster's name server: `k8s-app: kube-dns` in `kube-system`, as every distribution of CoreDNS labels it.
    Dns,
}

/// A rule with one peer and all of its ports.
struct Group {
    peer: Side,
    ports: Vec<(Proto, u16)>,
}

/// Every address of both families.
const EVERYWHERE: [&str; 2] = ["0.0.0.0/0", "::/0"];
/// Labels of the name server.
const DNS: (&str, &str) = ("k8s-app", "kube-dns");
/// Its namespace.
const DNS_NAMESPACE: &str = "kube-system";

/// The rules of a draft by peer. With leave for name servers for everybody, no rule repeats it.
fn groups(world: &World, draft: &Draft, direction: Direction, dns: bool) -> Vec<Group> {
    let known = |rule: &&DraftRule| matches!(rule.port.0, Proto::Tcp | Proto::Udp | Proto::Sctp);
    let asks_dns = |rule: &&DraftRule| match &rule.peer {
        PeerForm::Pods(namespace, labels) => {
            let text = |sym| world.symbols.text(sym);
            let name = text(world.namespaces[namespace.0 as usize].name);
            direction == Direction::Egress
                && rule.port.1 == 53
                && name == DNS_NAMESPACE
                && labels.iter().any(|&(key, value)| (text(key), text(value)) == DNS)
        }
        PeerForm::Address(_) | PeerForm::Outside => false,
    };
    let list: Vec<&DraftRule> =
        draft.rules[direction as usize].iter().filter(known).filter(|rule| !dns || !asks_dns(rule)).collect();
    list.chunk_by(|a, b| a.peer == b.peer)
        .map(|group| {
            let peer = match &group[0].peer {
                PeerForm::Pods(namespace, labels) => Side::Pods(*namespace, labels.clone()),
                PeerForm::Address(address) if is_node(world, *address) => Side::Node(*address),
                PeerForm::Address(address) => Side::Address(*address),
                PeerForm::Outside => Side::Outside,
            };
            Group { peer, ports: group.iter().map(|rule| rule.port).collect() }
        })
        .collect()
}

fn is_node(world: &World, address: std::net::IpAddr) -> bool {
    let nodes = world.endpoints.iter().filter(|endpoint| endpoint.network == EndpointKind::Node);
    nodes.into_iter().any(|node| node.addresses.contains(&address))
}

/// The workload's name; with its kind when another workload of the namespace has the same.
fn policy_name(world: &World, drafts: &[Draft], draft: &Draft) -> String {
    let name = world.symbols.text(draft.workload.1);
    let twin = |other: &&Draft| other.namespace == draft.namespace && other.workload.1 == draft.workload.1;
    if drafts.iter().filter(twin).count() < 2 {
        return name.to_owned();
    }
    format!("{name}-{}", world.symbols.text(draft.workload.0).to_ascii_lowercase())
}

fn namespace_name(world: &World, namespace: NamespaceId) -> &str {
    world.symbols.text(world.namespaces[namespace.0 as usize].name)
}

fn label_map(world: &World, labels: &[(Sym, Sym)], prefix: &str) -> Map<String, Value> {
    let text = |sym: Sym| world.symbols.text(sym);
    labels.iter().map(|&(key, value)| (format!("{prefix}{}", text(key)), json!(text(value)))).collect()
}
