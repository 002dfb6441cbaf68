//! Allowances no observed connection used.

use crate::decide::By;
use crate::flow::{Flow, FlowEnd, Resolver};
use crate::index::Index;
use crate::policy::{Action, Direction, PolicyId};
use crate::ports::PortSet;
use crate::reach::Party;
use std::collections::BTreeMap;

/// An allow rule that more is open by than was used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unused {
    /// The policy.
    pub policy: PolicyId,
    /// The direction of the rule.
    pub direction: Direction,
    /// What the caller knows the rule by.
    pub rule: u32,
    /// Ports that connections decided by this rule used; empty when none did.
    pub used: PortSet,
    /// Ports the rule opens by number beyond those.
    pub unused: PortSet,
}

/// Every allow rule with ports no flow used, in policy order. A connection several rules allow counts for the one that
/// decides it, so a rule that only repeats another is listed as unused. Silence is no proof: state the observed window.
pub fn tighten(index: &Index, flows: &[Flow]) -> Vec<Unused> {
    let resolver = Resolver::new(index.world());
    let party = |end: &FlowEnd| match (resolver.find(end), end) {
        (Some(id), _) => Some(Party::Endpoint(id)),
        (None, FlowEnd::Address(address)) => Some(Party::Address(*address)),
        // Rules for everybody are used by addresses that were seen.
        (None, _) => None,
    };
    let mut used: BTreeMap<(PolicyId, Direction, u32), PortSet> = BTreeMap::new();
    for flow in flows.iter().filter(|flow| !flow.reply && !flow.dropped) {
        let (Some(from), Some(to)) = (party(&flow.from), party(&flow.to)) else { continue };
        let reach = index.reach(from, to, flow.proto, flow.port);
        for (decision, direction) in [(reach.ingress, Direction::Ingress), (reach.egress, Direction::Egress)]
        {
            if let By::Rule { policy, rule } = decision.by {
                let ports = used.entry((policy, direction, rule)).or_default();
                *ports = ports.union(&PortSet::one(flow.proto, flow.port));
            }
        }
    }
    let mut out = Vec::new();
    for (number, policy) in index.world().policies.iter().enumerate() {
        let id = PolicyId(number as u32);
        for direction in Direction::BOTH {
            for rule in policy.rules[direction as usize].iter().filter(|rule| rule.action == Action::Allow) {
                let used = used.get(&(id, direction, rule.provenance)).cloned().unwrap_or_default();
                let unused = rule.ports.set.minus(&used);
                let idle_name = !rule.ports.named.is_empty() && used.is_empty();
                if !unused.is_empty() || idle_name {
                    out.push(Unused { policy: id, direction, rule: rule.provenance, used, unused });
                }
            }
        }
    }
    out
}
