//! Why not: the rules that come closest to allowing a refused request.

use super::BindingId;
use super::matching::Part;
use super::policy::{Grant, Policy, RoleId, RuleId, Target};
use crate::request::{Identity, Request};

/// A rule that the user holds and that does not allow the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearMiss {
    /// Where the rule is.
    pub grant: Grant,
    /// The parts of it that do not match; empty if the rule would allow the request in its own namespace.
    pub failing: Vec<Part>,
    /// Whether the binding is for another namespace than the request's.
    pub elsewhere: bool,
}

impl Policy {
    /// Of the rules that the user holds anywhere, at most `limit` with the fewest mismatches, nearest first. Being
    /// bound in another namespace counts as one mismatch.
    pub fn near_misses(&self, identity: &Identity, request: &Request, limit: usize) -> Vec<NearMiss> {
        let ask = self.ask(request);
        let mut misses: Vec<(usize, NearMiss)> = Vec::new();
        for &principal in &self.principals_of(identity) {
            for entry in self.index.entries(principal) {
                let row = &self.bindings[entry.binding as usize];
                let Target::Role(role) = row.role else { continue };
                let elsewhere = !row.cluster && row.namespace != ask.namespace;
                for (rule, &id) in (0u32..).zip(self.sets.get(self.roles[role as usize].rules)) {
                    let failing = self.failing_parts(RuleId(id), &ask);
                    let distance = failing.len() + usize::from(elsewhere);
                    if distance > 0 {
                        let grant = Grant {
                            binding: BindingId(entry.binding),
                            subject: entry.subject,
                            role: RoleId(role),
                            rule,
                        };
                        misses.push((distance, NearMiss { grant, failing, elsewhere }));
                    }
                }
            }
        }
        misses.sort_by_key(|miss| (miss.0, miss.1.grant));
        misses.dedup_by_key(|miss| (miss.1.grant.binding, miss.1.grant.rule));
        misses.truncate(limit);
        misses.into_iter().map(|(_, miss)| miss).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{bind, role};
    use super::*;
    use crate::rbac::PolicyBuilder;

    #[test]
    fn says_which_part_fails() {
        let mut b = PolicyBuilder::new();
        role(&mut b, "r", &["get '' pods web", "list '' pods", "get apps deployments", "create '' pods"]);
        bind(&mut b, "dev/one", ("ClusterRole", "r"), &["User:amy", "Group:g"]);
        let policy = b.finish();
        let who = Identity::exact("amy", ["g"]);
        let ask = Request::resource("get", "pods").in_namespace("dev").named("db");
        let misses = policy.near_misses(&who, &ask, 3);
        let seen: Vec<_> = misses.iter().map(|m| (m.grant.rule, m.failing.as_slice(), m.elsewhere)).collect();
        assert_eq!(
            seen,
            [
                (0, &[Part::ResourceName][..], false),
                (1, &[Part::Verb][..], false),
                (3, &[Part::Verb][..], false)
            ]
        );
        let other = policy.near_misses(&who, &Request::resource("list", "pods").in_namespace("qa"), 1);
        assert_eq!((other[0].grant.rule, other[0].failing.len(), other[0].elsewhere), (1, 0, true));
    }
}
