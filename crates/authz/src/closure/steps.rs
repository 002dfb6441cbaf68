//! The steps that one identity can take, from the rights it holds in each scope.

use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use super::rights::{self, Held};
use super::techniques::{Gain, Technique};
use crate::intern::Sym;
use crate::rbac::{Grant, Policy, Principal, RuleId};

/// One step that rights allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step<'a> {
    /// Id in the technique catalogue.
    pub technique: &'static str,
    /// What it leads to.
    pub gain: Gain,
    /// What must also be true; empty if the step is certain.
    pub condition: &'static str,
    /// Namespace in which the rights are held; none for the whole cluster.
    pub namespace: Option<&'a str>,
    /// Whether the rights are for certain names only.
    pub named: bool,
}

/// A step in the policy's symbols.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Move {
    /// None for what holding every right means by itself.
    pub(super) technique: Option<&'static Technique>,
    pub(super) gain: Gain,
    /// Namespace, or empty for the cluster.
    pub(super) scope: Sym,
    /// The only names; empty for all.
    pub(super) names: Vec<Sym>,
}

impl Move {
    pub(super) fn is(&self, id: &str) -> bool {
        self.technique.is_some_and(|technique| technique.id == id)
    }

    pub(super) fn step<'a>(&self, policy: &'a Policy) -> Step<'a> {
        Step {
            technique: self.technique.map_or("rbac-cluster-admin", |technique| technique.id),
            gain: self.gain,
            condition: self.technique.map_or("", |technique| technique.condition),
            namespace: (self.scope != Sym::EMPTY).then(|| policy.text(self.scope)),
            named: !self.names.is_empty(),
        }
    }
}

/// Bindings of an identity without their names: identities with an equal list take equal steps.
type Class = Vec<(Sym, u32)>;

/// Finds the steps of identities, once for each distinct list of roles and scopes.
pub(super) struct Stepper<'a> {
    policy: &'a Policy,
    techniques: Vec<(&'static Technique, u64)>,
    rules: Vec<Held>,
    sets: HashMap<u32, (Held, bool), FxBuildHasher>,
    known: HashMap<Class, Arc<Vec<Move>>, FxBuildHasher>,
}

impl<'a> Stepper<'a> {
    pub(super) fn new(policy: &'a Policy) -> Self {
        let rules = rights::by_rule(policy, policy.distinct().0);
        Self {
            policy,
            techniques: rights::technique_bits(),
            rules,
            sets: HashMap::default(),
            known: HashMap::default(),
        }
    }

    /// What the identity of these principals can do.
    pub(super) fn moves(&mut self, principals: &[Principal]) -> Arc<Vec<Move>> {
        let mut class: Class = self.policy.scopes_and_sets(principals);
        class.sort_unstable();
        class.dedup();
        if let Some(moves) = self.known.get(&class) {
            return Arc::clone(moves);
        }
        let moves = Arc::new(self.find(&class));
        self.known.insert(class, Arc::clone(&moves));
        moves
    }

    fn find(&mut self, class: &Class) -> Vec<Move> {
        let mut scopes: BTreeMap<Sym, Held> = BTreeMap::new();
        let mut everything = false;
        for &(scope, set) in class {
            let (held, all) = self.set(set);
            everything |= all && scope == Sym::EMPTY;
            let entry = scopes.entry(scope).or_default();
            *entry = entry.or(held);
        }
        if everything {
            return vec![Move {
                technique: None,
                gain: Gain::ClusterAdmin,
                scope: Sym::EMPTY,
                names: Vec::new(),
            }];
        }
        let cluster = scopes.get(&Sym::EMPTY).copied().unwrap_or_default();
        let mut moves = Vec::new();
        for (&scope, &held) in &scopes {
            let total = held.or(cluster);
            for &(technique, bits) in &self.techniques {
                let here = scope == Sym::EMPTY || technique.namespaced;
                // What cluster-wide rights give for all names was found in the cluster's own scope.
                let news = scope == Sym::EMPTY || cluster.all & bits != bits;
                if here && news && total.any() & bits == bits {
                    moves.push(self.make(class, scope, technique, bits, total));
                }
            }
        }
        moves
    }

    /// The names that limit a step are those of its first need.
    fn make(&self, class: &Class, scope: Sym, technique: &'static Technique, bits: u64, total: Held) -> Move {
        let first = bits & bits.wrapping_neg();
        let names = if total.all & first != 0 {
            Vec::new()
        } else {
            let in_scope = |&&(place, _): &&(Sym, u32)| place == scope || place == Sym::EMPTY;
            let sets = class.iter().filter(in_scope);
            let rules: Vec<RuleId> = sets.flat_map(|&(_, set)| self.policy.rules_of_set(set)).collect();
            rights::names(self.policy, &self.rules, &rules, first)
        };
        Move { technique: Some(technique), gain: technique.gain, scope, names }
    }

    /// The rights of a list of rules, and whether one of them is everything.
    fn set(&mut self, set: u32) -> (Held, bool) {
        let (policy, rules) = (self.policy, &self.rules);
        *self.sets.entry(set).or_insert_with(|| {
            policy.rules_of_set(set).fold((Held::default(), false), |(held, all), rule| {
                (held.or(rules[rule.0 as usize]), all || policy.is_everything(rule))
            })
        })
    }
}

impl Policy {
    fn scopes_and_sets(&self, principals: &[Principal]) -> Class {
        let entries = principals.iter().flat_map(|&principal| self.index.entries(principal));
        entries.filter_map(|entry| Some((entry.scope, self.set_of(entry.binding)?))).collect()
    }

    /// The grants in the scope of a step that give any of its rights, in output order.
    pub(super) fn grants_for(&self, principals: &[Principal], moved: &Move) -> Vec<Grant> {
        let needs = moved.technique.map_or(&[][..], |technique| technique.needs);
        let mut grants = Vec::new();
        for permission in self.permissions_of(principals) {
            let rule = self.rule(permission.rule);
            let gives = if needs.is_empty() {
                self.is_everything(permission.rule)
            } else {
                needs.iter().any(|right| right.given_by(&rule))
            };
            let here = |grant: &&Grant| {
                let namespace = self.binding(grant.binding).namespace;
                namespace.is_none_or(|namespace| namespace == self.text(moved.scope))
            };
            if gives {
                grants.extend(permission.grants.iter().filter(here));
            }
        }
        grants.sort_unstable();
        grants
    }
}
