//! Policies with their selectors looked up: what both evaluations (one pair, whole rows) walk.

use crate::classes::{Class, Classes};
use crate::matching::{Matched, Matcher, Member, Role};
use crate::policy::{Action, Direction, Layer, Policy, Ports, TierEnd};
use crate::ports::{PortSet, Proto};
use crate::profile::Tri;
use crate::symbols::Sym;
use crate::world::World;
use roaring::RoaringBitmap;
use std::sync::Arc;

/// A rule with its partners known.
#[derive(Clone, Debug)]
pub(crate) struct CompiledRule {
    pub(crate) action: Action,
    pub(crate) peer: Matched,
    pub(crate) ports: Ports,
    pub(crate) subject: Option<Matched>,
    pub(crate) conditional: bool,
}

/// A policy with its subjects and partners known.
#[derive(Clone, Debug)]
pub(crate) struct CompiledPolicy {
    pub(crate) subject: Matched,
    pub(crate) rules: [Vec<CompiledRule>; 2],
}

impl CompiledPolicy {
    pub(crate) fn new<'a>(policy: &'a Policy, matcher: &mut Matcher<'a>) -> Self {
        let subject = matcher.find(Role::Subject, &policy.subject);
        let mut rules = [Vec::new(), Vec::new()];
        for (out, list) in rules.iter_mut().zip(&policy.rules) {
            for rule in list {
                out.push(CompiledRule {
                    action: rule.action,
                    peer: matcher.find(Role::Partner, &rule.peer),
                    ports: rule.ports.clone(),
                    subject: rule.subject.as_ref().map(|peer| matcher.find(Role::Subject, peer)),
                    conditional: rule.condition.is_some(),
                });
            }
        }
        Self { subject, rules }
    }
}

/// Which policies bind a class in one direction, in evaluation order: `policy << 1 | certain`.
pub(crate) type Bound = Arc<[u32]>;

/// Order in which policies are tried: by layer, tier, place.
pub(crate) fn evaluation_order(world: &World) -> Vec<u32> {
    let mut order: Vec<u32> = (0..world.policies.len() as u32).collect();
    order.sort_by_key(|&number| place(world, number));
    order
}

pub(crate) fn place(world: &World, number: u32) -> (Layer, u32, u64, u32) {
    let policy = &world.policies[number as usize];
    (world.tiers[policy.tier.0 as usize].layer, policy.tier.0, policy.order, number)
}

/// How a policy binds a class in a direction: not, perhaps, or for certain.
pub(crate) fn binds(world: &World, policy: &Policy, subject: Member, direction: Direction) -> Member {
    let enforced = match world.tiers[policy.tier.0 as usize].enforced {
        Tri::Yes => Member::Yes,
        Tri::Unknown => Member::Perhaps,
        Tri::No => Member::No,
    };
    if policy.acts(direction) { subject.min(enforced) } else { Member::No }
}

/// What the end of a tier does to the ports no rule decided.
pub(crate) struct End {
    /// Ports the end denies, at least perhaps.
    pub(crate) denies: PortSet,
    /// Ports it denies for certain.
    pub(crate) certain: PortSet,
}

impl End {
    /// The end of a tier whose policies isolate the subject to this degree.
    pub(crate) fn of(world: &World, tier: u32, isolated: Member) -> Self {
        let tier = &world.tiers[tier as usize];
        if isolated == Member::No || tier.end == TierEnd::Pass {
            return Self { denies: PortSet::empty(), certain: PortSet::empty() };
        }
        if tier.layer == Layer::Mesh {
            // A mesh proxy sees TCP only; everything else goes past it.
            let tcp = PortSet::protocol(Proto::Tcp);
            let certain = if isolated == Member::Yes { tcp.clone() } else { PortSet::empty() };
            return Self { denies: tcp, certain };
        }
        let others = world.profile.isolates_other_protocols;
        let (denies, certain) = match others {
            Tri::Yes => (PortSet::all(), PortSet::all()),
            Tri::No => (PortSet::transport(), PortSet::transport()),
            Tri::Unknown => (PortSet::all(), PortSet::transport()),
        };
        let certain = if isolated == Member::Yes { certain } else { PortSet::empty() };
        Self { denies, certain }
    }
}

/// The ports of a rule at a destination of class `class`; `None` is an outside address, where names mean nothing.
pub(crate) fn ports_at(ports: &Ports, class: Option<&Class>) -> PortSet {
    let Some(class) = class.filter(|_| !ports.named.is_empty()) else {
        return ports.set.clone();
    };
    let mut out = ports.set.clone();
    for &(name, proto) in &ports.named {
        for port in class.resolve(name).filter(|port| proto.is_none_or(|proto| proto == port.proto)) {
            out = out.union(&PortSet::one(port.proto, port.port));
        }
    }
    out
}

/// For every port name some egress rule uses: the numbers it stands for and the classes where it does.
#[derive(Clone, Debug, Default)]
pub(crate) struct PortNames {
    table: hashbrown::HashMap<Sym, Vec<(Proto, u16, RoaringBitmap)>, rustc_hash::FxBuildHasher>,
}

impl PortNames {
    pub(crate) fn of(classes: &Classes) -> Self {
        let mut out = Self::default();
        for (number, class) in classes.list.iter().enumerate() {
            for port in &class.ports {
                let list = out.table.entry(port.name).or_default();
                let known = list.iter().position(|(proto, at, _)| (*proto, *at) == (port.proto, port.port));
                let index = known.unwrap_or_else(|| {
                    list.push((port.proto, port.port, RoaringBitmap::new()));
                    list.len() - 1
                });
                list[index].2.insert(number as u32);
            }
        }
        out
    }

    pub(crate) fn of_name(&self, name: Sym) -> &[(Proto, u16, RoaringBitmap)] {
        self.table.get(&name).map_or(&[], Vec::as_slice)
    }
}
