//! From roles and bindings to a [`Policy`]: interned, equal things stored once, references resolved, indexed.

use std::cmp::Ordering;
use std::hash::BuildHasher;

use hashbrown::{HashMap, HashTable};
use rustc_hash::FxBuildHasher;

use super::aggregate;
use super::index::Index;
use super::input::{Aggregation, BindingInput, Gap, PolicyRule, RoleInput, RoleKind, SubjectKind};
use super::policy::{BindingRow, Policy, Principal, RoleRow, RuleId, RuleRow, SubjectRow, Target};
use super::pool::{ListId, ListPool};
use crate::intern::{Interner, Sym};
use crate::request::SERVICE_ACCOUNT_PREFIX;

/// Collects roles and bindings; [`Self::finish`] makes the policy. Any order of calls gives the same policy, except
/// that of two objects with one kind, namespace and name the later one counts.
#[derive(Debug, Default)]
pub struct PolicyBuilder {
    names: Interner,
    lists: ListPool,
    rules: Vec<RuleRow>,
    rule_table: HashTable<u32>,
    sets: ListPool,
    roles: Vec<RoleRow>,
    aggregates: Vec<(u32, ListId)>,
    bindings: Vec<BindingRow>,
    subjects: Vec<SubjectRow>,
    gaps: Vec<Gap>,
    scratch: Vec<u32>,
    user: String,
}

impl PolicyBuilder {
    /// An empty builder.
    pub fn new() -> Self {
        Self::default()
    }

    /// The id of a rule; equal rules have one id.
    pub fn rule<S: AsRef<str>>(&mut self, rule: &PolicyRule<S>) -> RuleId {
        let row = RuleRow {
            verbs: self.list(&rule.verbs),
            groups: self.list(&rule.api_groups),
            resources: self.list(&rule.resources),
            names: self.list(&rule.resource_names),
            urls: self.list(&rule.non_resource_urls),
        };
        let hash = FxBuildHasher.hash_one(row);
        let rules = &mut self.rules;
        let entry = self.rule_table.entry(
            hash,
            |&id| rules[id as usize] == row,
            |&id| FxBuildHasher.hash_one(rules[id as usize]),
        );
        let id = *entry
            .or_insert_with(|| {
                rules.push(row);
                count(rules.len() - 1)
            })
            .get();
        RuleId(id)
    }

    fn list<S: AsRef<str>>(&mut self, items: &[S]) -> ListId {
        self.scratch.clear();
        for item in items {
            self.scratch.push(self.names.intern(item.as_ref()).0);
        }
        self.lists.intern(&self.scratch)
    }

    /// Adds a Role or ClusterRole.
    pub fn role(&mut self, role: &RoleInput<'_>) {
        let rules: Vec<u32> = role.rules.iter().map(|rule| rule.0).collect();
        let row = RoleRow {
            namespace: role.namespace.map_or(Sym::EMPTY, |namespace| self.names.intern(namespace)),
            name: self.names.intern(role.name),
            kind: if role.namespace.is_some() { RoleKind::Role } else { RoleKind::ClusterRole },
            rules: self.sets.intern(&rules),
            aggregated: !matches!(role.aggregation, Aggregation::None),
            computed: matches!(role.aggregation, Aggregation::Computed(_)),
            origin: role.origin,
        };
        if let Aggregation::Computed(sources) | Aggregation::Stored(sources) = role.aggregation {
            let sources = self.list(sources);
            self.aggregates.push((count(self.roles.len()), sources));
        }
        self.roles.push(row);
    }

    /// Adds a RoleBinding or ClusterRoleBinding.
    pub fn binding(&mut self, binding: &BindingInput<'_>) {
        let namespace = binding.namespace.map(|namespace| self.names.intern(namespace));
        let start = count(self.subjects.len());
        for subject in binding.subjects {
            let name = self.names.intern(subject.name);
            let given = self.names.intern(subject.namespace);
            let principal = match subject.kind {
                SubjectKind::User => Some(Principal::User(name)),
                SubjectKind::Group => Some(Principal::Group(name)),
                SubjectKind::ServiceAccount => {
                    let home = if given == Sym::EMPTY { namespace.unwrap_or(Sym::EMPTY) } else { given };
                    (home != Sym::EMPTY).then(|| self.service_account(home, subject.name))
                }
                SubjectKind::Other => None,
            };
            self.subjects.push(SubjectRow { kind: subject.kind, name, namespace: given, principal });
        }
        self.bindings.push(BindingRow {
            cluster: namespace.is_none(),
            namespace: namespace.unwrap_or(Sym::EMPTY),
            name: self.names.intern(binding.name),
            role_kind: self.names.intern(binding.role_kind),
            role_name: self.names.intern(binding.role_name),
            role: Target::Missing,
            subjects: (start, count(self.subjects.len())),
            origin: binding.origin,
        });
    }

    fn service_account(&mut self, namespace: Sym, name: &str) -> Principal {
        self.user.clear();
        self.user.push_str(SERVICE_ACCOUNT_PREFIX);
        self.user.push_str(self.names.text(namespace));
        self.user.push(':');
        self.user.push_str(name);
        Principal::User(self.names.intern(&self.user))
    }

    /// Says that something could not be read.
    pub fn gap(&mut self, gap: Gap) {
        self.gaps.push(gap);
    }

    /// Resolves references, computes aggregates and builds the index.
    pub fn finish(mut self) -> Policy {
        aggregate::fill(&mut self.roles, &self.aggregates, &self.lists, &mut self.sets);
        let mut by_key = HashMap::with_capacity_and_hasher(self.roles.len(), FxBuildHasher);
        let mut shadowed_roles = Vec::new();
        for (id, role) in self.roles.iter().enumerate() {
            if let Some(old) = by_key.insert((role.kind, role.namespace, role.name), count(id)) {
                shadowed_roles.push(self.roles[old as usize].origin);
            }
        }
        let (cluster_role, role) = (self.names.intern("ClusterRole"), self.names.intern("Role"));
        for binding in &mut self.bindings {
            let found = if binding.role_kind == cluster_role {
                by_key.get(&(RoleKind::ClusterRole, Sym::EMPTY, binding.role_name))
            } else if binding.role_kind == role {
                by_key.get(&(RoleKind::Role, binding.namespace, binding.role_name))
            } else {
                binding.role = Target::BadKind;
                continue;
            };
            binding.role = found.map_or(Target::Missing, |&id| Target::Role(id));
        }
        let shadowed_bindings = sort_bindings(&mut self.bindings, &self.names);
        let index = Index::new(
            &self.names,
            &self.rules,
            &self.lists,
            &self.sets,
            &self.roles,
            &self.bindings,
            &self.subjects,
        );
        Policy {
            names: self.names,
            lists: self.lists,
            rules: self.rules,
            sets: self.sets,
            roles: self.roles,
            role_keys: by_key,
            aggregates: self.aggregates,
            bindings: self.bindings,
            subjects: self.subjects,
            gaps: self.gaps,
            shadowed: shadowed_roles.into_iter().chain(shadowed_bindings).collect(),
            index,
        }
    }
}

/// Orders bindings by namespace and name, cluster ones first, and drops all but the last of one key, whose origins are
/// returned. The API server visits bindings in no order at all, so any fixed one is as good.
fn sort_bindings(bindings: &mut Vec<BindingRow>, names: &Interner) -> Vec<u32> {
    let order = |a: &BindingRow, b: &BindingRow| -> Ordering {
        b.cluster
            .cmp(&a.cluster)
            .then_with(|| names.text(a.namespace).cmp(names.text(b.namespace)))
            .then_with(|| names.text(a.name).cmp(names.text(b.name)))
    };
    bindings.reverse();
    bindings.sort_by(order);
    let mut dropped = Vec::new();
    bindings.dedup_by(|later, kept| {
        let same = (later.cluster, later.namespace, later.name) == (kept.cluster, kept.namespace, kept.name);
        if same {
            dropped.push(later.origin);
        }
        same
    });
    dropped
}

/// Table sizes as row numbers. Four billion rows do not fit in memory, so this never clips.
pub(super) fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
