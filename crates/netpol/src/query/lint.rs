//! Policies that do not do what they look like.

use crate::index::Index;
use crate::matching::{Matcher, Role};
use crate::policy::{Action, Direction, NamespaceId, Peer, PolicyId, Rule, Tier};
use crate::ports::Proto;
use crate::profile::Tri;
use crate::world::EndpointKind;

/// What is wrong.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum LintKind {
    /// The policy binds no endpoint.
    SelectsNothing,
    /// A selector of a rule matches no endpoint.
    PeerSelectsNothing,
    /// No destination of the rule has a port of that name.
    NoSuchPort(String),
    /// An address block that pods get their addresses from: what it does depends on the network plugin.
    BlockCoversPods(String),
    /// Without the rule every answer stays the same.
    RuleChangesNothing,
    /// Without the policy every answer stays the same.
    PolicyChangesNothing,
    /// The plugin does not enforce policies of this kind, or nobody knows.
    NotEnforced(Standing),
    /// Two policies of one place in the order disagree about some connection.
    OrderUndefined(PolicyId),
    /// A pod is limited in what it may open, and can open something, but no name server.
    NoDns,
    /// Some pods of the namespace are isolated in this direction and some are not.
    PartlyIsolated(NamespaceId, Direction),
}

/// How sure it is that a policy is void.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Standing {
    /// It is void.
    Void,
    /// Nobody can tell.
    Unclear,
}

/// One finding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lint {
    /// What is wrong.
    pub kind: LintKind,
    /// The policy; `None` for findings about endpoints.
    pub policy: Option<PolicyId>,
    /// What the caller knows the rule by, for findings about a rule.
    pub rule: Option<u32>,
    /// The class, for findings about endpoints.
    pub class: Option<u32>,
}

/// All findings, policies first, in policy order.
pub fn lint(index: &Index) -> Vec<Lint> {
    let mut out = Vec::new();
    let world = index.world();
    let mut matcher = Matcher::new(world, index.classes());
    for number in 0..world.policies.len() as u32 {
        let id = PolicyId(number);
        let policy = &world.policies[number as usize];
        let found = |kind, rule| Lint { kind, policy: Some(id), rule, class: None };
        match world.tiers[policy.tier.0 as usize].enforced {
            Tri::Yes => {}
            Tri::No => out.push(found(LintKind::NotEnforced(Standing::Void), None)),
            Tri::Unknown => out.push(found(LintKind::NotEnforced(Standing::Unclear), None)),
        }
        let subjects = index.subjects_of(id);
        if subjects.is_empty() {
            out.push(found(LintKind::SelectsNothing, None));
            continue;
        }
        let mut decides = false;
        for direction in Direction::BOTH {
            for (at, rule) in policy.rules[direction as usize].iter().enumerate() {
                for kind in rule_lints(index, &mut matcher, &subjects, direction, rule) {
                    out.push(found(kind, Some(rule.provenance)));
                }
                if changes_nothing(index, &subjects, direction, number, Some(at)) {
                    out.push(found(LintKind::RuleChangesNothing, Some(rule.provenance)));
                }
            }
            decides |= !changes_nothing(index, &subjects, direction, number, None);
        }
        // A policy without rules is there for pods that come later.
        let guards = policy.rules.iter().all(Vec::is_empty);
        if !decides && !guards {
            out.push(found(LintKind::PolicyChangesNothing, None));
        }
    }
    ambiguous(index, &mut out);
    endpoints(index, &mut out);
    out
}

fn changes_nothing(
    index: &Index,
    subjects: &[u32],
    direction: Direction,
    policy: u32,
    rule: Option<usize>,
) -> bool {
    subjects.iter().all(|&class| index.row_stays_without(class, direction, policy, rule))
}

fn rule_lints<'a>(
    index: &'a Index,
    matcher: &mut Matcher<'a>,
    subjects: &[u32],
    direction: Direction,
    rule: &'a Rule,
) -> Vec<LintKind> {
    let world = index.world();
    let mut out = Vec::new();
    let mut selectors = Vec::new();
    collect(&rule.peer, &mut selectors);
    for part in selectors {
        match part {
            Peer::Pods(_) if matcher.find(Role::Partner, part).is_empty() => {
                out.push(LintKind::PeerSelectsNothing);
            }
            Peer::Block(block, _) => {
                let inside = |class: &crate::Class| {
                    let range = index.classes().atoms.of_block(*block);
                    class.network == EndpointKind::Pod && class.atoms.iter().any(|atom| range.contains(atom))
                };
                let pools = world.pod_blocks.iter().any(|pool| pool.overlaps(*block));
                // The whole address space is meant as "anywhere", not as a block of pods.
                if !block.is_everything() && (pools || index.classes().list.iter().any(inside)) {
                    out.push(LintKind::BlockCoversPods(block.to_string()));
                }
            }
            _ => {}
        }
    }
    let destinations: Vec<u32> = match direction {
        Direction::Ingress => subjects.to_vec(),
        Direction::Egress => {
            let partners = matcher.find(Role::Partner, &rule.peer).possible(index.classes().partners());
            let classes = index.classes().list.len() as u32;
            partners.iter().take_while(|&class| class < classes).collect()
        }
    };
    for &(name, proto) in &rule.ports.named {
        let fits = |class: &u32| {
            let mut ports = index.classes().list[*class as usize].resolve(name);
            ports.any(|port| proto.is_none_or(|proto| proto == port.proto))
        };
        if !destinations.is_empty() && !destinations.iter().any(fits) {
            out.push(LintKind::NoSuchPort(world.symbols.text(name).to_owned()));
        }
    }
    out
}

fn collect<'a>(peer: &'a Peer, out: &mut Vec<&'a Peer>) {
    match peer {
        Peer::AllOf(parts) | Peer::AnyOf(parts) => parts.iter().for_each(|part| collect(part, out)),
        Peer::Perhaps(inner, _) => collect(inner, out),
        // What a negation excludes may well be empty.
        Peer::Not(_) => {}
        other => out.push(other),
    }
}

fn ambiguous(index: &Index, out: &mut Vec<Lint>) {
    out.extend(undefined_orders(index, |_| true).into_iter().map(|(first, second)| {
        let kind = LintKind::OrderUndefined(second);
        Lint { kind, policy: Some(first), rule: None, class: None }
    }));
}

/// Policies of one place in the order that disagree about some connection, of the tiers that are asked for.
pub fn undefined_orders(index: &Index, of: impl Fn(&Tier) -> bool) -> Vec<(PolicyId, PolicyId)> {
    let world = index.world();
    let mut out = Vec::new();
    let asked = |number: &u32| of(&world.tiers[world.policies[*number as usize].tier.0 as usize]);
    let mut order: Vec<u32> = (0..world.policies.len() as u32).filter(asked).collect();
    let place = |number: u32| (world.policies[number as usize].tier, world.policies[number as usize].order);
    order.sort_by_key(|&number| place(number));
    for group in order.chunk_by(|&a, &b| place(a) == place(b)) {
        let mut actions =
            group.iter().flat_map(|&number| world.policies[number as usize].rules.iter().flatten());
        let first = actions.next().map(|rule| rule.action);
        if actions.all(|rule| Some(rule.action) == first) {
            continue;
        }
        for (at, &a) in group.iter().enumerate() {
            for &b in &group[at + 1..] {
                if Direction::BOTH.into_iter().any(|direction| index.disagree(a, b, direction)) {
                    out.push((PolicyId(a), PolicyId(b)));
                }
            }
        }
    }
    out
}

/// A part of a rule's peers that matches no endpoint.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EmptyPeer {
    /// The policy.
    pub policy: PolicyId,
    /// What the caller knows the rule by.
    pub rule: u32,
    /// Its place among the rule's peers, where these are a plain list.
    pub part: Option<usize>,
}

/// Every selector of pods in a rule that matches nothing.
pub fn empty_peers(index: &Index) -> Vec<EmptyPeer> {
    let world = index.world();
    let mut matcher = Matcher::new(world, index.classes());
    let mut out = Vec::new();
    for (policy, number) in world.policies.iter().zip(0..) {
        for rule in policy.rules.iter().flatten() {
            let (parts, is_list): (&[Peer], bool) = match &rule.peer {
                Peer::AnyOf(parts) => (parts, true),
                other => (std::slice::from_ref(other), false),
            };
            for (at, part) in parts.iter().enumerate() {
                let mut selectors = Vec::new();
                collect(part, &mut selectors);
                let mut pods = selectors.into_iter().filter(|peer| matches!(peer, Peer::Pods(_)));
                if pods.any(|peer| matcher.find(Role::Partner, peer).is_empty()) {
                    let part = is_list.then_some(at);
                    out.push(EmptyPeer { policy: PolicyId(number), rule: rule.provenance, part });
                }
            }
        }
    }
    out
}

fn endpoints(index: &Index, out: &mut Vec<Lint>) {
    let world = index.world();
    let dns = [Proto::Udp.at(53), Proto::Tcp.at(53)];
    let isolated = |class: u32, direction: Direction| {
        index
            .policies_of(class, direction)
            .any(|(id, _)| world.policies[id.0 as usize].isolates[direction as usize])
    };
    let pods = || {
        let list = index.classes().list.iter().enumerate();
        list.filter(|(_, class)| class.network == EndpointKind::Pod).map(|(number, _)| number as u32)
    };
    for class in pods().filter(|&class| isolated(class, Direction::Egress)) {
        let row = index.row(class, Direction::Egress);
        let outcomes = || std::iter::once(row.rest).chain(row.parts.iter().map(|part| part.0));
        let opens = |test: &dyn Fn(&crate::PortSet) -> bool| {
            outcomes().any(|id| test(&index.outcomes().get(id).may_allow))
        };
        let anything = opens(&|ports| !ports.intersect(&crate::PortSet::transport()).is_empty());
        // A rule for name servers that are not among the endpoints read is a rule all the same.
        let meant = index.policies_of(class, Direction::Egress).any(|(id, _)| {
            let rules = &world.policies[id.0 as usize].rules[Direction::Egress as usize];
            rules.iter().any(|rule| {
                rule.action == Action::Allow
                    && !rule.peer.is_nobody()
                    && dns.iter().any(|point| rule.ports.set.contains(*point))
            })
        });
        if anything && !meant && !opens(&|ports| dns.iter().any(|point| ports.contains(*point))) {
            out.push(Lint { kind: LintKind::NoDns, policy: None, rule: None, class: Some(class) });
        }
    }
    let mut seen: Vec<[(bool, Option<u32>); 2]> = vec![[(false, None); 2]; world.namespaces.len()];
    for class in pods() {
        for id in &index.classes().list[class as usize].members {
            let Some(namespace) = world.endpoints[id.0 as usize].namespace else { continue };
            for direction in Direction::BOTH {
                let slot = &mut seen[namespace.0 as usize][direction as usize];
                match isolated(class, direction) {
                    true => slot.0 = true,
                    false => slot.1 = slot.1.or(Some(class)),
                }
            }
        }
    }
    for (number, slots) in seen.into_iter().enumerate() {
        for (direction, slot) in Direction::BOTH.into_iter().zip(slots) {
            if let (true, Some(class)) = slot {
                let kind = LintKind::PartlyIsolated(NamespaceId(number as u32), direction);
                out.push(Lint { kind, policy: None, rule: None, class: Some(class) });
            }
        }
    }
}
