//! What the rules of a network policy open to everybody, for the APIs that allow: Kubernetes' own, Calico, Cilium.

use rampart_document::{FieldPath, Node};
use rampart_model::{GroupKind, Object};
use rampart_netpol::Direction;

/// Kinds whose rules are read.
pub(super) const KINDS: &[GroupKind<'static>] = &[
    GroupKind::new("networking.k8s.io", "NetworkPolicy"),
    GroupKind::new("cilium.io", "CiliumNetworkPolicy"),
    GroupKind::new("cilium.io", "CiliumClusterwideNetworkPolicy"),
    GroupKind::new("projectcalico.org", "NetworkPolicy"),
    GroupKind::new("projectcalico.org", "GlobalNetworkPolicy"),
    GroupKind::new("crd.projectcalico.org", "NetworkPolicy"),
    GroupKind::new("crd.projectcalico.org", "GlobalNetworkPolicy"),
];

/// To whom a rule opens.
pub(super) enum Hole<'a> {
    /// Everybody: the rule names no peer, or a word that means all.
    Anyone,
    /// The whole address space, without these ranges.
    Block(&'a str, Vec<&'a str>),
    /// Every pod of the cluster.
    EveryPod,
}

/// An opening of a policy.
pub(super) struct Opening<'a> {
    /// Its place.
    pub(super) path: FieldPath,
    /// To whom.
    pub(super) hole: Hole<'a>,
    /// The ports of the rule; empty means all.
    pub(super) ports: Vec<Node<'a>>,
}

/// The openings of a policy in one direction.
pub(super) fn openings(object: Object<'_>, direction: Direction) -> Vec<Opening<'_>> {
    let mut out = Vec::new();
    let Some(spec) = object.spec() else { return out };
    let key = direction.name();
    let types = spec.field("policyTypes").or_else(|| spec.field("types")).and_then(Node::as_seq);
    let title = super::policies::title(direction);
    if types.is_some_and(|list| !list.items().any(|item| item.as_str() == Some(title))) {
        return out;
    }
    let group = object.group_kind().group;
    let rules = spec.field(key).and_then(Node::as_seq).into_iter().flat_map(Node::items).enumerate();
    for (index, rule) in rules {
        let path = FieldPath::root().key("spec").key(key).index(index);
        match group {
            "cilium.io" => cilium(object, rule, &path, direction, &mut out),
            "networking.k8s.io" => plain(rule, &path, direction, &mut out),
            _ => calico(rule, &path, direction, &mut out),
        }
    }
    out
}

fn items<'a>(node: Node<'a>, key: &str) -> impl Iterator<Item = Node<'a>> + use<'a> {
    node.field(key).and_then(Node::as_seq).into_iter().flat_map(Node::items)
}

fn is_everything(range: &str) -> bool {
    crate::shared::services::is_everything(range)
}

fn plain<'a>(rule: Node<'a>, path: &FieldPath, direction: Direction, out: &mut Vec<Opening<'a>>) {
    let key = if direction == Direction::Ingress { "from" } else { "to" };
    let ports: Vec<Node<'a>> = items(rule, "ports").collect();
    let mut add = |path: FieldPath, hole| out.push(Opening { path, hole, ports: ports.clone() });
    if rule.field(key).and_then(Node::as_seq).is_none_or(Node::is_empty) {
        return add(path.clone(), Hole::Anyone);
    }
    for (index, peer) in items(rule, key).enumerate() {
        let path = path.key(key).index(index);
        if let Some(block) = peer.field("ipBlock") {
            let range = block.field("cidr").and_then(Node::as_str).unwrap_or("");
            if is_everything(range) {
                let except = items(block, "except").filter_map(Node::as_str).collect();
                add(path.key("ipBlock").key("cidr"), Hole::Block(range, except));
            }
        } else if peer.field("podSelector").is_none()
            && peer.field("namespaceSelector").is_some_and(selects_all)
        {
            add(path.key("namespaceSelector"), Hole::EveryPod);
        }
    }
}

fn selects_all(selector: Node<'_>) -> bool {
    rampart_model::Selector::label_selector(selector).is_empty()
}

/// Cilium: an empty rule allows nobody, one with ports and without peers allows everybody.
fn cilium<'a>(
    object: Object<'a>,
    rule: Node<'a>,
    path: &FieldPath,
    direction: Direction,
    out: &mut Vec<Opening<'a>>,
) {
    let side = if direction == Direction::Ingress { "from" } else { "to" };
    let key = |suffix: &str| format!("{side}{suffix}");
    let lists = items(rule, "toPorts").collect::<Vec<_>>();
    let ports: Vec<Node<'a>> = lists.iter().flat_map(|list| items(*list, "ports")).collect();
    let mut add = |path: FieldPath, hole| out.push(Opening { path, hole, ports: ports.clone() });
    let is_peer = |name: &str| name.starts_with(side) && name != "toPorts";
    let has_peer = rule.entries().any(|(name, _, value)| is_peer(name) && !value.is_null());
    if !has_peer && !lists.is_empty() {
        return add(path.clone(), Hole::Anyone);
    }
    for (index, entity) in items(rule, &key("Entities")).enumerate() {
        if matches!(entity.as_str(), Some("all" | "world")) {
            add(path.key(&key("Entities")).index(index), Hole::Anyone);
        }
    }
    for (index, range) in items(rule, &key("CIDR")).enumerate() {
        if let Some(range) = range.as_str().filter(|range| is_everything(range)) {
            add(path.key(&key("CIDR")).index(index), Hole::Block(range, Vec::new()));
        }
    }
    for (index, set) in items(rule, &key("CIDRSet")).enumerate() {
        if let Some(range) = set.field("cidr").and_then(Node::as_str).filter(|range| is_everything(range)) {
            let except = items(set, "except").filter_map(Node::as_str).collect();
            add(path.key(&key("CIDRSet")).index(index).key("cidr"), Hole::Block(range, except));
        }
    }
    // In a policy of a namespace the empty selector means that namespace.
    if object.kind() == "CiliumClusterwideNetworkPolicy" {
        for (index, selector) in items(rule, &key("Endpoints")).enumerate() {
            if selects_all(selector) {
                add(path.key(&key("Endpoints")).index(index), Hole::EveryPod);
            }
        }
    }
}

fn calico<'a>(rule: Node<'a>, path: &FieldPath, direction: Direction, out: &mut Vec<Opening<'a>>) {
    if rule.field("action").and_then(Node::as_str) != Some("Allow") {
        return;
    }
    let side = if direction == Direction::Ingress { "source" } else { "destination" };
    let peer = rule.field(side);
    let destination = rule.field("destination");
    let ports: Vec<Node<'a>> = destination.into_iter().flat_map(|node| items(node, "ports")).collect();
    let mut add = |path: FieldPath, hole| out.push(Opening { path, hole, ports: ports.clone() });
    let names_peer =
        |(key, _, value): (&str, _, Node<'_>)| !matches!(key, "ports" | "notPorts") && !value.is_null();
    let Some(peer) = peer.filter(|peer| peer.entries().any(names_peer)) else {
        return add(path.clone(), Hole::Anyone);
    };
    let path = path.key(side);
    let except: Vec<&str> = items(peer, "notNets").filter_map(Node::as_str).collect();
    for (index, range) in items(peer, "nets").enumerate() {
        if let Some(range) = range.as_str().filter(|range| is_everything(range)) {
            add(path.key("nets").index(index), Hole::Block(range, except.clone()));
        }
    }
    let text = |key| peer.field(key).and_then(Node::as_str).map(str::trim);
    let all = |key| matches!(text(key), Some("all()"));
    let limited = ["nets", "notNets", "notSelector", "serviceAccounts", "services", "domains"];
    if !limited.iter().any(|key| peer.field(key).is_some()) {
        match (text("namespaceSelector"), text("selector")) {
            (Some(_), Some("all()") | None) if all("namespaceSelector") => {
                add(path.key("namespaceSelector"), Hole::EveryPod);
            }
            _ => {}
        }
    }
}
