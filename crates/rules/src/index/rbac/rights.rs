//! Rights that rules of the group `rbac` ask for, as bits, and which of them a rule of a role gives.

use std::ops::{BitAnd, BitOr, BitOrAssign};

use rampart_authz::rbac::PolicyRule;
use rampart_authz::rbac::cover::resource_matches;

use super::table::{self, TABLE};

/// A set of rights of the [table](TABLE).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Rights(pub(super) u64);

impl Rights {
    /// No right.
    pub(crate) const NONE: Self = Self(0);

    /// Both sets together, where constants are made.
    pub(crate) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// True when the sets have a right in common.
    pub(crate) fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// True when there is none.
    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl BitOr for Rights {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        self.or(other)
    }
}

impl BitAnd for Rights {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl BitOrAssign for Rights {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// Verbs as bits; [`Verbs::ANY`] is `*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verbs(u16);

/// Verbs in the order of their bits, which is the order of messages.
const VERBS: [&str; 13] = [
    "get",
    "list",
    "watch",
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
    "impersonate",
    "bind",
    "escalate",
    "approve",
    "sign",
];

impl Verbs {
    pub(super) const ANY: Self = Self(u16::MAX);
    pub(super) const READ: Self = Self::of(&["get", "list", "watch"]);
    pub(super) const WRITE: Self = Self::of(&["create", "update", "patch"]);
    pub(super) const CHANGE: Self = Self::of(&["update", "patch"]);
    pub(super) const DELETE: Self = Self::of(&["delete", "deletecollection"]);
    pub(super) const EDIT: Self = Self::of(&["create", "update", "patch", "delete"]);

    /// The bits of these verbs. Unknown ones have none.
    pub(super) const fn of(names: &[&str]) -> Self {
        let (mut bits, mut at) = (0, 0);
        while at < names.len() {
            bits |= Self::bit(names[at]);
            at += 1;
        }
        Self(bits)
    }

    const fn bit(name: &str) -> u16 {
        let mut at = 0;
        while at < VERBS.len() {
            if same(VERBS[at].as_bytes(), name.as_bytes()) {
                return 1 << at;
            }
            at += 1;
        }
        0
    }

    fn of_rule(rule: &PolicyRule<&str>) -> Self {
        let bit = |verb: &&str| if *verb == "*" { Self::ANY.0 } else { Self::bit(verb) };
        Self(rule.verbs.iter().map(bit).fold(0, |all, bit| all | bit))
    }

    fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Those that a rule with resource names gives on a resource. A request that creates or deletes a whole collection
    /// carries no name, save creation by an update or apply, which asks again with the name; requests for subresources
    /// carry that of their parent.
    fn on_names(self, resource: &str) -> Self {
        if resource.contains('/') {
            return self;
        }
        let collection = Self::of(&["deletecollection"]).0;
        let create = if self.and(Self::CHANGE).0 == 0 { Self::of(&["create"]).0 } else { 0 };
        Self(self.0 & !(collection | create))
    }

    fn words(self) -> impl Iterator<Item = &'static str> {
        (0..VERBS.len()).filter(move |at| self.0 & (1 << at) != 0).map(|at| VERBS[at])
    }
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// One row of the table: what gives a right.
#[derive(Debug)]
pub(super) struct Right {
    pub(super) gives: Rights,
    pub(super) verbs: Verbs,
    pub(super) group: &'static str,
    pub(super) resources: &'static [&'static str],
    /// The resources stand outside namespaces, so a binding in a namespace gives nothing.
    pub(super) cluster: bool,
}

impl Right {
    /// The verbs that a rule gives on one of the row's resources.
    fn given(&self, rule: &PolicyRule<&str>, verbs: Verbs, resource: &str) -> Verbs {
        let verbs = if rule.resource_names.is_empty() { verbs } else { verbs.on_names(resource) };
        let covered = rule.resources.iter().any(|item| resource_matches(item, resource));
        if covered { verbs.and(self.verbs) } else { Verbs(0) }
    }

    fn of_group(&self, rule: &PolicyRule<&str>) -> bool {
        rule.api_groups.iter().any(|group| *group == self.group || *group == "*")
    }
}

/// The rights that one rule gives.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct RuleRights {
    /// Where it is bound in the whole cluster.
    pub(crate) cluster: Rights,
    /// Where it is bound in a namespace.
    pub(crate) namespace: Rights,
    /// For certain names only.
    pub(crate) named: bool,
}

impl RuleRights {
    /// Matches the rule against the whole table.
    pub(crate) fn of(rule: &PolicyRule<&str>) -> Self {
        let verbs = Verbs::of_rule(rule);
        let mut rights = Self { named: !rule.resource_names.is_empty(), ..Self::default() };
        for row in TABLE.iter().filter(|row| verbs.and(row.verbs).0 != 0 && row.of_group(rule)) {
            if row.resources.iter().any(|resource| row.given(rule, verbs, resource).0 != 0) {
                rights.cluster |= row.gives;
                if !row.cluster {
                    rights.namespace |= row.gives;
                }
            }
        }
        let (everywhere, cluster) = table::beside_the_table(rule);
        rights.cluster |= everywhere | cluster;
        rights.namespace |= everywhere;
        rights
    }
}

/// How a rule gives some rights, for messages and fixes.
#[derive(Debug, Default)]
pub(crate) struct Grant {
    /// Verbs that it gives.
    pub(crate) verbs: Vec<&'static str>,
    /// Resources that it gives them on.
    pub(crate) resources: Vec<&'static str>,
    /// Indexes of its `verbs` that give them.
    pub(crate) verb_items: Vec<usize>,
    /// Indexes of its `resources` that give them.
    pub(crate) resource_items: Vec<usize>,
}

impl Grant {
    /// How `rule` gives any of `wanted`.
    pub(crate) fn of(rule: &PolicyRule<&str>, wanted: Rights, cluster: bool) -> Self {
        let verbs = Verbs::of_rule(rule);
        let mut grant = Self::default();
        let mut given = Verbs(0);
        let rows = TABLE.iter().filter(|row| row.gives.has(wanted) && (cluster || !row.cluster));
        for row in rows.filter(|row| row.of_group(rule)) {
            for &resource in row.resources {
                let here = row.given(rule, verbs, resource);
                if here.0 == 0 {
                    continue;
                }
                given = Verbs(given.0 | here.0);
                if !grant.resources.contains(&resource) {
                    grant.resources.push(resource);
                }
                let items = rule.resources.iter().enumerate();
                let covering = items.filter(|(_, item)| resource_matches(item, resource));
                grant.resource_items.extend(covering.map(|(index, _)| index));
            }
        }
        if let Some(item) = table::extras(rule).filter(|_| wanted.has(table::IMPERSONATE_DETAILS) && cluster)
        {
            given = Verbs(given.0 | Verbs::of(&["impersonate"]).0);
            grant.resources.push("userextras");
            grant.resource_items.push(item);
        }
        grant.resource_items.sort_unstable();
        grant.resource_items.dedup();
        let verbs = rule.verbs.iter().enumerate();
        let gives = |verb: &str| verb == "*" || Verbs::bit(verb) & given.0 != 0;
        grant.verb_items = verbs.filter(|(_, verb)| gives(verb)).map(|(index, _)| index).collect();
        grant.verbs = given.words().collect();
        grant
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::{
        CONFIGMAPS_ALTER, EXEC_CREATE, EXEC_GET, PODS_CREATE, PODS_MODIFY, SECRETS_READ, WORKLOADS_DELETE,
    };
    use super::*;

    fn rule<'a>(
        verbs: &[&'a str],
        group: &'a str,
        resources: &[&'a str],
        names: &[&'a str],
    ) -> PolicyRule<&'a str> {
        PolicyRule {
            verbs: verbs.to_vec(),
            api_groups: vec![group],
            resources: resources.to_vec(),
            resource_names: names.to_vec(),
            non_resource_urls: Vec::new(),
        }
    }

    #[test]
    fn parts_match_within_one_rule() {
        for (verbs, group, resources, names, right, want) in [
            (&["get"][..], "", &["secrets"][..], &[][..], SECRETS_READ, true),
            (&["watch"], "*", &["*"], &["x"], SECRETS_READ, true),
            (&["create"], "", &["secrets"], &[], SECRETS_READ, false),
            (&["create"], "", &["pods/*"], &[], EXEC_CREATE, false),
            (&["create"], "", &["*/exec"], &[], EXEC_CREATE, true),
            (&["create"], "", &["pods/exec"], &["x"], EXEC_CREATE, true),
            (&["get"], "", &["*"], &[], EXEC_GET, true),
            (&["create"], "", &["deployments"], &[], PODS_CREATE, false),
            (&["create"], "apps", &["deployments"], &[], PODS_CREATE, true),
            (&["create"], "apps", &["deployments"], &["x"], PODS_CREATE, false),
            (&["create", "patch"], "apps", &["deployments"], &["x"], PODS_CREATE, true),
            (&["patch"], "apps", &["deployments"], &["x"], PODS_MODIFY, true),
            (&["deletecollection"], "", &["pods"], &["x"], WORKLOADS_DELETE, false),
            (&["delete"], "", &["configmaps"], &["x"], CONFIGMAPS_ALTER, true),
        ] {
            let rule = rule(verbs, group, resources, names);
            assert_eq!(RuleRights::of(&rule).namespace.has(right), want, "{rule:?}");
        }
    }

    #[test]
    fn a_grant_names_the_entries_that_give_it() {
        let rule = rule(&["get", "create", "list"], "", &["pods", "secrets", "*/exec"], &[]);
        let grant = Grant::of(&rule, SECRETS_READ | EXEC_CREATE, true);
        assert_eq!(grant.verbs, ["get", "list", "create"]);
        assert_eq!(grant.resources, ["secrets", "pods/exec"]);
        assert_eq!((grant.verb_items, grant.resource_items), (vec![0, 1, 2], vec![1, 2]));
    }
}
