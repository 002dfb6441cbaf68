//! How dangerous rights are, for rules about who holds them.

use rampart_authz::rbac::{Policy, PolicyRule, Principal, RoleId, RoleKind};
use rampart_report::Severity;

use super::role::lower;
use crate::index::Rbac;
use crate::index::rbac::table::*;
use crate::index::rbac::{Held, Rights};

/// Where a role is bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// In the whole cluster.
    Cluster,
    /// In `kube-system`.
    System,
    /// In another namespace.
    Namespace,
}

impl Reach {
    /// That of a binding in a namespace, or of one without.
    pub(super) fn of(namespace: Option<&str>) -> Self {
        match namespace {
            None => Self::Cluster,
            Some("kube-system") => Self::System,
            Some(_) => Self::Namespace,
        }
    }
}

const POD_WRITE: Rights = PODS_CREATE.or(PODS_MODIFY);
/// High wherever they are held.
const HIGH: Rights = EPHEMERAL
    .or(NODE_PROXY)
    .or(TOKEN_CREATE)
    .or(ADMISSION_DELETE)
    .or(API_SERVICES_WRITE)
    .or(WILDCARD_RESOURCE);
/// High in the whole cluster or in `kube-system`.
const HIGH_IN_SYSTEM: Rights = POD_WRITE.or(CONFIGMAPS_ALTER);
/// High in the whole cluster.
const HIGH_IN_CLUSTER: Rights = SECRETS_READ.or(EXEC_CREATE).or(WILDCARD_VERB).or(NETPOL_DELETE);

/// The worst that rules about roles say of these rights together; `None` below high.
fn worst(rights: Rights, reach: Reach) -> Option<Severity> {
    let wide = reach == Reach::Cluster;
    let both = |one: Rights, other: Rights| rights.has(one) && rights.has(other);
    let critical = rights.has(IMPERSONATE.or(ADMISSION_WRITE))
        || both(ESCALATE, ROLES_WRITE)
        || (wide && rights.has(WILDCARD_ALL));
    let high = || {
        rights.has(HIGH.or(WILDCARD_ALL))
            || (wide && rights.has(HIGH_IN_CLUSTER))
            || (reach != Reach::Namespace && rights.has(HIGH_IN_SYSTEM))
            || both(BIND, BINDINGS_WRITE)
            || both(SECRETS_CREATE.or(SECRETS_CHANGE), SECRETS_READ)
            || both(NAMESPACES_CHANGE, POD_WRITE)
            || both(CSR_APPROVE, SIGNER_APPROVE)
            || both(CSR_STATUS, SIGNER_SIGN)
    };
    if critical {
        Some(Severity::Critical)
    } else if high() {
        Some(Severity::High)
    } else {
        None
    }
}

/// High or critical when rules about roles call these rights so, those for certain names one level lower.
pub(super) fn rating(held: Held, reach: Reach) -> Option<Severity> {
    let named = worst(held.any(), reach).map(lower).filter(|severity| *severity >= Severity::High);
    worst(held.all, reach).max(named)
}

/// The rating of a role bound there.
pub(super) fn role_rating(rbac: &Rbac<'_>, role: RoleId, reach: Reach) -> Option<Severity> {
    rating(rbac.holders.of_role(role, reach == Reach::Cluster), reach)
}

/// True when a role gives everything: every verb on every resource and on every path.
pub(super) fn is_cluster_admin(policy: &Policy, role: RoleId) -> bool {
    if policy.role(role).kind != RoleKind::ClusterRole {
        return false;
    }
    let rules = || policy.rules_of(role).map(|rule| policy.rule(rule));
    let star = |list: &[&str]| list.contains(&"*");
    let everything = |rule: PolicyRule<&str>| {
        rule.resource_names.is_empty() && star(&rule.verbs) && star(&rule.api_groups) && star(&rule.resources)
    };
    rules().any(everything) && rules().any(|rule| star(&rule.verbs) && star(&rule.non_resource_urls))
}

/// Rights of the whole cluster each of which takes it over, with the words for them.
const IN_CLUSTER: &[(Rights, &str)] = &[
    (IMPERSONATE, "impersonate"),
    (NODE_PROXY, "reach kubelets through nodes/proxy"),
    (ADMISSION_WRITE, "write admission configuration"),
    (API_SERVICES_WRITE.or(CRDS_WRITE), "write API extensions"),
];

/// Rights each of which takes the cluster over when it is held in the whole cluster or in `kube-system`.
const IN_SYSTEM: &[(Rights, &str)] =
    &[(SECRETS_READ, "read Secrets"), (TOKEN_CREATE, "create tokens"), (POD_WRITE, "write workloads")];

/// How a subject takes the cluster over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TakeOver {
    /// It may do everything.
    pub(super) everything: bool,
    /// What it may do.
    pub(super) ways: Vec<&'static str>,
}

/// How rights in the cluster, and those in `kube-system` with these included, take the cluster over in one step.
pub(super) fn take_over(cluster: Held, system: Held) -> Option<TakeOver> {
    let (wide, system) = (cluster.all, system.all);
    if wide.has(WILDCARD_ALL) {
        return Some(TakeOver { everything: true, ways: Vec::new() });
    }
    let both = |one: Rights, other: Rights| system.has(one) && system.has(other);
    let table = |rows: &[(Rights, &'static str)], held: Rights| -> Vec<&'static str> {
        rows.iter().filter(|(rights, _)| held.has(*rights)).map(|&(_, words)| words).collect()
    };
    let mut ways = table(IN_SYSTEM, system);
    ways.extend(table(IN_CLUSTER, wide));
    ways.extend(both(SECRETS_CREATE, SECRETS_READ).then_some("mint tokens through Secrets"));
    ways.extend(both(ESCALATE, ROLES_WRITE).then_some("escalate roles"));
    ways.extend(both(BIND, BINDINGS_WRITE).then_some("bind roles"));
    let signs = both(CSR_APPROVE, SIGNER_APPROVE) || both(CSR_STATUS, SIGNER_SIGN);
    ways.extend(signs.then_some("approve certificates"));
    (!ways.is_empty()).then_some(TakeOver { everything: false, ways })
}

/// How a subject takes the cluster over, with everything that bindings give to it and to its groups.
pub(super) fn account_takes_over(rbac: &Rbac<'_>, principal: Principal) -> Option<TakeOver> {
    let (policy, holders) = (&rbac.policy, &rbac.holders);
    take_over(holders.in_cluster(policy, principal), holders.within(policy, principal, "kube-system"))
}
