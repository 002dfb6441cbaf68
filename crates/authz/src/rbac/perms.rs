//! Everything a user may do, collapsed: one row a distinct rule, with the places it holds in.

use std::collections::BTreeMap;

use super::policy::{BindingId, Grant, Policy, Principal, RoleId, RuleId, Target};
use super::risk::{Severity, risks};
use crate::intern::Sym;
use crate::request::Identity;

/// A rule that a user holds, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission<'a> {
    /// The rule.
    pub rule: RuleId,
    /// Whether it holds in the whole cluster.
    pub cluster: bool,
    /// Namespaces in which bindings give it, by name.
    pub namespaces: Vec<&'a str>,
    /// Where it comes from, in output order.
    pub grants: Vec<Grant>,
    /// Dangerous rights in it, worst first.
    pub risks: Vec<(&'static str, Severity)>,
}

impl Policy {
    /// The permissions of an identity through its name and groups, the most dangerous first, then in the order of
    /// bindings. For members of `system:masters` this is what RBAC adds to everything.
    pub fn permissions(&self, identity: &Identity) -> Vec<Permission<'_>> {
        self.permissions_of(&self.principals_of(identity))
    }

    /// The permissions that bindings give one user or group directly.
    pub fn permissions_of(&self, principals: &[Principal]) -> Vec<Permission<'_>> {
        let mut rows: BTreeMap<RuleId, Vec<(Sym, Grant)>> = BTreeMap::new();
        for &principal in principals {
            for entry in self.index.entries(principal) {
                let Target::Role(role) = self.bindings[entry.binding as usize].role else { continue };
                for (rule, &id) in (0u32..).zip(self.sets.get(self.roles[role as usize].rules)) {
                    let binding = BindingId(entry.binding);
                    let grant = Grant { binding, subject: entry.subject, role: RoleId(role), rule };
                    rows.entry(RuleId(id)).or_default().push((entry.scope, grant));
                }
            }
        }
        let mut permissions: Vec<Permission<'_>> = rows
            .into_iter()
            .map(|(rule, places)| {
                let scopes = places.iter().map(|&(scope, _)| scope);
                let mut namespaces: Vec<&str> =
                    scopes.filter(|&scope| scope != Sym::EMPTY).map(|scope| self.text(scope)).collect();
                namespaces.sort_unstable();
                namespaces.dedup();
                let mut grants: Vec<Grant> = places.iter().map(|&(_, grant)| grant).collect();
                grants.sort_unstable();
                grants.dedup_by_key(|grant| (grant.binding, grant.rule));
                let cluster = places.iter().any(|&(scope, _)| scope == Sym::EMPTY);
                Permission { rule, cluster, namespaces, grants, risks: risks(&self.rule(rule)) }
            })
            .collect();
        let worst = |row: &Permission<'_>| row.risks.first().map(|&(_, severity)| severity);
        permissions.sort_by(|a, b| worst(b).cmp(&worst(a)).then_with(|| a.grants.cmp(&b.grants)));
        permissions
    }

    /// Every user and group that a binding names, users first, each by name.
    pub fn principals(&self) -> &[Principal] {
        self.index.principals()
    }

    /// The principal of this name, if a binding names it.
    pub fn find_principal(&self, group: bool, name: &str) -> Option<Principal> {
        let name = self.names.find(name)?;
        let principal = if group { Principal::Group(name) } else { Principal::User(name) };
        self.index.number(principal).map(|_| principal)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{bind, role};
    use super::*;
    use crate::rbac::PolicyBuilder;

    #[test]
    fn equal_rules_are_one_row() {
        let mut b = PolicyBuilder::new();
        role(&mut b, "a", &["get '' pods", "get '' secrets"]);
        role(&mut b, "dev/b", &["get '' pods"]);
        role(&mut b, "never", &["get '' nodes"]);
        bind(&mut b, "qa/x", ("ClusterRole", "a"), &["User:amy", "Group:g"]);
        bind(&mut b, "dev/x", ("Role", "b"), &["Group:g"]);
        bind(&mut b, "all", ("Role", "never"), &["User:amy"]);
        let policy = b.finish();
        let rows = policy.permissions(&Identity::exact("amy", ["g"]));
        let seen: Vec<_> = rows
            .iter()
            .map(|row| {
                (
                    policy.rule(row.rule).resources.join(","),
                    row.cluster,
                    row.namespaces.clone(),
                    row.grants.len(),
                )
            })
            .collect();
        assert_eq!(
            seen,
            [("secrets".to_owned(), false, vec!["qa"], 1), ("pods".to_owned(), false, vec!["dev", "qa"], 2)]
        );
        assert_eq!(rows[0].risks, [("secrets-read", Severity::High)]);
    }
}
