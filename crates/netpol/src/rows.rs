//! Whole rows at once: for a subject and a direction, all partners grouped by outcome.
//!
//! Partners start in one group with every port undecided. A rule splits each group into those it names and the rest
//! and moves the decided ports of the first; groups in equal state are joined. The number of groups stays close to the
//! number of different answers, whatever the number of partners.

use crate::classes::Classes;
use crate::compiled::{CompiledPolicy, CompiledRule, End, PortNames, ports_at};
use crate::matching::{Matched, Member};
use crate::outcome::{Outcome, OutcomeId, Outcomes};
use crate::policy::{Action, Direction, Layer};
use crate::ports::PortSet;
use crate::world::World;
use roaring::RoaringBitmap;
use rustc_hash::FxBuildHasher;
use std::sync::Arc;

/// The outcomes of one subject towards every partner in one direction.
#[derive(Clone, Debug)]
pub struct Row {
    /// The outcome of every partner that is in no part.
    pub rest: OutcomeId,
    /// Partners with another outcome; disjoint, ordered by outcome.
    pub parts: Vec<(OutcomeId, Arc<RoaringBitmap>)>,
}

impl Row {
    /// The outcome towards one partner.
    pub fn outcome(&self, partner: u32) -> OutcomeId {
        self.parts.iter().find(|(_, set)| set.contains(partner)).map_or(self.rest, |(outcome, _)| *outcome)
    }
}

impl Row {
    /// True when both rows give every partner an equal outcome.
    pub(crate) fn says_the_same(
        &self,
        own: &Outcomes,
        other: &Self,
        theirs: &Outcomes,
        partners: u32,
    ) -> bool {
        let mut everyone = RoaringBitmap::new();
        everyone.insert_range(0..partners);
        let groups = |row: &Self| {
            let mut rest = everyone.clone();
            row.parts.iter().for_each(|(_, set)| rest -= &**set);
            let parts = row.parts.iter().map(|(outcome, set)| (*outcome, (**set).clone()));
            parts.chain([(row.rest, rest)]).filter(|(_, set)| !set.is_empty()).collect::<Vec<_>>()
        };
        let (left, right) = (groups(self), groups(other));
        left.len() == right.len()
            && left.iter().all(|(outcome, set)| {
                let same = |(id, known): &&(OutcomeId, RoaringBitmap)| {
                    known == set && theirs.get(*id) == own.get(*outcome)
                };
                right.iter().any(|group| same(&group))
            })
    }
}

/// Where the ports of one group stand during the walk.
#[derive(Clone, PartialEq, Eq, Hash)]
struct State {
    /// Result of the layers already walked.
    before: Outcome,
    /// Not decided yet, at least perhaps.
    open: PortSet,
    /// Passed on to the next tier, at least perhaps.
    passed: PortSet,
    allow: PortSet,
    deny: PortSet,
}

impl State {
    fn new() -> Self {
        let none = PortSet::empty;
        Self { before: Outcome::open(), open: PortSet::all(), passed: none(), allow: none(), deny: none() }
    }

    fn apply(&mut self, action: Action, ports: &PortSet, certain: bool) {
        let hit = ports.intersect(&self.open);
        if hit.is_empty() {
            return;
        }
        match action {
            Action::Allow => self.allow = self.allow.union(&hit),
            Action::Deny => self.deny = self.deny.union(&hit),
            Action::Pass => self.passed = self.passed.union(&hit),
        }
        if certain {
            self.open = self.open.minus(&hit);
        }
    }

    fn end_tier(&mut self, end: &End) {
        self.deny = self.deny.union(&self.open.intersect(&end.denies));
        self.open = self.open.minus(&end.certain).union(&self.passed);
        self.passed = PortSet::empty();
    }

    fn end_layer(&mut self) {
        let layer =
            Outcome { may_allow: self.allow.union(&self.open), may_deny: std::mem::take(&mut self.deny) };
        self.before = self.before.and(&layer);
        self.open = PortSet::all();
        self.allow = PortSet::empty();
    }
}

/// The groups of partners: explicit ones and the rest.
struct Groups {
    listed: Vec<(RoaringBitmap, State)>,
    seen: RoaringBitmap,
    rest: State,
}

impl Groups {
    fn apply(&mut self, rule: &Step<'_>) {
        let (must, may) = match &rule.peer {
            Matched::All => {
                self.each(|state| state.apply(rule.action, &rule.ports, rule.certain));
                return;
            }
            Matched::Exact(set) => (set, set),
            Matched::Between(must, may) => (must, may),
        };
        if may.is_empty() {
            return;
        }
        if rule.certain && !must.is_empty() {
            self.split(must, rule, true);
            if must.len() < may.len() {
                self.split(&(&**may - &**must), rule, false);
            }
        } else {
            self.split(may, rule, false);
        }
    }

    fn each(&mut self, change: impl Fn(&mut State)) {
        self.listed.iter_mut().for_each(|(_, state)| change(state));
        change(&mut self.rest);
    }

    fn split(&mut self, members: &RoaringBitmap, rule: &Step<'_>, certain: bool) {
        let mut moved = Vec::new();
        for (set, state) in &mut self.listed {
            let mut changed = state.clone();
            changed.apply(rule.action, &rule.ports, certain);
            if changed == *state || set.is_disjoint(members) {
                continue;
            }
            if set.is_subset(members) {
                *state = changed;
            } else {
                moved.push((&*set & members, changed));
                *set -= members;
            }
        }
        self.listed.extend(moved);
        let mut changed = self.rest.clone();
        changed.apply(rule.action, &rule.ports, certain);
        if changed != self.rest {
            let fresh = members - &self.seen;
            if !fresh.is_empty() {
                self.seen |= &fresh;
                self.listed.push((fresh, changed));
            }
        }
        if self.listed.len() > 24 {
            self.join();
        }
    }

    fn join(&mut self) {
        let mut index: hashbrown::HashMap<State, usize, FxBuildHasher> = hashbrown::HashMap::default();
        let mut joined: Vec<(RoaringBitmap, State)> = Vec::with_capacity(self.listed.len());
        for (set, state) in self.listed.drain(..) {
            if state == self.rest {
                self.seen -= set;
                continue;
            }
            match index.get(&state) {
                Some(&at) => joined[at].0 |= set,
                None => {
                    index.insert(state.clone(), joined.len());
                    joined.push((set, state));
                }
            }
        }
        self.listed = joined;
    }
}

/// One rule ready to be applied to groups.
struct Step<'a> {
    action: Action,
    peer: Matched,
    ports: std::borrow::Cow<'a, PortSet>,
    certain: bool,
}

/// Everything a row needs to know.
pub(crate) struct Rows<'a> {
    pub(crate) world: &'a World,
    pub(crate) classes: &'a Classes,
    pub(crate) compiled: &'a [CompiledPolicy],
    pub(crate) names: &'a PortNames,
    /// A rule (policy, index) to leave out.
    pub(crate) skip: Option<(u32, usize)>,
}

impl<'a> Rows<'a> {
    /// The row of `class` when `bound` are the policies that bind it.
    pub(crate) fn row(
        &self,
        class: u32,
        direction: Direction,
        bound: &[u32],
        outcomes: &mut Outcomes,
    ) -> Row {
        let mut groups = Groups { listed: Vec::new(), seen: RoaringBitmap::new(), rest: State::new() };
        let mut left = bound;
        for layer in Layer::ALL {
            while let Some(&first) = left.first() {
                let tier = self.world.policies[(first >> 1) as usize].tier;
                if self.world.tiers[tier.0 as usize].layer != layer {
                    break;
                }
                let of_tier = |entry: &u32| self.world.policies[(entry >> 1) as usize].tier == tier;
                let (now, later) = left.split_at(left.iter().take_while(|entry| of_tier(entry)).count());
                self.tier(class, direction, now, &mut groups);
                groups.join();
                left = later;
            }
            groups.each(State::end_layer);
        }
        groups.join();
        self.finish(groups, outcomes)
    }

    fn tier(&self, class: u32, direction: Direction, bound: &[u32], groups: &mut Groups) {
        let policy = |entry: u32| &self.world.policies[(entry >> 1) as usize];
        let mut left = bound;
        while let Some(&first) = left.first() {
            let order = policy(first).order;
            let (now, later) =
                left.split_at(left.iter().take_while(|&&entry| policy(entry).order == order).count());
            let lists: Vec<Vec<Step<'_>>> =
                now.iter().map(|&entry| self.steps(class, direction, entry)).collect();
            let mut actions = lists.iter().flatten().map(|step| step.action);
            let first = actions.next();
            if now.len() == 1 || actions.all(|action| Some(action) == first) {
                let steps: Vec<Step<'_>> = lists.into_iter().flatten().collect();
                sequence(groups, &steps);
            } else {
                any_order(groups, lists);
            }
            left = later;
        }
        let isolated = bound.iter().filter(|&&entry| policy(entry).isolates[direction as usize]);
        let isolated = isolated.map(|entry| if entry & 1 == 1 { Member::Yes } else { Member::Perhaps }).max();
        let tier = policy(bound[0]).tier.0;
        let end = End::of(self.world, tier, isolated.unwrap_or(Member::No));
        groups.each(|state| state.end_tier(&end));
    }

    fn steps(&self, class: u32, direction: Direction, entry: u32) -> Vec<Step<'a>> {
        let rules = &self.compiled[(entry >> 1) as usize].rules[direction as usize];
        let mut out = Vec::with_capacity(rules.len());
        for (at, rule) in rules.iter().enumerate() {
            if self.skip == Some((entry >> 1, at)) {
                continue;
            }
            let subject = rule.subject.as_ref().map_or(Member::Yes, |subject| subject.has(class));
            if subject == Member::No {
                continue;
            }
            let certain = entry & 1 == 1 && subject == Member::Yes && !rule.conditional;
            match direction {
                Direction::Ingress => {
                    let ports = if rule.ports.named.is_empty() {
                        std::borrow::Cow::Borrowed(&rule.ports.set)
                    } else {
                        let class = &self.classes.list[class as usize];
                        std::borrow::Cow::Owned(ports_at(&rule.ports, Some(class)))
                    };
                    out.push(Step { action: rule.action, peer: rule.peer.clone(), ports, certain });
                }
                Direction::Egress => self.egress_steps(rule, certain, &mut out),
            }
        }
        out
    }

    /// Names are numbers only at the destination: one step for the numbers, one per meaning of each name.
    fn egress_steps(&self, rule: &'a CompiledRule, certain: bool, out: &mut Vec<Step<'a>>) {
        let numbers = std::borrow::Cow::Borrowed(&rule.ports.set);
        out.push(Step { action: rule.action, peer: rule.peer.clone(), ports: numbers, certain });
        for &(name, wanted) in &rule.ports.named {
            let meanings = self.names.of_name(name).iter();
            for (proto, port, carriers) in
                meanings.filter(|(proto, ..)| wanted.is_none_or(|one| one == *proto))
            {
                let (mut must, mut may) = self.sets(&rule.peer);
                must &= carriers;
                may &= carriers;
                let ports = std::borrow::Cow::Owned(PortSet::one(*proto, *port));
                let peer = Matched::Between(Arc::new(must), Arc::new(may));
                out.push(Step { action: rule.action, peer, ports, certain });
            }
        }
    }

    fn sets(&self, peer: &Matched) -> (RoaringBitmap, RoaringBitmap) {
        peer.sets(self.classes.partners())
    }

    fn finish(&self, groups: Groups, outcomes: &mut Outcomes) -> Row {
        let all = u64::from(self.classes.partners());
        let mut rest_size = all - groups.seen.len();
        let mut rest = outcomes.intern(groups.rest.before);
        let mut by_outcome: Vec<(OutcomeId, RoaringBitmap)> = Vec::new();
        for (set, state) in groups.listed {
            let outcome = outcomes.intern(state.before);
            match by_outcome.iter_mut().find(|(known, _)| *known == outcome) {
                Some((_, known)) => *known |= set,
                None => by_outcome.push((outcome, set)),
            }
        }
        if let Some(at) = by_outcome.iter().position(|(outcome, _)| *outcome == rest) {
            rest_size += by_outcome.swap_remove(at).1.len();
        }
        // The largest group is the one that is not written down.
        let largest = by_outcome.iter().enumerate().max_by_key(|(_, (_, set))| set.len());
        if let Some((at, _)) = largest.filter(|(_, (_, set))| set.len() > rest_size) {
            let mut complement = RoaringBitmap::new();
            complement.insert_range(0..self.classes.partners());
            for (_, set) in &by_outcome {
                complement -= set;
            }
            let (outcome, _) = by_outcome.swap_remove(at);
            if !complement.is_empty() {
                by_outcome.push((rest, complement));
            }
            rest = outcome;
        }
        by_outcome.sort_by_key(|(outcome, _)| *outcome);
        let parts = by_outcome.into_iter().map(|(outcome, mut set)| {
            set.optimize();
            (outcome, Arc::new(set))
        });
        Row { rest, parts: parts.collect() }
    }
}

/// Rules in order. Neighbours with one action and equal ports commute, so their partners are united first.
fn sequence(groups: &mut Groups, steps: &[Step<'_>]) {
    let mut at = 0;
    while at < steps.len() {
        let action = steps[at].action;
        let run = steps[at..].iter().take_while(|step| step.action == action).count();
        let mut united: Vec<Step<'_>> = Vec::new();
        for step in &steps[at..at + run] {
            let same = |known: &&mut Step<'_>| {
                let both = matches!((&known.peer, &step.peer), (Matched::Exact(_), Matched::Exact(_)));
                both && known.ports == step.ports && known.certain == step.certain
            };
            match united.iter_mut().find(same) {
                Some(known) => unite(&mut known.peer, &step.peer),
                None => united.push(Step {
                    action,
                    peer: step.peer.clone(),
                    ports: step.ports.clone(),
                    certain: step.certain,
                }),
            }
        }
        // Certain rules first: what they decide, an uncertain rule of the same action adds nothing to.
        united.sort_by_key(|step| !step.certain);
        united.iter().for_each(|step| groups.apply(step));
        at += run;
    }
}

fn unite(known: &mut Matched, more: &Matched) {
    if let (Matched::Exact(known), Matched::Exact(more)) = (known, more) {
        *Arc::make_mut(known) |= &**more;
    }
}

/// Policies whose order is undefined: each may come first, so the first match of each is possible.
fn any_order(groups: &mut Groups, lists: Vec<Vec<Step<'_>>>) {
    let start =
        Groups { listed: groups.listed.clone(), seen: groups.seen.clone(), rest: groups.rest.clone() };
    let mut merged: Option<Groups> = None;
    for list in lists {
        let mut own =
            Groups { listed: start.listed.clone(), seen: start.seen.clone(), rest: start.rest.clone() };
        sequence(&mut own, &list);
        merged = Some(match merged {
            None => own,
            Some(before) => overlay(before, own),
        });
    }
    if let Some(merged) = merged {
        *groups = merged;
    }
}

/// Both walks started alike: decisions of either are possible, open stays what both left open.
fn overlay(left: Groups, right: Groups) -> Groups {
    let both = |a: &State, b: &State| State {
        before: a.before.clone(),
        open: a.open.intersect(&b.open),
        passed: a.passed.union(&b.passed),
        allow: a.allow.union(&b.allow),
        deny: a.deny.union(&b.deny),
    };
    let mut listed = Vec::new();
    for (set, state) in &left.listed {
        for (other, theirs) in &right.listed {
            let common = set & other;
            if !common.is_empty() {
                listed.push((common, both(state, theirs)));
            }
        }
        let alone = set - &right.seen;
        if !alone.is_empty() {
            listed.push((alone, both(state, &right.rest)));
        }
    }
    for (other, theirs) in &right.listed {
        let alone = other - &left.seen;
        if !alone.is_empty() {
            listed.push((alone, both(&left.rest, theirs)));
        }
    }
    let mut out = Groups { listed, seen: left.seen | right.seen, rest: both(&left.rest, &right.rest) };
    out.join();
    out
}
