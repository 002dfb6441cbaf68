//! Every rule that was asked about a connection, not only the one that decided.

use crate::decide::Question;
use crate::index::Index;
use crate::matching::Member;
use crate::policy::{Action, Direction, PolicyId};
use crate::ports::Proto;
use crate::reach::Party;

/// A rule and what it has to say about a connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConsideredRule {
    /// What the caller knows the rule by.
    pub rule: u32,
    /// What it does when it matches.
    pub action: Action,
    /// Whether its peer holds the other side.
    pub peer: Member,
    /// Whether its ports hold the port.
    pub port: bool,
    /// Whether it matches in all, conditions included.
    pub matches: Member,
}

/// A policy that binds one side of a connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Considered {
    /// The policy.
    pub policy: PolicyId,
    /// False when it binds the side only perhaps.
    pub certain: bool,
    /// True when what none of the rules matches is left to the end of its tier.
    pub isolates: bool,
    /// Its rules of the direction, in order.
    pub rules: Vec<ConsideredRule>,
}

impl Index {
    /// The policies that bind one side of a connection in evaluation order: for egress the source's, for ingress the
    /// destination's. Empty for a side that no policy binds, such as an outside address.
    pub fn considered(
        &self,
        from: Party,
        to: Party,
        (proto, port): (Proto, u16),
        direction: Direction,
    ) -> Vec<Considered> {
        let (subject, partner) = match direction {
            Direction::Egress => (self.known_as(from), self.known_as(to)),
            Direction::Ingress => (self.known_as(to), self.known_as(from)),
        };
        let Party::Endpoint(id) = subject else { return Vec::new() };
        let subject = self.classes().of[id.0 as usize];
        let question = Question {
            index: self,
            subject,
            partner: self.partner(partner),
            direction,
            point: proto.at(port),
        };
        self.policies_of(subject, direction)
            .map(|(policy, certain)| {
                let source = &self.world().policies[policy.0 as usize];
                let compiled = &self.compiled[policy.0 as usize].rules[direction as usize];
                let rules = source.rules[direction as usize].iter().zip(compiled);
                let rules = rules
                    .map(|(rule, compiled)| ConsideredRule {
                        rule: rule.provenance,
                        action: rule.action,
                        peer: compiled.peer.has(question.partner),
                        port: question.port_is_in(compiled),
                        matches: question.matches(compiled),
                    })
                    .collect();
                Considered { policy, certain, isolates: source.isolates[direction as usize], rules }
            })
            .collect()
    }
}
