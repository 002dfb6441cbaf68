//! "Can this reach that on this port?" with the reason on both sides.

use crate::cidr::Point;
use crate::decide::{By, Decision, Question};
use crate::index::Index;
use crate::outcome::Verdict;
use crate::policy::Direction;
use crate::ports::Proto;
use crate::profile::Tri;
use crate::world::{Endpoint, EndpointId, EndpointKind};
use std::net::IpAddr;

/// One end of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Party {
    /// A pod, workload or node of the world.
    Endpoint(EndpointId),
    /// An address. One that belongs to a known endpoint stands for that endpoint.
    Address(IpAddr),
}

/// The answer to a reach question.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reach {
    /// The verdict of both sides together.
    pub verdict: Verdict,
    /// The source's side.
    pub egress: Decision,
    /// The destination's side.
    pub ingress: Decision,
}

impl Index {
    /// Whether `from` can open a connection to `to`. For ICMP the port is `type << 8 | code`.
    pub fn reach(&self, from: Party, to: Party, proto: Proto, port: u16) -> Reach {
        let (from, to) = (self.known_as(from), self.known_as(to));
        if [from, to].into_iter().any(|party| self.is_shared(party)) {
            let mut decision = Decision::plain(Verdict::Unknown, By::SharedAddress);
            decision.plugin = true;
            return Reach { verdict: Verdict::Unknown, egress: decision.clone(), ingress: decision };
        }
        if let Some(decision) = self.exempt(from, to) {
            let verdict = decision.0.verdict.and(decision.1.verdict);
            return Reach { verdict, egress: decision.0, ingress: decision.1 };
        }
        let point = proto.at(port);
        let mut egress = self.side(from, to, Direction::Egress, point);
        let mut ingress = self.side(to, from, Direction::Ingress, point);
        self.relax(from, to, &mut egress, &mut ingress);
        Reach { verdict: egress.verdict.and(ingress.verdict), egress, ingress }
    }

    /// The partner number of one end.
    pub fn partner(&self, party: Party) -> u32 {
        match party {
            Party::Endpoint(id) => self.classes().of[id.0 as usize],
            Party::Address(address) => {
                let atom = self.classes().atoms.find(Point::from(address));
                self.classes().atom_partner(atom)
            }
        }
    }

    pub(crate) fn known_as(&self, party: Party) -> Party {
        match party {
            Party::Address(address) => self.by_address(address).map_or(party, Party::Endpoint),
            known => known,
        }
    }

    /// True for an address that several endpoints claim.
    fn is_shared(&self, party: Party) -> bool {
        matches!(party, Party::Address(address) if self.addresses().get(&address) == Some(&None))
    }

    fn endpoint(&self, party: Party) -> Option<&Endpoint> {
        match party {
            Party::Endpoint(id) => self.world().endpoints.get(id.0 as usize),
            Party::Address(_) => None,
        }
    }

    fn side(&self, subject: Party, partner: Party, direction: Direction, point: u32) -> Decision {
        let Party::Endpoint(id) = subject else {
            return Decision::plain(Verdict::Allowed, By::Unbound);
        };
        let subject = self.classes().of[id.0 as usize];
        let partner = self.partner(partner);
        Question { index: self, subject, partner, direction, point }.decide()
    }

    /// Connections no policy is asked about: a pod and itself.
    fn exempt(&self, from: Party, to: Party) -> Option<(Decision, Decision)> {
        let single = self.endpoint(from).is_some_and(|endpoint| endpoint.single);
        if from != to || !single {
            return None;
        }
        let verdict = match self.world().profile.itself {
            Tri::Yes => Verdict::Allowed,
            Tri::Unknown => Verdict::Unknown,
            Tri::No => return None,
        };
        let mut decision = Decision::plain(verdict, By::Itself);
        decision.plugin = verdict == Verdict::Unknown;
        Some((decision.clone(), decision))
    }

    /// A pod and its own node may always talk, as far as the profile says.
    fn relax(&self, from: Party, to: Party, egress: &mut Decision, ingress: &mut Decision) {
        let (Some(source), Some(target)) = (self.endpoint(from), self.endpoint(to)) else {
            return;
        };
        let host = |endpoint: &Endpoint| endpoint.network != EndpointKind::Pod;
        let profile = &self.world().profile;
        if host(source) && !host(target) {
            open_for_node(ingress, source, target, profile.own_node_in);
        }
        if host(target) && !host(source) {
            open_for_node(egress, target, source, profile.own_node_out);
        }
    }

    /// The endpoint that owns an address, if exactly one is known to; hostNetwork pods share their node's and lose to
    /// it.
    pub fn by_address(&self, address: IpAddr) -> Option<EndpointId> {
        self.addresses().get(&address).copied().flatten()
    }
}

fn open_for_node(decision: &mut Decision, host: &Endpoint, pod: &Endpoint, rule: Tri) {
    if decision.verdict == Verdict::Allowed || rule == Tri::No {
        return;
    }
    let own = match (host.node, pod.node) {
        (Some(one), Some(other)) if one != other => return,
        (Some(_), Some(_)) => rule,
        _ => Tri::Unknown,
    };
    *decision = match own {
        Tri::Yes => Decision::plain(Verdict::Allowed, By::OwnNode),
        _ => Decision { verdict: Verdict::Unknown, by: By::OwnNode, reasons: Vec::new(), plugin: true },
    };
}
