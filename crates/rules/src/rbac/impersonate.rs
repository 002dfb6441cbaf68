use rampart_authz::rbac::Principal;
use rampart_authz::{MASTERS, service_account_of};
use rampart_model::Object;
use rampart_report::Severity;

use super::rating::account_takes_over;
use super::role::{Hit, KINDS, each};
use crate::index::rbac::table::{IMPERSONATE, IMPERSONATE_DETAILS};
use crate::index::rbac::{CLUSTER_ROLE, CLUSTER_ROLE_BINDING, ROLE_BINDING};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "impersonate",
    group: Group::Rbac,
    severity: Severity::Critical,
    profile: Profile::Default,
    doc: include_str!("impersonate.md"),
    check: Check::Object(KINDS, check),
};

fn check(role: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    each(role, context, out, IMPERSONATE | IMPERSONATE_DETAILS, |hit, out| {
        if !hit.given.has(IMPERSONATE) {
            hit.fail(out, hit.graded(Severity::Medium), "");
        } else if hit.is_named() && is_harmless(hit, context) {
            hit.fail(out, hit.ungraded(Severity::High), ", none of whom takes over the cluster");
        } else {
            hit.fail(out, hit.ungraded(Severity::Critical), "");
        }
    });
}

/// True when every binding was read and none of the identities that the rule names takes over the cluster.
fn is_harmless(hit: &Hit<'_>, context: &Context<'_>) -> bool {
    let coverage = context.inventory.coverage();
    let kinds = [CLUSTER_ROLE, CLUSTER_ROLE_BINDING, ROLE_BINDING];
    let policy = &hit.rbac.policy;
    let within = hit.object.effective_namespace();
    let is_account = |user: &str, name: &str| {
        service_account_of(user)
            .is_some_and(|(home, own)| own == name && within.is_none_or(|namespace| namespace == home))
    };
    let takes_over = |name: &str| {
        // One name may be that of a user, of a group and of ServiceAccounts.
        let mut same = policy.principals().iter().filter(|principal| match **principal {
            Principal::User(user) => policy.text(user) == name || is_account(policy.text(user), name),
            Principal::Group(group) => policy.text(group) == name,
        });
        name == MASTERS || same.any(|&principal| account_takes_over(hit.rbac, principal).is_some())
    };
    kinds.iter().all(|&kind| coverage.is_full(kind, None))
        && !hit.rule.resource_names.iter().any(|name| takes_over(name))
}
