//! A world made ready for questions.

use crate::classes::Classes;
use crate::compiled::{Bound, CompiledPolicy, PortNames, binds, evaluation_order, place};
use crate::matching::{Matcher, Member};
use crate::outcome::{OutcomeId, Outcomes};
use crate::policy::{Direction, Policy, PolicyId};
use crate::rows::{Row, Rows};
use crate::world::{EndpointId, EndpointKind, World};
use rustc_hash::FxBuildHasher;
use std::net::IpAddr;
use std::sync::Arc;

type FxMap<K, V> = hashbrown::HashMap<K, V, FxBuildHasher>;

/// What the row of a class depends on.
#[derive(Clone, PartialEq, Eq, Hash)]
struct RowKey {
    bound: Bound,
    /// Number of the class, when rules look at the subject itself (named ports, limits on the subject).
    class: Option<u32>,
}

/// All classes of a world, the policies that bind them, and their rows.
#[derive(Clone)]
pub struct Index {
    world: World,
    classes: Classes,
    names: PortNames,
    pub(crate) compiled: Vec<CompiledPolicy>,
    bound: [Vec<Bound>; 2],
    rows: [Vec<u32>; 2],
    table: Vec<Row>,
    known: [FxMap<RowKey, u32>; 2],
    pub(crate) outcomes: Outcomes,
    addresses: FxMap<IpAddr, Option<EndpointId>>,
}

impl Index {
    /// Groups the endpoints, looks up every selector and computes every row.
    pub fn new(world: World) -> Self {
        let classes = Classes::of(&world);
        let compiled = {
            let mut matcher = Matcher::new(&world, &classes);
            world.policies.iter().map(|policy| CompiledPolicy::new(policy, &mut matcher)).collect()
        };
        let names = PortNames::of(&classes);
        let addresses = owners(&world);
        let mut out = Self {
            world,
            classes,
            names,
            compiled,
            bound: [Vec::new(), Vec::new()],
            rows: [Vec::new(), Vec::new()],
            table: Vec::new(),
            known: [FxMap::default(), FxMap::default()],
            outcomes: Outcomes::default(),
            addresses,
        };
        out.bind_all();
        for direction in Direction::BOTH {
            let count = out.classes.list.len() as u32;
            out.rows[direction as usize] =
                (0..count).map(|class| out.compute_row(class, direction)).collect();
        }
        out
    }

    fn bind_all(&mut self) {
        let count = self.classes.list.len();
        let mut lists: [Vec<Vec<u32>>; 2] = [vec![Vec::new(); count], vec![Vec::new(); count]];
        for number in evaluation_order(&self.world) {
            let policy = &self.world.policies[number as usize];
            let subject = &self.compiled[number as usize].subject;
            let acting: Vec<Direction> =
                Direction::BOTH.into_iter().filter(|&direction| policy.acts(direction)).collect();
            if acting.is_empty() {
                continue;
            }
            for class in
                subject.possible(self.classes.partners()).iter().take_while(|&class| (class as usize) < count)
            {
                for &direction in &acting {
                    let member = binds(&self.world, policy, subject.has(class), direction);
                    if member != Member::No {
                        let entry = number << 1 | u32::from(member == Member::Yes);
                        lists[direction as usize][class as usize].push(entry);
                    }
                }
            }
        }
        let mut shared: FxMap<Bound, ()> = FxMap::default();
        self.bound = lists.map(|lists| lists.into_iter().map(|list| share(&mut shared, list)).collect());
    }

    fn compute_row(&mut self, class: u32, direction: Direction) -> u32 {
        let bound = Arc::clone(&self.bound[direction as usize][class as usize]);
        let personal = bound.iter().any(|entry| {
            self.compiled[(entry >> 1) as usize].rules[direction as usize].iter().any(|rule| {
                rule.subject.is_some() || (direction == Direction::Ingress && !rule.ports.named.is_empty())
            })
        });
        let key = RowKey { bound, class: personal.then_some(class) };
        if let Some(&row) = self.known[direction as usize].get(&key) {
            return row;
        }
        let rows = Rows {
            world: &self.world,
            classes: &self.classes,
            compiled: &self.compiled,
            names: &self.names,
            skip: None,
        };
        let row = rows.row(class, direction, &key.bound, &mut self.outcomes);
        self.table.push(row);
        let number = self.table.len() as u32 - 1;
        self.known[direction as usize].insert(key, number);
        number
    }

    /// The input.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The classes.
    pub fn classes(&self) -> &Classes {
        &self.classes
    }

    pub(crate) fn addresses(&self) -> &FxMap<IpAddr, Option<EndpointId>> {
        &self.addresses
    }

    /// The different outcomes.
    pub fn outcomes(&self) -> &Outcomes {
        &self.outcomes
    }

    /// The policies that bind a class in a direction, in evaluation order: `policy << 1 | certain`.
    pub(crate) fn bound(&self, class: u32, direction: Direction) -> Bound {
        Arc::clone(&self.bound[direction as usize][class as usize])
    }

    /// The policies that bind a class in a direction, in evaluation order; false marks those that bind it perhaps.
    pub fn policies_of(
        &self,
        class: u32,
        direction: Direction,
    ) -> impl Iterator<Item = (PolicyId, bool)> + '_ {
        let bound = &self.bound[direction as usize][class as usize];
        bound.iter().map(|entry| (PolicyId(entry >> 1), entry & 1 == 1))
    }

    pub(crate) fn world_mut(&mut self) -> &mut World {
        &mut self.world
    }

    /// True when a class's row stays the same without a rule of a policy, or without the whole policy.
    pub(crate) fn row_stays_without(
        &self,
        class: u32,
        direction: Direction,
        policy: u32,
        rule: Option<usize>,
    ) -> bool {
        let bound = self.bound(class, direction);
        if bound.iter().all(|entry| entry >> 1 != policy) {
            return true;
        }
        let kept: Vec<u32> = match rule {
            Some(_) => bound.to_vec(),
            None => bound.iter().copied().filter(|entry| entry >> 1 != policy).collect(),
        };
        let rows = Rows {
            world: &self.world,
            classes: &self.classes,
            compiled: &self.compiled,
            names: &self.names,
            skip: rule.map(|rule| (policy, rule)),
        };
        let mut outcomes = Outcomes::default();
        let row = rows.row(class, direction, &kept, &mut outcomes);
        row.says_the_same(&outcomes, self.row(class, direction), &self.outcomes, self.classes.partners())
    }

    /// True when rules of two policies with different actions can meet on one connection.
    pub(crate) fn disagree(&self, a: u32, b: u32, direction: Direction) -> bool {
        let partners = self.classes.partners();
        let (left, right) = (&self.compiled[a as usize], &self.compiled[b as usize]);
        if left.subject.possible(partners).is_disjoint(&right.subject.possible(partners)) {
            return false;
        }
        left.rules[direction as usize].iter().any(|one| {
            right.rules[direction as usize].iter().any(|other| {
                let named = !one.ports.named.is_empty() || !other.ports.named.is_empty();
                one.action != other.action
                    && (named || !one.ports.set.intersect(&other.ports.set).is_empty())
                    && !one.peer.possible(partners).is_disjoint(&other.peer.possible(partners))
            })
        })
    }

    /// The classes a policy binds, at least perhaps.
    pub fn subjects_of(&self, policy: PolicyId) -> Vec<u32> {
        let subject = &self.compiled[policy.0 as usize].subject;
        let count = self.classes.list.len() as u32;
        subject.possible(self.classes.partners()).iter().take_while(|&class| class < count).collect()
    }

    /// The outcomes of a class towards all partners.
    pub fn row(&self, class: u32, direction: Direction) -> &Row {
        &self.table[self.row_number(class, direction) as usize]
    }

    pub(crate) fn row_number(&self, class: u32, direction: Direction) -> u32 {
        self.rows[direction as usize][class as usize]
    }

    /// What holds for connections from one class to another: both sides must agree.
    pub fn outcome(&mut self, from: u32, to: u32) -> OutcomeId {
        let out = self.row(from, Direction::Egress).outcome(to);
        let into = self.row(to, Direction::Ingress).outcome(from);
        self.outcomes.meet(out, into)
    }

    /// Puts a changed policy in the place of an old one and recomputes only what it touches. True when the classes
    /// had to be made anew because the policy looks at something no policy looked at before.
    pub fn replace_policy(&mut self, id: PolicyId, policy: Policy) -> bool {
        let before = self.subjects_of(id);
        let moved = {
            let old = &self.world.policies[id.0 as usize];
            (old.tier, old.order) != (policy.tier, policy.order)
        };
        self.world.policies[id.0 as usize] = policy;
        if !self.classes.fit(&self.world) {
            *self = Self::new(std::mem::replace(&mut self.world, World::new(crate::Profile::spec())));
            return true;
        }
        self.compiled[id.0 as usize] = {
            let mut matcher = Matcher::new(&self.world, &self.classes);
            CompiledPolicy::new(&self.world.policies[id.0 as usize], &mut matcher)
        };
        let mut touched = before;
        touched.extend(self.subjects_of(id));
        touched.sort_unstable();
        touched.dedup();
        // Rows remembered for lists that hold the policy are of its old form.
        for known in &mut self.known {
            known.retain(|key, _| key.bound.iter().all(|entry| entry >> 1 != id.0));
        }
        for direction in Direction::BOTH {
            for &class in &touched {
                self.rebind(id, class, direction, moved);
                let row = self.compute_row(class, direction);
                self.rows[direction as usize][class as usize] = row;
            }
        }
        false
    }

    fn rebind(&mut self, id: PolicyId, class: u32, direction: Direction, moved: bool) {
        let policy = &self.world.policies[id.0 as usize];
        let subject = self.compiled[id.0 as usize].subject.has(class);
        let member = binds(&self.world, policy, subject, direction);
        let slot = &mut self.bound[direction as usize][class as usize];
        let mut list: Vec<u32> = slot.iter().copied().filter(|entry| entry >> 1 != id.0).collect();
        if member != Member::No {
            let own = place(&self.world, id.0);
            let at = list.partition_point(|entry| place(&self.world, entry >> 1) < own);
            list.insert(at, id.0 << 1 | u32::from(member == Member::Yes));
        }
        if moved || **slot != *list {
            *slot = list.into();
        }
    }
}

fn share(shared: &mut FxMap<Bound, ()>, list: Vec<u32>) -> Bound {
    if let Some((known, ())) = shared.get_key_value(list.as_slice()) {
        return Arc::clone(known);
    }
    let list: Bound = list.into();
    shared.insert(Arc::clone(&list), ());
    list
}

/// Who owns which address. An address several endpoints claim belongs to none for certain; nodes win over
/// hostNetwork pods.
fn owners(world: &World) -> FxMap<IpAddr, Option<EndpointId>> {
    let mut owners: FxMap<IpAddr, Option<EndpointId>> = FxMap::default();
    for (number, endpoint) in world.endpoints.iter().enumerate() {
        if endpoint.network == EndpointKind::HostPod {
            continue;
        }
        for &address in &endpoint.addresses {
            let id = EndpointId(number as u32);
            owners.entry(address).and_modify(|owner| *owner = None).or_insert(Some(id));
        }
    }
    owners
}
