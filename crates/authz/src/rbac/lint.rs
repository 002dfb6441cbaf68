//! Roles and bindings that do nothing, or nothing more than others do.

use std::collections::BTreeSet;

use super::cover::{atoms, covers};
use super::input::{PolicyRule, RoleKind, SubjectKind};
use super::policy::{BindingId, Policy, Principal, RoleId, Target};

/// Something idle or doubled.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Idle {
    /// The binding's role does not exist. Whoever may create it gives its subjects any rights they hold themselves.
    Dangling(BindingId),
    /// The binding has no subject, or only such as match nobody.
    Nobody(BindingId),
    /// Every subject has the same role in the whole cluster through the second binding.
    Redundant(BindingId, BindingId),
    /// No binding refers to the role, and no label can feed it to an aggregated one that is bound.
    Unbound(RoleId),
    /// Another rule of the role, the one of the second index, covers this one.
    Shadowed(RoleId, u32, u32),
    /// A part of the rule that matches no request.
    NeverMatches(RoleId, u32, String),
}

impl Policy {
    /// All that is idle or doubled, bindings first, in output order. `feeds` says whether a ClusterRole is a source of
    /// an aggregated one.
    pub fn idle(&self, feeds: impl Fn(RoleId) -> bool) -> Vec<Idle> {
        let mut found = Vec::new();
        let mut used = BTreeSet::new();
        for id in self.bindings() {
            let row = &self.bindings[id.0 as usize];
            match row.role {
                Target::Role(role) => drop(used.insert(role)),
                Target::Missing | Target::BadKind => found.push(Idle::Dangling(id)),
            }
            let principals: Vec<Principal> =
                self.subjects_of(id).filter_map(|subject| subject.principal).collect();
            if principals.is_empty() {
                found.push(Idle::Nobody(id));
            } else if !row.cluster {
                found.extend(self.same_in_cluster(id, &principals).map(|wide| Idle::Redundant(id, wide)));
            }
        }
        for id in self.roles() {
            if !used.contains(&id.0) && !feeds(id) {
                found.push(Idle::Unbound(id));
            }
            self.idle_rules(id, &mut found);
        }
        found
    }

    /// A cluster binding of the same ClusterRole whose subjects include all of these.
    fn same_in_cluster(&self, id: BindingId, principals: &[Principal]) -> Option<BindingId> {
        let role = self.bindings[id.0 as usize].role;
        let first = self.index.entries_in(principals[0], crate::Sym::EMPTY);
        first.iter().map(|entry| BindingId(entry.binding)).find(|wide| {
            let holders: Vec<_> = self.subjects_of(*wide).filter_map(|subject| subject.principal).collect();
            matches!(role, Target::Role(_))
                && self.bindings[wide.0 as usize].role == role
                && principals.iter().all(|principal| holders.contains(principal))
        })
    }

    fn idle_rules(&self, id: RoleId, found: &mut Vec<Idle>) {
        let namespaced = self.role(id).kind == RoleKind::Role;
        let ids: Vec<_> = self.rules_of(id).collect();
        let rules: Vec<PolicyRule<&str>> = ids.iter().map(|&rule| self.rule(rule)).collect();
        for (at, rule) in (0u32..).zip(&rules) {
            if let Some(part) = dead_part(rule, namespaced) {
                found.push(Idle::NeverMatches(id, at, part));
                continue;
            }
            let parts = atoms(rule);
            let covering = (0u32..).zip(&rules).find(|&(other, wide)| {
                // Of two equal rules the later one is the superfluous one.
                let later = ids[other as usize] == ids[at as usize];
                other != at && !(later && other > at) && parts.iter().all(|atom| covers(wide, atom))
            });
            found.extend(covering.map(|(other, _)| Idle::Shadowed(id, at, other)));
        }
    }
}

/// A list of the rule of which no item can match. The API server compares literally; only `*` alone, `*/subresource`
/// and the star at the end of a path are patterns.
fn dead_part(rule: &PolicyRule<&str>, namespaced: bool) -> Option<String> {
    let dead = |name: &str, list: &[&str], is_dead: &dyn Fn(&str) -> bool| {
        (!list.is_empty() && list.iter().all(|item| is_dead(item)))
            .then(|| format!("{name} {}", list.join(", ")))
    };
    let upper = |text: &str| text.chars().any(char::is_uppercase);
    let resource = |text: &str| {
        let (parent, child) = text.split_once('/').unwrap_or((text, "x"));
        text != "*"
            && (upper(text)
                || text.is_empty()
                || child.is_empty()
                || child.contains('*')
                || (parent != "*" && parent.contains('*')))
    };
    let glob = |text: &str| text != "*" && (upper(text) || text.contains('*'));
    let path = |text: &str| text != "*" && !text.starts_with('/') && !text.chars().all(|c| c == '*');
    if namespaced && !rule.non_resource_urls.is_empty() {
        return Some(format!("nonResourceURLs {} in a Role", rule.non_resource_urls.join(", ")));
    }
    dead("verbs", &rule.verbs, &|text| glob(text) || text.is_empty())
        .or_else(|| dead("resources", &rule.resources, &resource))
        .or_else(|| dead("apiGroups", &rule.api_groups, &|text| glob(text) || text.contains('/')))
        .or_else(|| dead("nonResourceURLs", &rule.non_resource_urls, &path))
}

impl Policy {
    /// ServiceAccounts that bindings name and that `exists` does not know, with the bindings: whoever may create them
    /// gets their rights.
    pub fn absent_accounts(&self, exists: impl Fn(&str, &str) -> bool) -> Vec<(String, BindingId)> {
        let mut absent = Vec::new();
        for id in self.bindings() {
            for subject in self.subjects_of(id) {
                let user = match (subject.kind, subject.principal) {
                    (SubjectKind::ServiceAccount | SubjectKind::User, Some(Principal::User(user))) => {
                        self.text(user)
                    }
                    _ => continue,
                };
                if let Some((namespace, name)) = crate::service_account_of(user)
                    && !exists(namespace, name)
                {
                    absent.push((format!("{namespace}/{name}"), id));
                }
            }
        }
        absent
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{bind, role, rule};
    use super::*;
    use crate::rbac::PolicyBuilder;

    #[test]
    fn finds_what_does_nothing() {
        let mut b = PolicyBuilder::new();
        role(&mut b, "a", &["get '' pods", "get,list '' pods,secrets", "get '' pods", "get '' pods/*"]);
        role(&mut b, "unbound", &["get '' pods"]);
        role(&mut b, "fed", &["get '' pods"]);
        bind(&mut b, "wide", ("ClusterRole", "a"), &["User:amy", "User:bob"]);
        bind(&mut b, "dev/again", ("ClusterRole", "a"), &["User:bob"]);
        bind(&mut b, "dev/more", ("ClusterRole", "a"), &["User:bob", "User:eve"]);
        bind(&mut b, "dev/nobody", ("ClusterRole", "a"), &[]);
        bind(&mut b, "dev/lost", ("Role", "gone"), &["ServiceAccount:dev/old"]);
        let policy = b.finish();
        let idle = policy.idle(|id| policy.role(id).name == "fed");
        let binding =
            |name: &str| policy.bindings().find(|&id| policy.binding(id).name == name).expect("it is there");
        let role = |name: &str| policy.find_role(RoleKind::ClusterRole, "", name).expect("it is there");
        assert_eq!(
            idle,
            [
                Idle::Redundant(binding("again"), binding("wide")),
                Idle::Dangling(binding("lost")),
                Idle::Nobody(binding("nobody")),
                Idle::Shadowed(role("a"), 0, 1),
                Idle::Shadowed(role("a"), 2, 0),
                Idle::NeverMatches(role("a"), 3, "resources pods/*".to_owned()),
                Idle::Unbound(role("unbound")),
            ]
        );
        assert_eq!(
            policy.absent_accounts(|_, name| name != "old"),
            [("dev/old".to_owned(), binding("lost"))]
        );
    }

    #[test]
    fn dead_parts() {
        for (text, namespaced, want) in [
            ("get '' pods", false, None),
            ("get '' */exec,pods/*", false, None),
            ("get '' po*", false, Some("resources po*")),
            ("get '' Pods", false, Some("resources Pods")),
            ("GET '' pods", false, Some("verbs GET")),
            ("get apps/v1 deployments", false, Some("apiGroups apps/v1")),
            ("get healthz", false, Some("nonResourceURLs healthz")),
            ("get /healthz", true, Some("nonResourceURLs /healthz in a Role")),
        ] {
            assert_eq!(dead_part(&rule(text), namespaced).as_deref(), want, "{text}");
        }
    }
}
