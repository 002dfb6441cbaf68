use std::collections::BTreeMap;

use rampart_document::{FieldPath, Node};
use rampart_model::{Object, ObjectId};
use rampart_netpol::query::{EmptyPeer, empty_peers};
use rampart_netpol::{Peer, PodSelector, PolicyId, Scope, World};
use rampart_report::Severity;

use crate::index::{NAMESPACE, Reachability, is_every_pod};
use crate::shared::coverage::gap_of_pods;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "network-policy-selects-nothing",
    group: Group::Network,
    severity: Severity::Low,
    profile: Profile::Default,
    doc: include_str!("network_policy_selects_nothing.md"),
    check: Check::Set(check),
};

fn check(context: &Context<'_>, out: &mut Findings) {
    let Some(reach) = context.reachability() else { return };
    let mut by_object: BTreeMap<ObjectId, Vec<PolicyId>> = BTreeMap::new();
    for (id, policy, _) in reach.policies() {
        by_object.entry(ObjectId(policy.provenance)).or_default().push(id);
    }
    let mut empty: BTreeMap<ObjectId, Vec<EmptyPeer>> = BTreeMap::new();
    for peer in empty_peers(reach.index()) {
        if let Some(place) = reach.place(peer.rule) {
            empty.entry(place.object).or_default().push(peer);
        }
    }
    for (&object, policies) in &by_object {
        let out = out.on(object);
        subjects(context, reach, context.inventory.object(object), policies, out);
        for peer in empty.get(&object).into_iter().flatten() {
            dangling(context, reach, *peer, out);
        }
    }
}

fn dangling(context: &Context<'_>, reach: &Reachability, empty: EmptyPeer, out: &mut Findings) {
    let world = reach.index().world();
    let policy = &world.policies[empty.policy.0 as usize];
    let rule = policy.rules.iter().flatten().find(|rule| rule.provenance == empty.rule);
    let (Some(rule), Some(place)) = (rule, reach.place(empty.rule)) else { return };
    let part = match (&rule.peer, empty.part) {
        (Peer::AnyOf(parts), Some(part)) => &parts[part],
        (other, _) => other,
    };
    if means_everything(part) || names_a_namespace(part, world) {
        return;
    }
    let object = context.inventory.object(place.object);
    let path = peer_path(object, &place.path, empty.part);
    tell(context, object, path, "the selector of this peer matches no pod", "peer", out);
}

fn subjects(
    context: &Context<'_>,
    reach: &Reachability,
    object: Object<'_>,
    policies: &[PolicyId],
    out: &mut Findings,
) {
    let world = reach.index().world();
    if policies.iter().any(|id| means_everything(&world.policies[id.0 as usize].subject)) {
        return;
    }
    let field = ["podSelector", "subject", "endpointSelector", "nodeSelector", "selector"]
        .into_iter()
        .find(|field| object.field(&["spec", field]).is_some());
    let path = FieldPath::root().key("spec");
    let path = field.map_or(path.clone(), |field| path.key(field));
    if policies.iter().all(|&id| reach.index().subjects_of(id).is_empty()) {
        tell(context, object, path, "the policy selects no pod", "subject", out);
    } else if policies.iter().all(|&id| reach.binds_hosts_only(id)) {
        let what = "the policy selects only pods in their node's network, which it does not bind";
        tell(context, object, path, what, "hosts", out);
    }
}

/// Fails where all pods and namespaces in reach of the policy were read; else nobody can tell.
fn tell(
    context: &Context<'_>,
    object: Object<'_>,
    path: FieldPath,
    what: &str,
    class: &'static str,
    out: &mut Findings,
) {
    let coverage = context.inventory.coverage();
    let scope = object.effective_namespace().filter(|_| class != "peer");
    match gap_of_pods(context, scope).or_else(|| coverage.gap(NAMESPACE, scope)) {
        None => out.fail(path, what).class(class),
        Some(reason) => out.unknown(path, format!("{what} that was read; {reason}")).class(class),
    };
}

/// Empty selectors mean all there is, even if that is nothing.
fn means_everything(peer: &Peer) -> bool {
    let own = |peer: &Peer| match peer {
        Peer::Pods(PodSelector { scope: Scope::One(_), pods, .. }) => *pods == rampart_netpol::Expr::True,
        _ => false,
    };
    is_every_pod(peer) || own(peer)
}

/// A selector of namespaces alone that matches one without pods.
fn names_a_namespace(peer: &Peer, world: &World) -> bool {
    let Peer::Pods(PodSelector { scope: Scope::Where(expr), pods, .. }) = peer else { return false };
    let mut namespaces = (0..world.namespaces.len() as u32).map(rampart_netpol::NamespaceId);
    *pods == rampart_netpol::Expr::True
        && namespaces
            .any(|id| expr.matches(&world.symbols, &|attr| world.namespace_value(id, world.attrs.get(attr))))
}

/// The peer's own place where the rule lists its peers in one field.
fn peer_path(object: Object<'_>, rule: &FieldPath, part: Option<usize>) -> FieldPath {
    let found = part.and_then(|part| {
        ["from", "to"].into_iter().map(|key| rule.key(key).index(part)).find(|path| object.at(path).is_some())
    });
    let Some(path) = found else { return rule.clone() };
    let peer = object.at(&path);
    let fields: Vec<&str> = ["podSelector", "namespaceSelector", "pods", "namespaces"]
        .into_iter()
        .filter(|field| peer.and_then(|peer| peer.field(field)).is_some_and(|node: Node<'_>| !node.is_null()))
        .collect();
    if let [only] = fields[..] { path.key(only) } else { path }
}
