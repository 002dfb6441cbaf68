//! Lookups in both directions: from a user to bindings (can-i), and from verb and resource to bindings (who-can).

use hashbrown::HashMap;
use roaring::RoaringBitmap;
use rustc_hash::FxBuildHasher;

use super::builder::count;
use super::policy::{BindingRow, Principal, RoleRow, RuleRow, SubjectRow, Target};
use super::pool::{Groups, ListId, ListPool};
use crate::intern::{Interner, Sym};

/// A binding in which a principal is a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    /// Namespace of the binding; empty for cluster bindings.
    pub(crate) scope: Sym,
    pub(crate) binding: u32,
    /// Index of the first subject of the binding that means the principal.
    pub(crate) subject: u32,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Index {
    /// Numbers of principals follow the order of output: users by name, then groups by name.
    numbers: HashMap<Principal, u32, FxBuildHasher>,
    principals: Vec<Principal>,
    starts: Vec<u32>,
    entries: Vec<Entry>,
    /// Distinct rules by what they mention; `*` is under its own symbol.
    pub(crate) verbs: Postings,
    pub(crate) groups: Postings,
    pub(crate) resources: Postings,
    /// Rules with non-resource URLs: few, so they are simply gone through.
    pub(crate) with_urls: RoaringBitmap,
    /// Lists of rules that hold a rule.
    pub(crate) sets_of_rule: Groups,
    /// Bindings whose role has a list of rules.
    pub(crate) bindings_of_set: Groups,
}

impl Index {
    pub(crate) fn new(
        names: &Interner,
        rules: &[RuleRow],
        lists: &ListPool,
        sets: &ListPool,
        roles: &[RoleRow],
        bindings: &[BindingRow],
        subjects: &[SubjectRow],
    ) -> Self {
        let principals = sorted_principals(names, subjects);
        let numbers = principals.iter().zip(0..).map(|(&principal, number)| (principal, number)).collect();
        let (starts, entries) = by_principal(&numbers, bindings, subjects);
        let postings =
            |list: fn(&RuleRow) -> ListId| Postings::new(rules.iter().map(|rule| lists.get(list(rule))));
        let set_rules =
            (0..count(sets.len())).flat_map(|set| sets.get(ListId(set)).iter().map(move |&rule| (rule, set)));
        let set_bindings = bindings.iter().enumerate().filter_map(|(id, binding)| match binding.role {
            Target::Role(role) => Some((roles[role as usize].rules.0, count(id))),
            Target::Missing | Target::BadKind => None,
        });
        Self {
            numbers,
            principals,
            starts,
            entries,
            verbs: postings(|rule| rule.verbs),
            groups: postings(|rule| rule.groups),
            resources: postings(|rule| rule.resources),
            with_urls: (0..count(rules.len()))
                .filter(|&id| rules[id as usize].urls != ListId::EMPTY)
                .collect(),
            sets_of_rule: Groups::new(rules.len(), set_rules),
            bindings_of_set: Groups::new(sets.len(), set_bindings),
        }
    }

    /// The bindings of a principal, cluster ones first.
    pub(crate) fn entries(&self, principal: Principal) -> &[Entry] {
        let Some(&number) = self.numbers.get(&principal) else { return &[] };
        let number = number as usize;
        &self.entries[self.starts[number] as usize..self.starts[number + 1] as usize]
    }

    /// The bindings of a principal in one scope.
    pub(crate) fn entries_in(&self, principal: Principal, scope: Sym) -> &[Entry] {
        let entries = self.entries(principal);
        let start = entries.partition_point(|entry| entry.scope < scope);
        let len = entries[start..].partition_point(|entry| entry.scope == scope);
        &entries[start..start + len]
    }

    /// All principals that a binding names, in the order of output.
    pub(crate) fn principals(&self) -> &[Principal] {
        &self.principals
    }

    /// The place of a principal in [`Self::principals`].
    pub(crate) fn number(&self, principal: Principal) -> Option<u32> {
        self.numbers.get(&principal).copied()
    }
}

fn sorted_principals(names: &Interner, subjects: &[SubjectRow]) -> Vec<Principal> {
    let mut principals: Vec<Principal> = subjects.iter().filter_map(|subject| subject.principal).collect();
    principals.sort_unstable();
    principals.dedup();
    let key = |principal: &Principal| match *principal {
        Principal::User(name) => (0, names.text(name)),
        Principal::Group(name) => (1, names.text(name)),
    };
    principals.sort_unstable_by(|a, b| key(a).cmp(&key(b)));
    principals
}

fn by_principal(
    numbers: &HashMap<Principal, u32, FxBuildHasher>,
    bindings: &[BindingRow],
    subjects: &[SubjectRow],
) -> (Vec<u32>, Vec<Entry>) {
    let mut rows = Vec::with_capacity(subjects.len());
    for (id, binding) in bindings.iter().enumerate() {
        let (start, end) = binding.subjects;
        for (i, subject) in subjects[start as usize..end as usize].iter().enumerate() {
            let Some(&number) = subject.principal.and_then(|principal| numbers.get(&principal)) else {
                continue;
            };
            let scope = if binding.cluster { Sym::EMPTY } else { binding.namespace };
            rows.push((number, Entry { scope, binding: count(id), subject: count(i) }));
        }
    }
    rows.sort_unstable();
    rows.dedup_by_key(|row| (row.0, row.1.scope, row.1.binding));
    let mut starts = vec![0u32; numbers.len() + 1];
    for (number, _) in &rows {
        starts[*number as usize + 1] += 1;
    }
    for i in 1..starts.len() {
        starts[i] += starts[i - 1];
    }
    (starts, rows.into_iter().map(|(_, entry)| entry).collect())
}

/// Which rules mention a symbol.
#[derive(Debug, Clone, Default)]
pub(crate) struct Postings(HashMap<Sym, RoaringBitmap, FxBuildHasher>);

impl Postings {
    fn new<'a>(lists: impl Iterator<Item = &'a [u32]>) -> Self {
        let mut postings: HashMap<Sym, RoaringBitmap, FxBuildHasher> = HashMap::default();
        for (rule, list) in lists.enumerate() {
            for &sym in list {
                postings.entry(Sym(sym)).or_default().insert(count(rule));
            }
        }
        Self(postings)
    }

    /// The rules that mention any of the symbols.
    pub(crate) fn any(&self, syms: &[Sym]) -> RoaringBitmap {
        syms.iter().filter_map(|sym| self.0.get(sym)).fold(RoaringBitmap::new(), |all, rules| all | rules)
    }
}
