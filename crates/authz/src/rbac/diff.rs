//! What a change of policy gives and takes, subject by subject.

use std::collections::BTreeMap;
use std::hash::BuildHasher;

use rustc_hash::{FxBuildHasher, FxHashSet};

use super::cover::{Atom, compact, uncovered};
use super::input::PolicyRule;
use super::policy::{Policy, Principal, Target};
use super::risk::{Severity, risks};
use crate::intern::Sym;

/// Rights that one subject gained or lost in one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change<'a> {
    /// Whether the subject is a group.
    pub group: bool,
    /// Name of the user or group.
    pub subject: &'a str,
    /// Namespace; none for the whole cluster.
    pub namespace: Option<&'a str>,
    /// The rights, joined where they differ in the verb only.
    pub rules: Vec<PolicyRule<&'a str>>,
    /// The worst dangerous right among them.
    pub worst: Option<(&'static str, Severity)>,
}

/// What changed between two policies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicyDiff<'a> {
    /// Rights that only the new policy gives.
    pub gained: Vec<Change<'a>>,
    /// Rights that only the old policy gave.
    pub lost: Vec<Change<'a>>,
}

/// Compares what bindings give each user and group. Rights that reach a user in another way afterwards (through
/// another role, or cluster-wide instead of in a namespace) are no change; those through groups are the group's.
pub fn diff<'a>(old: &'a Policy, new: &'a Policy) -> PolicyDiff<'a> {
    PolicyDiff { gained: only_in(new, old), lost: only_in(old, new) }
}

fn only_in<'a>(policy: &'a Policy, other: &Policy) -> Vec<Change<'a>> {
    let (ours, theirs) = (Hashes::new(policy), Hashes::new(other));
    let mut changes = Vec::new();
    for &principal in policy.principals() {
        let (group, subject) = match principal {
            Principal::User(name) => (false, policy.text(name)),
            Principal::Group(name) => (true, policy.text(name)),
        };
        let counterpart = other.find_principal(group, subject);
        let known = counterpart.map(|principal| theirs.of(principal)).unwrap_or_default();
        if ours.of(principal).is_subset(&known) {
            continue;
        }
        let held = counterpart.map(|principal| other.rules_by_scope(principal)).unwrap_or_default();
        for (scope, rules) in policy.rules_by_scope(principal) {
            let mut there: Vec<PolicyRule<&str>> = held.get("").cloned().unwrap_or_default();
            if !scope.is_empty() {
                there.extend(held.get(scope).into_iter().flatten().cloned());
            }
            let mut missing: Vec<Atom<'a>> = uncovered(&there, &rules);
            missing.sort();
            missing.dedup();
            if missing.is_empty() {
                continue;
            }
            let rules = compact(&missing);
            let worst = rules.iter().flat_map(risks).max_by_key(|&(_, severity)| severity);
            let namespace = (!scope.is_empty()).then_some(scope);
            changes.push(Change { group, subject, namespace, rules, worst });
        }
    }
    changes
}

/// Hashes of (scope, rule) that compare across policies: most subjects are equal in both and are passed over quickly.
struct Hashes<'a> {
    policy: &'a Policy,
    rules: Vec<u64>,
}

impl<'a> Hashes<'a> {
    fn new(policy: &'a Policy) -> Self {
        let hash = |id| FxBuildHasher.hash_one(policy.rule(super::RuleId(id)));
        Self { policy, rules: (0..super::builder::count(policy.rules.len())).map(hash).collect() }
    }

    fn of(&self, principal: Principal) -> FxHashSet<(u64, u64)> {
        let mut all = FxHashSet::default();
        for entry in self.policy.index.entries(principal) {
            let Target::Role(role) = self.policy.bindings[entry.binding as usize].role else { continue };
            let scope = FxBuildHasher.hash_one(self.policy.text(entry.scope));
            let rules = self.policy.sets.get(self.policy.roles[role as usize].rules);
            all.extend(rules.iter().map(|&rule| (scope, self.rules[rule as usize])));
        }
        all
    }
}

impl Policy {
    fn rules_by_scope(&self, principal: Principal) -> BTreeMap<&str, Vec<PolicyRule<&str>>> {
        let mut scopes: BTreeMap<&str, Vec<PolicyRule<&str>>> = BTreeMap::new();
        for permission in self.permissions_of(&[principal]) {
            let rule = self.rule(permission.rule);
            if permission.cluster {
                scopes.entry(self.text(Sym::EMPTY)).or_default().push(rule.clone());
            }
            for namespace in permission.namespaces {
                scopes.entry(namespace).or_default().push(rule.clone());
            }
        }
        scopes
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{bind, role};
    use super::*;
    use crate::rbac::PolicyBuilder;
    use crate::rbac::cover::compact_string;

    fn show(changes: &[Change<'_>]) -> Vec<String> {
        changes
            .iter()
            .map(|c| {
                let rules: Vec<String> = c.rules.iter().map(compact_string).collect();
                format!("{} {} {}", c.subject, c.namespace.unwrap_or("*"), rules.join(" "))
            })
            .collect()
    }

    #[test]
    fn tells_what_really_changed() {
        let mut b = PolicyBuilder::new();
        role(&mut b, "r", &["get,list '' pods"]);
        role(&mut b, "s", &["get '' secrets"]);
        bind(&mut b, "dev/moved", ("ClusterRole", "r"), &["User:amy"]);
        bind(&mut b, "dev/same", ("ClusterRole", "r"), &["Group:g"]);
        bind(&mut b, "dev/gone", ("ClusterRole", "s"), &["User:bob", "User:amy"]);
        let old = b.finish();
        let mut b = PolicyBuilder::new();
        role(&mut b, "dev/split", &["get '' pods", "list '' pods"]);
        role(&mut b, "r", &["get,list,watch '' pods"]);
        role(&mut b, "s", &["get '' secrets"]);
        bind(&mut b, "moved", ("ClusterRole", "r"), &["User:amy"]);
        bind(&mut b, "dev/same", ("Role", "split"), &["Group:g"]);
        bind(&mut b, "dev/gone", ("ClusterRole", "s"), &["User:bob"]);
        let new = b.finish();
        let changes = diff(&old, &new);
        let pods = r#"amy * {APIGroups:[""], Resources:["pods"], Verbs:["get" "list" "watch"]}"#;
        assert_eq!(show(&changes.gained), [pods]);
        assert_eq!(
            show(&changes.lost),
            [r#"amy dev {APIGroups:[""], Resources:["secrets"], Verbs:["get"]}"#]
        );
        assert_eq!(changes.lost[0].worst, Some(("secrets-read", Severity::High)));
        assert_eq!(diff(&new, &new), PolicyDiff::default());
    }
}
