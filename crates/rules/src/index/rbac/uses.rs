//! Where roles are bound.

use rampart_authz::rbac::{BindingId, Policy, RoleId, RoleKind};
use rampart_model::Coverage;
use rustc_hash::FxHashMap;

use super::{CLUSTER_ROLE_BINDING, ROLE_BINDING};

/// How far the rights of a role reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// The whole cluster, through a ClusterRoleBinding.
    Cluster,
    /// A ClusterRole that no binding of the input names; others may.
    Open,
    /// A role that is bound to nobody, and every binding was read.
    Nobody,
    /// Namespaces only: a Role, or a ClusterRole that only RoleBindings name.
    Namespaces {
        /// `kube-system` is one of them.
        kube_system: bool,
    },
}

impl Scope {
    /// True when they hold in the whole cluster or in `kube-system`.
    pub(crate) fn is_system(self) -> bool {
        matches!(self, Self::Cluster | Self::Namespaces { kube_system: true })
    }
}

/// Bindings and scope by role.
#[derive(Debug)]
pub(crate) struct Uses {
    bindings: Vec<Vec<BindingId>>,
    takers: FxHashMap<RoleId, Vec<RoleId>>,
    scopes: Vec<Scope>,
}

impl Uses {
    pub(crate) fn build(policy: &Policy, coverage: &Coverage) -> Self {
        let mut bindings: Vec<Vec<BindingId>> = vec![Vec::new(); policy.roles().len()];
        for id in policy.bindings() {
            let somebody = policy.subjects_of(id).any(|subject| subject.principal.is_some());
            if let Some(role) = policy.binding(id).role.filter(|_| somebody) {
                bindings[role.index()].push(id);
            }
        }
        spread(policy, &mut bindings);
        let mut takers: FxHashMap<RoleId, Vec<RoleId>> = FxHashMap::default();
        for taker in policy.roles().filter(|&role| policy.role(role).aggregated && is_current(policy, role)) {
            policy.sources_of(taker).for_each(|source| takers.entry(source).or_default().push(taker));
        }
        let all_read = coverage.is_full(CLUSTER_ROLE_BINDING, None) && coverage.is_full(ROLE_BINDING, None);
        let scopes = policy.roles().map(|role| {
            let view = policy.role(role);
            let bindings = &bindings[role.index()];
            let namespace = |&id: &BindingId| policy.binding(id).namespace;
            match view.kind {
                _ if !bindings.is_empty() && bindings.iter().any(|id| namespace(id).is_none()) => {
                    Scope::Cluster
                }
                RoleKind::Role
                    if bindings.is_empty() && coverage.is_full(ROLE_BINDING, Some(view.namespace)) =>
                {
                    Scope::Nobody
                }
                RoleKind::Role => Scope::Namespaces { kube_system: view.namespace == "kube-system" },
                RoleKind::ClusterRole if bindings.is_empty() && all_read => Scope::Nobody,
                RoleKind::ClusterRole if bindings.is_empty() => Scope::Open,
                RoleKind::ClusterRole => {
                    let kube_system = bindings.iter().any(|id| namespace(id) == Some("kube-system"));
                    Scope::Namespaces { kube_system }
                }
            }
        });
        let scopes = scopes.collect();
        Self { bindings, takers, scopes }
    }

    /// How far a role reaches.
    pub(crate) fn scope(&self, role: RoleId) -> Scope {
        self.scopes[role.index()]
    }

    /// The aggregated roles that take a role in.
    pub(crate) fn takers(&self, role: RoleId) -> &[RoleId] {
        self.takers.get(&role).map_or(&[], Vec::as_slice)
    }

    /// The bindings that give a role to somebody, also through roles that take its rules in, in output order.
    pub(crate) fn bindings(&self, role: RoleId) -> &[BindingId] {
        &self.bindings[role.index()]
    }
}

/// True for the role that counts among those of its name.
fn is_current(policy: &Policy, role: RoleId) -> bool {
    let view = policy.role(role);
    policy.find_role(view.kind, view.namespace, view.name) == Some(role)
}

/// Gives the bindings of aggregated roles to their sources, too, until nothing changes.
fn spread(policy: &Policy, bindings: &mut [Vec<BindingId>]) {
    let mut queue: Vec<RoleId> = policy
        .roles()
        .filter(|&role| policy.role(role).aggregated && !bindings[role.index()].is_empty())
        .collect();
    while let Some(role) = queue.pop() {
        let given = bindings[role.index()].clone();
        for source in policy.sources_of(role) {
            let own = &mut bindings[source.index()];
            let before = own.len();
            own.extend_from_slice(&given);
            own.sort_unstable();
            own.dedup();
            if own.len() > before && policy.role(source).aggregated {
                queue.push(source);
            }
        }
    }
}
