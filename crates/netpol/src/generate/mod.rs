//! From observed connections to the policies a cluster should have, proved on the model before they are shown.

mod declared;
mod labels;
mod tighten;
mod write;

use crate::flow::{Flow, FlowEnd, Resolver};
use crate::index::Index;
use crate::outcome::Verdict;
use crate::policy::{Direction, NamespaceId};
use crate::ports::Proto;
use crate::reach::Party;
use crate::symbols::Sym;
use crate::world::{EndpointId, EndpointKind, World};
use std::collections::BTreeMap;
use std::net::IpAddr;

pub use declared::{Declared, Gap, declared};
pub use tighten::{Unused, tighten};
pub use write::{Document, Form, network_policies, policies};

/// The other side of a generated rule.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum PeerForm {
    /// Pods by labels; the namespace is named when it is another one.
    Pods(NamespaceId, Vec<(Sym, Sym)>),
    /// One address.
    Address(IpAddr),
    /// Every address.
    Outside,
}

/// A rule and the flows behind it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DraftRule {
    /// The other side.
    pub peer: PeerForm,
    /// The destination's port.
    pub port: (Proto, u16),
    /// How often it was used.
    pub count: u64,
    /// Indexes of the flows that need it.
    pub flows: Vec<u32>,
}

/// The policy of one workload.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Draft {
    /// Namespace.
    pub namespace: NamespaceId,
    /// Kind and name of the workload.
    pub workload: (Sym, Sym),
    /// Labels that select its pods and no others of the namespace, if there are such labels.
    pub labels: Vec<(Sym, Sym)>,
    /// Per direction (as index): the rules, sorted.
    pub rules: [Vec<DraftRule>; 2],
}

/// Why a flow needs no rule or gets none.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Skipped {
    /// Part of a connection that is counted elsewhere.
    Reply,
    /// It was refused; what was refused is not opened.
    Dropped,
    /// From the pod's own node: always allowed.
    OwnNode,
    /// Neither end is a pod that policies bind.
    NotBound,
    /// A named end is not in the model.
    UnknownEnd,
    /// Several pods without distinguishing labels stand behind an end.
    NoLabels,
}

/// The generated policies and what became of every flow.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Generated {
    /// One policy per workload of the namespaces touched, sorted by namespace and name.
    pub drafts: Vec<Draft>,
    /// Flows without a rule, with the reason, by flow index.
    pub skipped: Vec<(u32, Skipped)>,
}

/// The end of a flow, looked up.
enum Found {
    Pod(EndpointId),
    /// A node or hostNetwork pod: seen by policies as an address.
    Host(EndpointId),
    Outside(IpAddr),
    /// Any address.
    Anywhere,
    Missing,
}

fn find(world: &World, resolver: &Resolver<'_>, end: &FlowEnd) -> Found {
    match (resolver.find(end), end) {
        (Some(id), _) if world.endpoints[id.0 as usize].network == EndpointKind::Pod => Found::Pod(id),
        (Some(id), _) => Found::Host(id),
        (None, FlowEnd::Address(address)) => Found::Outside(*address),
        (None, FlowEnd::Outside) => Found::Anywhere,
        (None, _) => Found::Missing,
    }
}

/// Key of a rule: peer and port.
type RuleKey = (PeerForm, (Proto, u16));
/// Rules of one workload, per direction.
type Rules = [BTreeMap<RuleKey, (u64, Vec<u32>)>; 2];

/// Makes one policy per workload in every namespace a flow touches; workloads without flows get an empty one, which
/// denies everything in both directions.
pub fn generate(world: &World, flows: &[Flow]) -> Generated {
    let resolver = Resolver::new(world);
    let mut labels = labels::Chooser::new(world);
    let mut skipped = Vec::new();
    let mut rules: BTreeMap<(NamespaceId, Sym, Sym), Rules> = BTreeMap::new();
    let mut touched = vec![false; world.namespaces.len()];
    for (number, flow) in flows.iter().enumerate() {
        let number = number as u32;
        let (from, to) = (find(world, &resolver, &flow.from), find(world, &resolver, &flow.to));
        if let Some(reason) = unneeded(world, flow, &from, &to) {
            skipped.push((number, reason));
            continue;
        }
        let forms = (form(world, &mut labels, &from), form(world, &mut labels, &to));
        for (end, peer, direction) in
            [(&from, forms.1, Direction::Egress), (&to, forms.0, Direction::Ingress)]
        {
            let Found::Pod(id) = end else { continue };
            let Some(peer) = peer else {
                skipped.push((number, Skipped::NoLabels));
                continue;
            };
            let endpoint = &world.endpoints[id.0 as usize];
            let Some(namespace) = endpoint.namespace else { continue };
            touched[namespace.0 as usize] = true;
            let (kind, name) = endpoint.workload;
            let of = rules.entry((namespace, kind, name)).or_default();
            let slot = of[direction as usize].entry((peer, (flow.proto, flow.port))).or_default();
            slot.0 += flow.count;
            slot.1.push(number);
        }
    }
    for endpoint in &world.endpoints {
        let bound = endpoint.network == EndpointKind::Pod;
        if let Some(namespace) = endpoint.namespace.filter(|id| bound && touched[id.0 as usize]) {
            rules.entry((namespace, endpoint.workload.0, endpoint.workload.1)).or_default();
        }
    }
    let mut drafts: Vec<Draft> = rules
        .into_iter()
        .filter_map(|((namespace, kind, name), rules)| {
            let labels = labels.of_workload(namespace, (kind, name))?;
            let rules = rules.map(|list| {
                let rule = |((peer, port), (count, flows))| DraftRule { peer, port, count, flows };
                list.into_iter().map(rule).collect()
            });
            Some(Draft { namespace, workload: (kind, name), labels, rules })
        })
        .collect();
    let text = |sym: Sym| world.symbols.text(sym);
    drafts.sort_by_key(|draft| {
        (
            text(world.namespaces[draft.namespace.0 as usize].name),
            text(draft.workload.1),
            text(draft.workload.0),
        )
    });
    skipped.sort_unstable();
    skipped.dedup();
    Generated { drafts, skipped }
}

fn unneeded(world: &World, flow: &Flow, from: &Found, to: &Found) -> Option<Skipped> {
    let node = |id: &EndpointId| world.endpoints[id.0 as usize].node;
    match (from, to) {
        _ if flow.reply => Some(Skipped::Reply),
        _ if flow.dropped => Some(Skipped::Dropped),
        (Found::Missing, _) | (_, Found::Missing) => Some(Skipped::UnknownEnd),
        (Found::Host(host), Found::Pod(pod)) if node(host).is_some() && node(host) == node(pod) => {
            Some(Skipped::OwnNode)
        }
        (Found::Pod(_), _) | (_, Found::Pod(_)) => None,
        _ => Some(Skipped::NotBound),
    }
}

fn form(world: &World, labels: &mut labels::Chooser<'_>, found: &Found) -> Option<PeerForm> {
    match found {
        Found::Pod(id) => {
            let endpoint = &world.endpoints[id.0 as usize];
            let namespace = endpoint.namespace?;
            Some(PeerForm::Pods(namespace, labels.of_workload(namespace, endpoint.workload)?))
        }
        Found::Host(id) => {
            world.endpoints[id.0 as usize].addresses.first().map(|address| PeerForm::Address(*address))
        }
        Found::Outside(address) => Some(PeerForm::Address(*address)),
        Found::Anywhere => Some(PeerForm::Outside),
        Found::Missing => None,
    }
}

/// Flows that the policies of an index do not allow: what enforcing them would break, or leave unknown.
pub fn broken(index: &Index, flows: &[Flow]) -> Vec<(u32, Verdict)> {
    let resolver = Resolver::new(index.world());
    let public = crate::query::public_addresses(index);
    let mut out = Vec::new();
    for (number, flow) in flows.iter().enumerate().filter(|(_, flow)| !flow.reply && !flow.dropped) {
        let (from, to) = (parties(&resolver, &public, &flow.from), parties(&resolver, &public, &flow.to));
        let pairs = from.iter().flat_map(|from| to.iter().map(move |to| (*from, *to)));
        let verdicts = pairs.map(|(from, to)| index.reach(from, to, flow.proto, flow.port).verdict);
        let verdict = verdicts.reduce(Verdict::and).unwrap_or(Verdict::Unknown);
        if verdict != Verdict::Allowed {
            out.push((number as u32, verdict));
        }
    }
    out
}

/// What stands behind a flow's end; empty when the world does not have it.
fn parties(resolver: &Resolver<'_>, public: &[IpAddr], end: &FlowEnd) -> Vec<Party> {
    match (resolver.find(end), end) {
        (Some(id), _) => vec![Party::Endpoint(id)],
        (None, FlowEnd::Address(address)) => vec![Party::Address(*address)],
        (None, FlowEnd::Outside) => public.iter().map(|address| Party::Address(*address)).collect(),
        (None, _) => Vec::new(),
    }
}
