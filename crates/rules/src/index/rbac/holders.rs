//! What users and groups hold, over all of their bindings.

use rampart_authz::rbac::{BindingId, Policy, Principal, RoleId};
use rampart_authz::{ANONYMOUS, AUTHENTICATED, SERVICE_ACCOUNTS, Sym, UNAUTHENTICATED, service_account_of};
use rustc_hash::FxHashMap;

use super::rights::{Rights, RuleRights};

/// Rights that are held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Held {
    /// For every name.
    pub(crate) all: Rights,
    /// For certain names only.
    pub(crate) named: Rights,
}

impl Held {
    /// Both kinds together.
    pub(crate) fn any(self) -> Rights {
        self.all | self.named
    }

    fn add(&mut self, other: Self) {
        self.all |= other.all;
        self.named |= other.named;
    }

    /// Adds rights.
    pub(crate) fn give(&mut self, rights: Rights, named: bool) {
        if named {
            self.named |= rights;
        } else {
            self.all |= rights;
        }
    }
}

/// Rights by role and by subject.
#[derive(Debug)]
pub(crate) struct Holders {
    /// By role: where it is bound in the cluster, and where it is bound in a namespace.
    roles: Vec<(Held, Held)>,
    /// By subject and namespace; without one, those of ClusterRoleBindings.
    held: FxHashMap<(Principal, Option<Sym>), Held>,
    /// By subject, whatever the namespace.
    anywhere: FxHashMap<Principal, Held>,
    /// Bindings that name a subject, in output order.
    bindings: FxHashMap<Principal, Vec<BindingId>>,
    /// ServiceAccounts that bindings name, found without building a user's name.
    accounts: FxHashMap<Box<str>, Accounts>,
    /// The groups of all ServiceAccounts.
    everybody: [Option<Principal>; 2],
}

/// What bindings name of one namespace.
#[derive(Debug, Default)]
struct Accounts {
    group: Option<Principal>,
    by_name: FxHashMap<Box<str>, Principal>,
}

impl Holders {
    pub(super) fn build(policy: &Policy, rules: &[RuleRights]) -> Self {
        let of_role = |role: RoleId| {
            let (mut cluster, mut namespace) = (Held::default(), Held::default());
            for rule in policy.rules_of(role) {
                let rights = rules[rule.index()];
                cluster.give(rights.cluster, rights.named);
                namespace.give(rights.namespace, rights.named);
            }
            (cluster, namespace)
        };
        let roles: Vec<(Held, Held)> = policy.roles().map(of_role).collect();
        let mut all = Self {
            roles,
            held: FxHashMap::default(),
            anywhere: FxHashMap::default(),
            bindings: FxHashMap::default(),
            accounts: accounts(policy),
            everybody: [AUTHENTICATED, SERVICE_ACCOUNTS].map(|name| policy.find_principal(true, name)),
        };
        for id in policy.bindings() {
            let view = policy.binding(id);
            let namespace = view.namespace.and_then(|namespace| policy.symbol(namespace));
            let rights = view.role.map_or_else(Held::default, |role| {
                let (cluster, within) = all.roles[role.index()];
                if view.namespace.is_none() { cluster } else { within }
            });
            for principal in policy.subjects_of(id).filter_map(|subject| subject.principal) {
                let named = all.bindings.entry(principal).or_default();
                if named.last() != Some(&id) {
                    named.push(id);
                }
                if rights != Held::default() {
                    all.held.entry((principal, namespace)).or_default().add(rights);
                    all.anywhere.entry(principal).or_default().add(rights);
                }
            }
        }
        all
    }

    /// What a role gives: bound in the cluster, or in a namespace.
    pub(crate) fn of_role(&self, role: RoleId, cluster: bool) -> Held {
        let (wide, within) = self.roles[role.index()];
        if cluster { wide } else { within }
    }

    /// The bindings that name a subject itself.
    pub(crate) fn bindings(&self, principal: Principal) -> &[BindingId] {
        self.bindings.get(&principal).map_or(&[], Vec::as_slice)
    }

    /// What a subject holds through ClusterRoleBindings, itself and through the groups that it surely has.
    pub(crate) fn in_cluster(&self, policy: &Policy, principal: Principal) -> Held {
        self.sum(policy, principal, |one| self.held.get(&(one, None)).copied())
    }

    /// What a subject holds in a namespace, cluster-wide rights included.
    pub(crate) fn within(&self, policy: &Policy, principal: Principal, namespace: &str) -> Held {
        let mut held = self.in_cluster(policy, principal);
        if let Some(namespace) = policy.symbol(namespace) {
            held.add(self.sum(policy, principal, |one| self.held.get(&(one, Some(namespace))).copied()));
        }
        held
    }

    /// What a subject holds in any namespace or in the cluster.
    pub(crate) fn anywhere(&self, policy: &Policy, principal: Principal) -> Held {
        self.sum(policy, principal, |one| self.anywhere.get(&one).copied())
    }

    /// The subject that a ServiceAccount is, if a binding names it.
    pub(crate) fn account(&self, namespace: &str, name: &str) -> Option<Principal> {
        self.accounts.get(namespace)?.by_name.get(name).copied()
    }

    /// The groups of a namespace's ServiceAccounts that some binding names.
    pub(crate) fn account_groups(&self, namespace: &str) -> impl Iterator<Item = Principal> {
        let own = self.accounts.get(namespace).and_then(|accounts| accounts.group);
        self.everybody.into_iter().chain([own]).flatten()
    }

    /// What a ServiceAccount holds in the cluster, and in `kube-system` with that included.
    pub(crate) fn of_account(&self, policy: &Policy, namespace: &str, name: &str) -> (Held, Held) {
        let subjects = || self.account(namespace, name).into_iter().chain(self.account_groups(namespace));
        let sum = |scope: Option<Sym>| {
            subjects().filter_map(|one| self.held.get(&(one, scope))).fold(
                Held::default(),
                |mut all, held| {
                    all.add(*held);
                    all
                },
            )
        };
        let cluster = sum(None);
        let mut system = policy.symbol("kube-system").map_or_else(Held::default, |system| sum(Some(system)));
        system.add(cluster);
        (cluster, system)
    }

    fn sum(&self, policy: &Policy, principal: Principal, of: impl Fn(Principal) -> Option<Held>) -> Held {
        let mut held = of(principal).unwrap_or_default();
        for group in implied(policy, principal) {
            held.add(of(group).unwrap_or_default());
        }
        held
    }
}

/// The groups that a subject surely has and that some binding names.
pub(crate) fn implied(policy: &Policy, principal: Principal) -> impl Iterator<Item = Principal> {
    let name = match principal {
        Principal::User(name) | Principal::Group(name) => policy.text(name),
    };
    let group = |name: &str| policy.find_principal(true, name);
    let groups = match principal {
        Principal::User(_) if name == ANONYMOUS => [group(UNAUTHENTICATED), None, None],
        Principal::User(_) => match service_account_of(name) {
            Some((namespace, _)) => groups_of_accounts(policy, namespace),
            None => [group(AUTHENTICATED), None, None],
        },
        Principal::Group(_) if name == UNAUTHENTICATED || name == AUTHENTICATED => [None; 3],
        Principal::Group(_) if name.starts_with("system:serviceaccounts:") => {
            [group(AUTHENTICATED), group(SERVICE_ACCOUNTS), None]
        }
        Principal::Group(_) => [group(AUTHENTICATED), None, None],
    };
    groups.into_iter().flatten()
}

/// The groups of a namespace's ServiceAccounts that some binding names.
fn groups_of_accounts(policy: &Policy, namespace: &str) -> [Option<Principal>; 3] {
    let group = |name: &str| policy.find_principal(true, name);
    [group(AUTHENTICATED), group(SERVICE_ACCOUNTS), group(&format!("{SERVICE_ACCOUNTS}:{namespace}"))]
}

fn accounts(policy: &Policy) -> FxHashMap<Box<str>, Accounts> {
    let mut all: FxHashMap<Box<str>, Accounts> = FxHashMap::default();
    for &principal in policy.principals() {
        match principal {
            Principal::User(name) => {
                if let Some((namespace, name)) = service_account_of(policy.text(name)) {
                    all.entry(namespace.into()).or_default().by_name.insert(name.into(), principal);
                }
            }
            Principal::Group(name) => {
                let own = policy.text(name).strip_prefix(SERVICE_ACCOUNTS);
                if let Some(namespace) = own.and_then(|rest| rest.strip_prefix(':')) {
                    all.entry(namespace.into()).or_default().group = Some(principal);
                }
            }
        }
    }
    all
}
