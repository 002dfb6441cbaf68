//! Who may do something: the inverse of the question an authorizer answers.

use hashbrown::HashMap;
use roaring::RoaringBitmap;
use rustc_hash::FxBuildHasher;

use super::matching::{Ask, What};
use super::policy::{BindingId, Grant, Policy, Principal, RoleId, RuleId, Target};
use crate::intern::Sym;
use crate::request::{Identity, Request};

/// How literally to take the request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Breadth {
    /// Also who may do it in some namespace only, whatever namespace the request names.
    pub any_namespace: bool,
    /// Also who may do it to some names only, whatever name the request has.
    pub any_name: bool,
}

/// Who may do something. Members of `system:masters` always may and are not listed.
#[derive(Debug, Clone)]
pub struct Holders<'a> {
    policy: &'a Policy,
    /// Number of the principal and its first grant, in the order of output.
    rows: Vec<(u32, Grant)>,
}

impl Policy {
    /// The users and groups that bindings give the right to make the request.
    pub fn who_can(&self, request: &Request, breadth: Breadth) -> Holders<'_> {
        let ask = self.ask(request);
        let mut rows = Vec::new();
        let mut positions: HashMap<u32, u32, FxBuildHasher> = HashMap::default();
        for rule in self.rules_for(&ask, breadth.any_name) {
            for &set in self.index.sets_of_rule.of(rule) {
                positions.entry(set).or_insert_with(|| self.first_match(set, &ask, breadth.any_name));
            }
        }
        for (set, rule) in positions {
            for &binding in self.index.bindings_of_set.of(set) {
                let row = &self.bindings[binding as usize];
                let in_scope = row.cluster
                    || match ask.what {
                        What::Path(_) => false,
                        What::Resource { .. } => {
                            breadth.any_namespace
                                || (row.namespace == ask.namespace && row.namespace != Sym::EMPTY)
                        }
                    };
                let Target::Role(role) = row.role else { continue };
                if !in_scope {
                    continue;
                }
                let (start, end) = row.subjects;
                for (subject, row) in (0u32..).zip(&self.subjects[start as usize..end as usize]) {
                    if let Some(number) = row.principal.and_then(|principal| self.index.number(principal)) {
                        let role = RoleId(role);
                        rows.push((number, Grant { binding: BindingId(binding), subject, role, rule }));
                    }
                }
            }
        }
        rows.sort_unstable();
        rows.dedup_by_key(|row| row.0);
        Holders { policy: self, rows }
    }

    /// The distinct rules that allow the request.
    fn rules_for(&self, ask: &Ask<'_>, any_name: bool) -> RoaringBitmap {
        let allows = |rule: &u32| {
            if any_name {
                self.rule_allows_some_name(RuleId(*rule), ask)
            } else {
                self.rule_allows(RuleId(*rule), ask)
            }
        };
        match ask.what {
            What::Path(_) => self.index.with_urls.iter().filter(allows).collect(),
            What::Resource { group, combined, any_parent, .. } => {
                let mut rules = self.index.resources.any(&[combined, any_parent, Sym::STAR]);
                rules &= self.index.groups.any(&[group, Sym::STAR]);
                rules &= self.index.verbs.any(&[ask.verb, Sym::STAR]);
                // The postings say nothing of names.
                rules.iter().filter(allows).collect()
            }
        }
    }

    fn first_match(&self, set: u32, ask: &Ask<'_>, any_name: bool) -> u32 {
        let rules = self.sets.get(super::pool::ListId(set));
        let first = rules.iter().position(|&rule| {
            if any_name {
                self.rule_allows_some_name(RuleId(rule), ask)
            } else {
                self.rule_allows(RuleId(rule), ask)
            }
        });
        super::builder::count(first.unwrap_or(0))
    }
}

impl<'a> Holders<'a> {
    /// How many users and groups there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether nobody may.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Each user and group with the first grant, users before groups, each by name.
    pub fn iter(&self) -> impl Iterator<Item = (Principal, Grant)> + '_ {
        self.rows.iter().map(|&(number, grant)| (self.policy.index.principals()[number as usize], grant))
    }

    /// Whether an identity is among them, by name or through a group, and through which grant.
    pub fn holds(&self, identity: &Identity) -> Option<Grant> {
        self.policy
            .principals_of(identity)
            .iter()
            .filter_map(|&principal| {
                let number = self.policy.index.number(principal)?;
                let at = self.rows.binary_search_by_key(&number, |row| row.0).ok()?;
                Some(self.rows[at].1)
            })
            .min()
    }

    /// The policy that was asked.
    pub fn policy(&self) -> &'a Policy {
        self.policy
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{bind, role};
    use super::*;
    use crate::rbac::PolicyBuilder;

    fn sample() -> Policy {
        let mut b = PolicyBuilder::new();
        role(&mut b, "exec", &["create '' pods", "create '' */exec"]);
        role(&mut b, "named", &["get '' secrets db"]);
        role(&mut b, "all", &["* * *"]);
        role(&mut b, "health", &["get /healthz,/livez*"]);
        bind(&mut b, "root", ("ClusterRole", "all"), &["User:root", "Group:ops"]);
        bind(&mut b, "dev/run", ("ClusterRole", "exec"), &["ServiceAccount:ci/bot", "User:zoe", "User:amy"]);
        bind(&mut b, "dev/db", ("ClusterRole", "named"), &["Group:system:serviceaccounts:dev"]);
        bind(&mut b, "health", ("ClusterRole", "health"), &["Group:system:unauthenticated"]);
        bind(&mut b, "dev/health", ("ClusterRole", "health"), &["User:zoe"]);
        b.finish()
    }

    fn names(policy: &Policy, request: &Request, breadth: Breadth) -> Vec<String> {
        let show = |principal| match principal {
            Principal::User(name) => policy.text(name).to_owned(),
            Principal::Group(name) => format!("@{}", policy.text(name)),
        };
        policy.who_can(request, breadth).iter().map(|(principal, _)| show(principal)).collect()
    }

    #[test]
    fn lists_users_then_groups_of_the_scope() {
        let policy = sample();
        let exec = Request::resource("create", "pods/exec");
        let exact = Breadth::default();
        let wide = Breadth { any_namespace: true, any_name: true };
        let dev = ["amy", "root", "system:serviceaccount:ci:bot", "zoe", "@ops"];
        assert_eq!(names(&policy, &exec, exact), ["root", "@ops"]);
        assert_eq!(names(&policy, &exec.clone().in_namespace("dev"), exact), dev);
        assert_eq!(names(&policy, &exec.clone().in_namespace("qa"), exact), ["root", "@ops"]);
        assert_eq!(names(&policy, &exec, wide), dev);
        let get = Request::resource("get", "secrets").in_namespace("dev");
        assert_eq!(names(&policy, &get, exact), ["root", "@ops"]);
        assert_eq!(
            names(&policy, &get.clone().named("db"), exact),
            ["root", "@ops", "@system:serviceaccounts:dev"]
        );
        assert_eq!(names(&policy, &get, wide), ["root", "@ops", "@system:serviceaccounts:dev"]);
        assert_eq!(names(&policy, &Request::path("get", "/livez/x"), wide), ["@system:unauthenticated"]);
    }

    #[test]
    fn holds_sees_through_groups() {
        let policy = sample();
        let request = Request::resource("get", "secrets").in_namespace("dev").named("db");
        let holders = policy.who_can(&request, Breadth::default());
        for (who, want) in [
            (Identity::service_account("dev", "x"), true),
            (Identity::service_account("qa", "x"), false),
            (Identity::user("kim", ["ops"]), true),
            (Identity::user("kim", [""; 0]), false),
        ] {
            assert_eq!(holders.holds(&who).is_some(), want, "{who:?}");
            assert_eq!(policy.allows(&who, &request), want, "{who:?}");
        }
    }
}
