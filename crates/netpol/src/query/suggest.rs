//! For a denied connection: the smallest change that allows it, tried out before it is named.

use crate::cidr::Cidr;
use crate::decide::By;
use crate::index::Index;
use crate::outcome::Verdict;
use crate::policy::{Action, Direction, Hosts, Peer, PodSelector, PolicyId, Ports, Rule, Scope};
use crate::ports::{PortSet, Proto};
use crate::reach::{Party, Reach};
use crate::select::{Attr, Expr};
use crate::symbols::Sym;

/// A change to one policy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Remedy {
    /// Add an allow rule for the other side and this port.
    Allow {
        /// The policy to add it to.
        policy: PolicyId,
        /// Its direction.
        direction: Direction,
        /// The other side: labels of a pod and, if it lives elsewhere, its namespace; empty for an address.
        labels: Vec<(Sym, Sym)>,
        /// The other side.
        peer: Party,
        /// Port.
        port: (Proto, u16),
    },
    /// An earlier rule denies it and must make an exception (or go).
    Except {
        /// The policy.
        policy: PolicyId,
        /// Its direction.
        direction: Direction,
        /// What the caller knows the rule by.
        rule: u32,
    },
}

/// The changes, one per denied side (a side may need several steps), that allow a connection; `None` when it is not
/// denied, or when what denies it is no policy of this world. The result was tried on a copy of the index.
pub fn suggest(index: &Index, from: Party, to: Party, proto: Proto, port: u16) -> Option<Vec<Remedy>> {
    let mut trial = index.clone();
    let mut out = Vec::new();
    // Every step removes one obstacle; a tier may hide another behind it.
    for _ in 0..16 {
        let reach = trial.reach(from, to, proto, port);
        match reach.verdict {
            Verdict::Allowed => return (!out.is_empty()).then_some(out),
            Verdict::Unknown => return None,
            Verdict::Denied => out.push(step(&mut trial, &reach, (from, to), (proto, port))?),
        }
    }
    None
}

fn step(trial: &mut Index, reach: &Reach, ends: (Party, Party), port: (Proto, u16)) -> Option<Remedy> {
    let (decision, direction, peer) = if reach.egress.verdict == Verdict::Denied {
        (&reach.egress, Direction::Egress, ends.1)
    } else {
        (&reach.ingress, Direction::Ingress, ends.0)
    };
    match &decision.by {
        By::Isolation { policies, .. } => {
            let policy = *policies.first()?;
            let (labels, selector) = selector_of(trial, policy, peer)?;
            let mut changed = trial.world().policies.get(policy.0 as usize)?.clone();
            changed.rules[direction as usize].push(Rule {
                provenance: u32::MAX,
                action: Action::Allow,
                peer: selector,
                ports: Ports::numbers(PortSet::one(port.0, port.1)),
                subject: None,
                condition: None,
            });
            trial.replace_policy(policy, changed);
            Some(Remedy::Allow { policy, direction, labels, peer, port })
        }
        &By::Rule { policy, rule } => {
            let mut changed = trial.world().policies.get(policy.0 as usize)?.clone();
            let rules = &mut changed.rules[direction as usize];
            let before = rules.len();
            rules.retain(|known| known.provenance != rule || known.action == Action::Allow);
            if rules.len() == before {
                return None;
            }
            trial.replace_policy(policy, changed);
            Some(Remedy::Except { policy, direction, rule })
        }
        _ => None,
    }
}

/// Labels that change with every rollout or name one pod only.
pub(crate) const FLEETING: [&str; 12] = [
    "pod-template-hash",
    "controller-revision-hash",
    "pod-template-generation",
    "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-name",
    "controller-uid",
    "job-name",
    "helm.sh/chart",
    "app.kubernetes.io/version",
    "version",
];

fn selector_of(trial: &mut Index, _policy: PolicyId, peer: Party) -> Option<(Vec<(Sym, Sym)>, Peer)> {
    let id = match peer {
        Party::Address(address) => return Some((Vec::new(), Peer::Address(Cidr::host(address)))),
        Party::Endpoint(id) => id,
    };
    let endpoint = trial.world().endpoints.get(id.0 as usize)?.clone();
    let Some(namespace) = endpoint.namespace else {
        let address = endpoint.addresses.first()?;
        return Some((Vec::new(), Peer::Address(Cidr::host(*address))));
    };
    let lasting = |pair: &(Sym, Sym)| !FLEETING.contains(&trial.world().symbols.text(pair.0));
    let labels: Vec<(Sym, Sym)> = endpoint.labels.iter().copied().filter(lasting).collect();
    let pods = labels
        .iter()
        .map(|&(key, value)| Expr::is_in(trial.world_mut().attrs.intern(Attr::Label(key)), vec![value]));
    let pods = Expr::all(pods.collect());
    let selector = PodSelector { scope: Scope::One(namespace), pods, hosts: Hosts::ByProfile };
    Some((labels, Peer::Pods(selector)))
}
