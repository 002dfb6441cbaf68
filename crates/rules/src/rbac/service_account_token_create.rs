use rampart_authz::rbac::Principal;
use rampart_authz::service_account_of;
use rampart_model::Object;
use rampart_report::Severity;

use super::rating::{Reach, rating};
use super::role::{Hit, KINDS, each};
use crate::index::rbac::table::TOKEN_CREATE;
use crate::index::rbac::{CLUSTER_ROLE_BINDING, ROLE_BINDING};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "service-account-token-create",
    group: Group::Rbac,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("service_account_token_create.md"),
    check: Check::Object(KINDS, check),
};

fn check(role: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    each(role, context, out, TOKEN_CREATE, |hit, out| {
        let coverage = context.inventory.coverage();
        let all_read = coverage.is_full(CLUSTER_ROLE_BINDING, None) && coverage.is_full(ROLE_BINDING, None);
        let severity = match (hit.is_named(), all_read) {
            (false, _) => Severity::High,
            (true, true) => strongest(hit),
            (true, false) => Severity::Medium,
        };
        hit.fail(out, hit.ungraded(severity), "");
    });
}

/// How dangerous the rights of the strongest account are that the rule names.
fn strongest(hit: &Hit<'_>) -> Severity {
    let (policy, holders) = (&hit.rbac.policy, &hit.rbac.holders);
    let within = hit.object.effective_namespace();
    let is_named = |user: &str| {
        service_account_of(user).is_some_and(|(home, name)| {
            hit.rule.resource_names.contains(&name) && within.is_none_or(|namespace| namespace == home)
        })
    };
    let named = policy.principals().iter().filter(|principal| match **principal {
        Principal::User(user) => is_named(policy.text(user)),
        Principal::Group(_) => false,
    });
    let worst = named.filter_map(|&principal| {
        let system = holders.within(policy, principal, "kube-system");
        rating(holders.in_cluster(policy, principal), Reach::Cluster)
            .max(rating(system, Reach::System))
            .max(rating(holders.anywhere(policy, principal), Reach::Namespace))
    });
    worst.max().unwrap_or(Severity::Low)
}
