//! RBAC objects joined: which rights each distinct rule gives, where each role is bound, and what each subject holds.

mod holders;
mod rights;
pub(crate) mod table;
mod uses;

use rampart_authz::from_inventory::{BUILT_IN, Scope as Reading, rbac_policy_with_built_in};
use rampart_authz::rbac::cover::uncovered;
use rampart_authz::rbac::{Policy, PolicyRule, RoleId, RoleKind, RuleId};
use rampart_model::{GroupKind, Inventory, Object, ObjectId};
use rustc_hash::FxHashMap;

pub(crate) use holders::{Held, Holders, implied};
pub(crate) use rights::{Grant, Rights, RuleRights};
pub(crate) use uses::{Scope, Uses};

/// API group of the RBAC kinds.
pub(crate) const RBAC_GROUP: &str = "rbac.authorization.k8s.io";
/// A Role.
pub(crate) const ROLE: GroupKind<'static> = GroupKind::new(RBAC_GROUP, "Role");
/// A ClusterRole.
pub(crate) const CLUSTER_ROLE: GroupKind<'static> = GroupKind::new(RBAC_GROUP, "ClusterRole");
/// A RoleBinding.
pub(crate) const ROLE_BINDING: GroupKind<'static> = GroupKind::new(RBAC_GROUP, "RoleBinding");
/// A ClusterRoleBinding.
pub(crate) const CLUSTER_ROLE_BINDING: GroupKind<'static> = GroupKind::new(RBAC_GROUP, "ClusterRoleBinding");

const NONE: u32 = u32::MAX;

/// The RBAC objects of an inventory, together with those that Kubernetes creates itself.
#[derive(Debug)]
pub(crate) struct Rbac<'a> {
    inventory: &'a Inventory,
    /// Rules, roles and bindings; built-in ones that the input replaces are there as well, bound to nobody.
    pub(crate) policy: Policy,
    /// What is said of objects that the API server would refuse.
    rejected: FxHashMap<ObjectId, String>,
    /// Role of each object, by object.
    roles: Vec<u32>,
    /// Rights by distinct rule.
    rules: Vec<RuleRights>,
    /// Rights by rule of roles that Kubernetes creates itself and that the input changed: what was added only.
    changed: FxHashMap<RoleId, Box<[RuleRights]>>,
    /// Built-in roles by kind, namespace and name.
    built_in: FxHashMap<(RoleKind, Box<str>, Box<str>), RoleId>,
    /// Where roles are bound.
    pub(crate) uses: Uses,
    /// What subjects hold.
    pub(crate) holders: Holders,
}

impl<'a> Rbac<'a> {
    pub(crate) fn build(inventory: &'a Inventory) -> Self {
        let (policy, rejected) = rbac_policy_with_built_in(inventory, Reading::Covered);
        let rules: Vec<RuleRights> = (0..policy.distinct().0)
            .map(|index| RuleRights::of(&policy.rule(RuleId::from_index(index))))
            .collect();
        let uses = Uses::build(&policy, inventory.coverage());
        let holders = Holders::build(&policy, &rules);
        let mut all = Self {
            inventory,
            rejected: rejected.into_iter().map(|rejected| (rejected.object, rejected.what)).collect(),
            roles: vec![NONE; inventory.len()],
            rules,
            changed: FxHashMap::default(),
            built_in: FxHashMap::default(),
            uses,
            holders,
            policy,
        };
        for id in all.policy.roles() {
            let role = all.policy.role(id);
            if role.origin == BUILT_IN {
                all.built_in.insert((role.kind, role.namespace.into(), role.name.into()), id);
            } else if let Some(slot) = all.roles.get_mut(role.origin as usize) {
                *slot = id.index() as u32;
            }
        }
        let replaced = all.policy.roles().filter(|&id| all.policy.role(id).origin != BUILT_IN);
        all.changed = replaced.filter_map(|id| Some((id, all.added(id)?))).collect();
        all
    }

    /// The role that an object is.
    pub(crate) fn role_of(&self, object: Object<'_>) -> Option<RoleId> {
        let index = *self.roles.get(object.id().0 as usize)?;
        (index != NONE).then(|| RoleId::from_index(index as usize))
    }

    /// Why the API server would refuse a role or binding.
    pub(crate) fn refusal(&self, object: Object<'_>) -> Option<&str> {
        self.rejected.get(&object.id()).map(String::as_str)
    }

    /// The object that a role or binding is, unless it is built in. The origin is that of its view.
    pub(crate) fn object(&self, origin: u32) -> Option<Object<'a>> {
        (origin != BUILT_IN).then(|| self.inventory.object(ObjectId(origin)))
    }

    /// The built-in role of the same kind, namespace and name.
    pub(crate) fn built_in(&self, role: RoleId) -> Option<RoleId> {
        let view = self.policy.role(role);
        self.built_in.get(&(view.kind, view.namespace.into(), view.name.into())).copied()
    }

    /// True when a role is built in and gives nothing that Kubernetes' own role of its name does not.
    pub(crate) fn is_unchanged(&self, role: RoleId) -> bool {
        self.policy.role(role).origin == BUILT_IN
            || self
                .built_in(role)
                .is_some_and(|own| uncovered(&self.rules_of(own), &self.rules_of(role)).is_empty())
    }

    /// The rules of a role, read back.
    pub(crate) fn rules_of(&self, role: RoleId) -> Vec<PolicyRule<&str>> {
        self.policy.rules_of(role).map(|rule| self.policy.rule(rule)).collect()
    }

    /// The rights that the rule at `index` of a role gives beyond what Kubernetes' own role of its name gives.
    pub(crate) fn rights(&self, role: RoleId, index: usize, rule: RuleId) -> RuleRights {
        match self.changed.get(&role) {
            Some(own) => own.get(index).copied().unwrap_or_default(),
            None => self.rules[rule.index()],
        }
    }

    /// What the rules of a role that stands in for a built-in one add to it.
    fn added(&self, role: RoleId) -> Option<Box<[RuleRights]>> {
        let own = self.rules_of(self.built_in(role)?);
        let rights = self.rules_of(role).into_iter().map(|rule| {
            let named = !rule.resource_names.is_empty();
            let added = uncovered(&own, &[rule]);
            added.iter().map(RuleRights::of).fold(
                RuleRights { named, ..RuleRights::default() },
                |all, one| RuleRights {
                    cluster: all.cluster | one.cluster,
                    namespace: all.namespace | one.namespace,
                    named,
                },
            )
        });
        Some(rights.collect())
    }
}
