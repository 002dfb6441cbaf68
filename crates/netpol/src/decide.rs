//! One pair, one port: the verdict of one direction and what decided it.

use crate::compiled::{CompiledRule, End, ports_at};
use crate::index::Index;
use crate::matching::Member;
use crate::outcome::Verdict;
use crate::policy::{Action, Direction, Layer, PolicyId, Reason, TierId};

/// What decided a direction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum By {
    /// No policy says anything about the connection: it is allowed.
    Nothing,
    /// A rule of a policy.
    Rule {
        /// The policy.
        policy: PolicyId,
        /// What the caller knows the rule by.
        rule: u32,
    },
    /// No rule of these isolating policies matched.
    Isolation {
        /// The tier that ended.
        tier: TierId,
        /// The policies that isolate the subject there.
        policies: Vec<PolicyId>,
    },
    /// A pod and itself.
    Itself,
    /// A pod and its own node.
    OwnNode,
    /// Several endpoints claim the address that was asked about.
    SharedAddress,
    /// The subject is not bound by policies (an outside address, a node).
    Unbound,
}

/// The answer of one direction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decision {
    /// Allowed, denied or unknown.
    pub verdict: Verdict,
    /// What decided; for unknown, the first thing that could not be told.
    pub by: By,
    /// Why it is unknown, if it is; empty otherwise.
    pub reasons: Vec<Reason>,
    /// True when the unknown comes from the network plugin's undefined behaviour rather than from a rule's condition.
    pub plugin: bool,
}

impl Decision {
    /// A decision without policies.
    pub(crate) fn plain(verdict: Verdict, by: By) -> Self {
        Self { verdict, by, reasons: Vec::new(), plugin: false }
    }
}

/// What is possible while walking one layer.
#[derive(Default)]
struct Walk {
    allow: Option<By>,
    deny: Option<By>,
    first: Option<By>,
    reasons: Vec<Reason>,
    plugin: bool,
}

impl Walk {
    fn note(&mut self, action: Action, by: By) {
        let slot = match action {
            Action::Allow => &mut self.allow,
            Action::Deny => &mut self.deny,
            Action::Pass => return,
        };
        if self.first.is_none() {
            self.first = Some(by.clone());
        }
        slot.get_or_insert(by);
    }
}

/// How far one tier, or a place in it, got.
#[derive(Clone, Copy)]
struct Flow {
    /// The question may still be open.
    open: bool,
    /// It may have been passed on.
    passed: bool,
}

/// A question about one direction.
pub(crate) struct Question<'a> {
    pub(crate) index: &'a Index,
    pub(crate) subject: u32,
    pub(crate) partner: u32,
    pub(crate) direction: Direction,
    pub(crate) point: u32,
}

impl Question<'_> {
    /// Walks all layers.
    pub(crate) fn decide(&self) -> Decision {
        let bound = self.index.bound(self.subject, self.direction);
        let mut left = &*bound;
        let mut answer = Decision::plain(Verdict::Allowed, By::Nothing);
        for layer in Layer::ALL {
            let of_layer = left.iter().take_while(|&&entry| self.tier_of(entry).1 == layer).count();
            let (now, later) = left.split_at(of_layer);
            left = later;
            if now.is_empty() {
                continue;
            }
            let found = self.layer(now);
            let both = answer.verdict.and(found.verdict);
            if both != answer.verdict || answer.by == By::Nothing {
                answer = Decision { verdict: both, ..found };
            }
        }
        answer
    }

    fn tier_of(&self, entry: u32) -> (TierId, Layer) {
        let world = self.index.world();
        let tier = world.policies[(entry >> 1) as usize].tier;
        (tier, world.tiers[tier.0 as usize].layer)
    }

    fn layer(&self, bound: &[u32]) -> Decision {
        let mut walk = Walk::default();
        let mut left = bound;
        let mut open = true;
        while let (Some(&first), true) = (left.first(), open) {
            let tier = self.tier_of(first).0;
            let count = left.iter().take_while(|&&entry| self.tier_of(entry).0 == tier).count();
            let (now, later) = left.split_at(count);
            left = later;
            open = self.tier(tier, now, &mut walk);
        }
        if open && walk.deny.is_none() {
            let by = walk.allow.unwrap_or(By::Nothing);
            return Decision::plain(Verdict::Allowed, by);
        }
        let Walk { allow, deny, first, reasons, plugin } = walk;
        match (allow, deny) {
            (_, Some(_)) if open => {
                Decision { verdict: Verdict::Unknown, by: first.unwrap_or(By::Nothing), reasons, plugin }
            }
            (Some(_), Some(_)) => {
                Decision { verdict: Verdict::Unknown, by: first.unwrap_or(By::Nothing), reasons, plugin }
            }
            (Some(by), None) => Decision::plain(Verdict::Allowed, by),
            (None, Some(by)) => Decision::plain(Verdict::Denied, by),
            (None, None) => Decision::plain(Verdict::Allowed, By::Nothing),
        }
    }

    /// Walks one tier; true when the next tier is, or may be, asked.
    fn tier(&self, tier: TierId, bound: &[u32], walk: &mut Walk) -> bool {
        let world = self.index.world();
        let mut flow = Flow { open: true, passed: false };
        let mut left = bound;
        while let (Some(&first), true) = (left.first(), flow.open) {
            let order = world.policies[(first >> 1) as usize].order;
            let same = |entry: &&u32| world.policies[(**entry >> 1) as usize].order == order;
            let (now, later) = left.split_at(left.iter().take_while(same).count());
            left = later;
            // Each policy of one place may come first; what all of them leave open stays open.
            let mut all_open = true;
            let mut seen: Vec<(u32, Action)> = Vec::new();
            for &entry in now {
                let own = self.policy(entry, walk, &mut seen);
                all_open &= own.open;
                flow.passed |= own.passed;
            }
            flow.open = all_open;
            if seen.iter().any(|(_, action)| *action != seen[0].1) {
                walk.plugin |= now.len() > 1;
            }
        }
        let isolating =
            |entry: &&u32| world.policies[(**entry >> 1) as usize].isolates[self.direction as usize];
        let certain = bound.iter().filter(isolating).any(|entry| entry & 1 == 1);
        let any = bound.iter().any(|entry| isolating(&entry));
        let degree = match (certain, any) {
            (true, _) => Member::Yes,
            (false, true) => Member::Perhaps,
            _ => Member::No,
        };
        let end = End::of(world, tier.0, degree);
        if flow.open && end.denies.contains(self.point) {
            let policies = bound.iter().filter(isolating).map(|entry| PolicyId(entry >> 1)).collect();
            walk.note(Action::Deny, By::Isolation { tier, policies });
            flow.open = !end.certain.contains(self.point);
            walk.plugin |= flow.open;
        }
        flow.open || flow.passed
    }

    fn policy(&self, entry: u32, walk: &mut Walk, seen: &mut Vec<(u32, Action)>) -> Flow {
        let mut flow = Flow { open: true, passed: false };
        let number = entry >> 1;
        let policy = &self.index.world().policies[number as usize];
        let rules = &self.index.compiled[number as usize].rules[self.direction as usize];
        for (at, rule) in rules.iter().enumerate() {
            let member = self.matches(rule);
            if member == Member::No {
                continue;
            }
            let source = &policy.rules[self.direction as usize][at];
            let certain = member == Member::Yes && entry & 1 == 1;
            if !certain {
                walk.reasons.extend(source.condition);
                let mut reasons = Vec::new();
                source.peer.each(&mut |peer| {
                    if let crate::Peer::Perhaps(_, reason) = peer {
                        reasons.push(*reason);
                    }
                });
                walk.plugin |= source.condition.is_none() && reasons.is_empty();
                walk.reasons.extend(reasons);
            }
            seen.push((number, rule.action));
            flow.passed |= rule.action == Action::Pass;
            walk.note(rule.action, By::Rule { policy: PolicyId(number), rule: source.provenance });
            if certain {
                flow.open = false;
                break;
            }
        }
        flow
    }

    /// Whether the rule is about this connection.
    pub(crate) fn matches(&self, rule: &CompiledRule) -> Member {
        let peer = rule.peer.has(self.partner);
        if peer == Member::No {
            return Member::No;
        }
        let subject = rule.subject.as_ref().map_or(Member::Yes, |subject| subject.has(self.subject));
        let condition = if rule.conditional { Member::Perhaps } else { Member::Yes };
        if self.port_is_in(rule) { peer.min(subject).min(condition) } else { Member::No }
    }

    /// Whether the rule's ports hold the port; names are looked up on the destination.
    pub(crate) fn port_is_in(&self, rule: &CompiledRule) -> bool {
        let destination = match self.direction {
            Direction::Ingress => self.subject,
            Direction::Egress => self.partner,
        };
        let class = self.index.classes().list.get(destination as usize);
        if rule.ports.named.is_empty() {
            rule.ports.set.contains(self.point)
        } else {
            ports_at(&rule.ports, class).contains(self.point)
        }
    }
}
