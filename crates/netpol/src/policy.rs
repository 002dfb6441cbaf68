//! The one form every policy API is brought to.
//!
//! A verdict in one direction is found by walking *layers* (packet filter, then mesh), each an ordered list of *tiers*.
//! In a tier the rules of the policies that select the subject are tried in order; the first that matches decides:
//! allow, deny, or pass on to the next tier. When none matches, a tier whose policies isolate the subject applies its
//! end; otherwise the next tier is asked. A layer whose tiers all stay silent allows.

use crate::cidr::Cidr;
use crate::ports::{PortSet, Proto};
use crate::profile::Tri;
use crate::select::{AttrId, Expr};
use crate::symbols::Sym;

/// Which way a connection crosses the subject.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Direction {
    /// Into the subject; peers are sources.
    Ingress,
    /// Out of the subject; peers are destinations.
    Egress,
}

impl Direction {
    /// Both, ingress first.
    pub const BOTH: [Self; 2] = [Self::Ingress, Self::Egress];

    /// `ingress` or `egress`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Egress => "egress",
        }
    }
}

/// Which enforcement point a tier belongs to; a connection must be allowed by every layer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Layer {
    /// The network plugin.
    Packets,
    /// The service mesh.
    Mesh,
}

impl Layer {
    /// All layers in the order they are asked.
    pub const ALL: [Self; 2] = [Self::Packets, Self::Mesh];
}

/// What a tier does with a subject it isolates when no rule matched.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TierEnd {
    /// Deny.
    Deny,
    /// Ask the next tier.
    Pass,
}

/// A step of the evaluation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tier {
    /// Name for explanations.
    pub name: String,
    /// Where it is enforced.
    pub layer: Layer,
    /// What happens when no rule matched.
    pub end: TierEnd,
    /// Whether the plugin or mesh enforces this kind of policy at all.
    pub enforced: Tri,
}

/// Index of a tier in the world; tiers are evaluated in index order within their layer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct TierId(pub u32);

/// Index of a namespace in the world.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct NamespaceId(pub u32);

/// Index of a policy in the world.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct PolicyId(pub u32);

/// Index of a text that says why something is unknown.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Reason(pub u32);

/// Which namespaces a selector looks in.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Scope {
    /// Every namespace.
    All,
    /// One namespace.
    One(NamespaceId),
    /// Namespaces whose own facts match.
    Where(Expr),
}

/// A set of pods: namespaces and, inside them, facts of the pod.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct PodSelector {
    /// Where to look.
    pub scope: Scope,
    /// What to look for.
    pub pods: Expr,
    /// Whether pods in their node's network count.
    pub hosts: Hosts,
}

/// Whether a selector takes hostNetwork pods.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Hosts {
    /// As the network plugin does for NetworkPolicy.
    ByProfile,
    /// Never.
    Never,
}

/// A set of connection partners.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Peer {
    /// Everything: pods, nodes and outside addresses.
    Any,
    /// Pods by selector. How hostNetwork pods count is the profile's matter.
    Pods(PodSelector),
    /// An address block without some inner blocks, as NetworkPolicy means it: outside addresses, and pods and nodes if
    /// the profile says so.
    Block(Cidr, Box<[Cidr]>),
    /// An address block of an API whose text says that it also holds pods and nodes by their addresses.
    Address(Cidr),
    /// Nodes by their labels, and what runs in their network.
    Nodes(Expr),
    /// Every node, and what runs in its network.
    AnyNode,
    /// The subject's own node, as far as the engine tells nodes apart: treated like [`Peer::AnyNode`], uncertainly.
    OwnNode,
    /// Addresses that belong neither to a pod nor to a node.
    Outside,
    /// All of these at once.
    AllOf(Box<[Peer]>),
    /// Any of these.
    AnyOf(Box<[Peer]>),
    /// Everything else.
    Not(Box<Peer>),
    /// Perhaps some of `0`, nobody can tell which.
    Perhaps(Box<Peer>, Reason),
}

impl Peer {
    /// Nothing.
    pub fn nobody() -> Self {
        Self::AnyOf(Box::default())
    }

    /// True for the union of nothing.
    pub fn is_nobody(&self) -> bool {
        matches!(self, Self::AnyOf(parts) if parts.is_empty())
    }

    /// Calls `see` with this peer and every peer inside it.
    pub fn each(&self, see: &mut impl FnMut(&Self)) {
        see(self);
        match self {
            Self::AllOf(parts) | Self::AnyOf(parts) => parts.iter().for_each(|part| part.each(see)),
            Self::Not(inner) | Self::Perhaps(inner, _) => inner.each(see),
            _ => {}
        }
    }

    /// Calls `see` with every fact asked for.
    pub fn each_attr(&self, see: &mut impl FnMut(AttrId)) {
        self.each(&mut |peer| match peer {
            Self::Pods(selector) => selector.each_attr(see),
            Self::Nodes(expr) => expr.each_attr(see),
            _ => {}
        });
    }
}

impl PodSelector {
    /// Calls `see` with every fact asked for.
    pub fn each_attr(&self, see: &mut impl FnMut(AttrId)) {
        if let Scope::Where(expr) = &self.scope {
            expr.each_attr(see);
        }
        self.pods.each_attr(see);
    }
}

/// The ports of a rule. Names are looked up on the destination, for their protocol only.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Ports {
    /// Ports by number.
    pub set: PortSet,
    /// Ports by name; `None` as protocol takes any protocol the name is declared for.
    pub named: Box<[(Sym, Option<Proto>)]>,
}

impl Ports {
    /// Every port of every protocol.
    pub fn all() -> Self {
        Self { set: PortSet::all(), named: Box::default() }
    }

    /// Ports by number only.
    pub fn numbers(set: PortSet) -> Self {
        Self { set, named: Box::default() }
    }
}

/// What a matching rule does.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Action {
    /// Allow the connection in this layer.
    Allow,
    /// Deny the connection.
    Deny,
    /// Leave this tier and ask the next.
    Pass,
}

/// One rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rule {
    /// What the caller knows the rule by.
    pub provenance: u32,
    /// What it does.
    pub action: Action,
    /// Whom it is about.
    pub peer: Peer,
    /// Which ports of the destination.
    pub ports: Ports,
    /// A further limit on the subject (Calico's destination of an ingress rule); `None` is no limit.
    pub subject: Option<Peer>,
    /// Set when the rule has a condition that is not decided by addresses and ports (a path, a name, an identity).
    pub condition: Option<Reason>,
}

/// One policy, or the part of one that goes to one place of one tier.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Policy {
    /// What the caller knows it by; several canonical policies may share it.
    pub provenance: u32,
    /// Where it is evaluated.
    pub tier: TierId,
    /// Place within the tier, lower first. Policies at the same place with different actions have no defined order.
    pub order: u64,
    /// Whom it binds.
    pub subject: Peer,
    /// Per [`Direction`] (as index): the policy makes the tier's end apply to its subjects.
    pub isolates: [bool; 2],
    /// Per [`Direction`] (as index): the rules in order.
    pub rules: [Vec<Rule>; 2],
}

impl Policy {
    /// True when the policy says anything about a direction.
    pub fn acts(&self, direction: Direction) -> bool {
        self.isolates[direction as usize] || !self.rules[direction as usize].is_empty()
    }

    /// Calls `see` with every peer in the policy: subject, peers and rule limits.
    pub fn each_peer(&self, see: &mut impl FnMut(&Peer)) {
        see(&self.subject);
        for rule in self.rules.iter().flatten() {
            see(&rule.peer);
            if let Some(subject) = &rule.subject {
                see(subject);
            }
        }
    }
}
