//! The policy: rows of rules, roles and bindings, and how to read them back.

use std::fmt::{Display, Formatter};

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use super::index::Index;
use super::input::{Gap, PolicyRule, RoleKind, SubjectKind};
use super::pool::{ListId, ListPool};
use crate::intern::{Interner, Sym};
use crate::quote::Quoted;

/// A distinct rule of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(pub(crate) u32);

/// A role of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoleId(pub(crate) u32);

/// A binding of a policy. Ids follow the order of output: cluster bindings, then namespaces, each by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BindingId(pub(crate) u32);

macro_rules! places {
    ($($id:ident),+) => { $(impl $id {
        /// Its place among all of its policy, from 0 without gaps.
        pub fn index(self) -> usize {
            self.0 as usize
        }

        /// The one at a place of its policy.
        pub fn from_index(index: usize) -> Self {
            Self(super::builder::count(index))
        }
    })+ };
}

places!(RuleId, RoleId, BindingId);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct RuleRow {
    pub(crate) verbs: ListId,
    pub(crate) groups: ListId,
    pub(crate) resources: ListId,
    pub(crate) names: ListId,
    pub(crate) urls: ListId,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct RoleRow {
    pub(crate) namespace: Sym,
    pub(crate) name: Sym,
    pub(crate) kind: RoleKind,
    pub(crate) rules: ListId,
    pub(crate) aggregated: bool,
    pub(crate) computed: bool,
    pub(crate) origin: u32,
}

/// What a `roleRef` leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    Role(u32),
    Missing,
    BadKind,
}

/// Whom a subject means. Service accounts are users with a certain name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Principal {
    /// The user of this name.
    User(Sym),
    /// Every member of this group.
    Group(Sym),
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct SubjectRow {
    pub(crate) kind: SubjectKind,
    pub(crate) name: Sym,
    pub(crate) namespace: Sym,
    /// None if the subject matches nobody.
    pub(crate) principal: Option<Principal>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct BindingRow {
    pub(crate) cluster: bool,
    pub(crate) namespace: Sym,
    pub(crate) name: Sym,
    pub(crate) role_kind: Sym,
    pub(crate) role_name: Sym,
    pub(crate) role: Target,
    /// Range in the table of subjects.
    pub(crate) subjects: (u32, u32),
    pub(crate) origin: u32,
}

/// All RBAC objects of a cluster, compact and indexed. Made by [`super::PolicyBuilder`]; never changes.
#[derive(Debug, Clone)]
pub struct Policy {
    pub(crate) names: Interner,
    pub(crate) lists: ListPool,
    pub(crate) rules: Vec<RuleRow>,
    pub(crate) sets: ListPool,
    pub(crate) roles: Vec<RoleRow>,
    pub(crate) role_keys: HashMap<(RoleKind, Sym, Sym), u32, FxBuildHasher>,
    /// Rows of aggregated roles, ascending, with the names of their sources.
    pub(crate) aggregates: Vec<(u32, ListId)>,
    pub(crate) bindings: Vec<BindingRow>,
    pub(crate) subjects: Vec<SubjectRow>,
    pub(crate) gaps: Vec<Gap>,
    pub(crate) shadowed: Vec<u32>,
    pub(crate) index: Index,
}

/// One reason why a request is allowed: this rule of the role of this binding, through this subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Grant {
    /// The binding.
    pub binding: BindingId,
    /// Index of the first of its subjects that means the user.
    pub subject: u32,
    /// The role it refers to.
    pub role: RoleId,
    /// Index of the rule in the role.
    pub rule: u32,
}

/// A role as read back from a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoleView<'a> {
    /// Which kind.
    pub kind: RoleKind,
    /// Namespace; empty for a ClusterRole.
    pub namespace: &'a str,
    /// Name.
    pub name: &'a str,
    /// Whether it has an `aggregationRule`.
    pub aggregated: bool,
    /// Whether its rules were computed here because no controller had filled them.
    pub computed: bool,
    /// The id that the caller gave.
    pub origin: u32,
}

/// A binding as read back from a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BindingView<'a> {
    /// Namespace; none for a ClusterRoleBinding.
    pub namespace: Option<&'a str>,
    /// Name.
    pub name: &'a str,
    /// `roleRef.kind`.
    pub role_kind: &'a str,
    /// `roleRef.name`.
    pub role_name: &'a str,
    /// The role, if it exists.
    pub role: Option<RoleId>,
    /// The id that the caller gave.
    pub origin: u32,
}

/// A subject as read back from a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubjectView<'a> {
    /// Kind.
    pub kind: SubjectKind,
    /// Name.
    pub name: &'a str,
    /// Namespace as written, for service accounts.
    pub namespace: &'a str,
    /// Whom it means; none if it matches nobody.
    pub principal: Option<Principal>,
}

impl Policy {
    /// The string of a symbol.
    pub fn text(&self, sym: Sym) -> &str {
        self.names.text(sym)
    }

    /// The symbol of a string, if the policy mentions it.
    pub fn symbol(&self, text: &str) -> Option<Sym> {
        self.names.find(text)
    }

    /// All roles.
    pub fn roles(&self) -> impl ExactSizeIterator<Item = RoleId> + use<> {
        (0..super::builder::count(self.roles.len())).map(RoleId)
    }

    /// All bindings, in the order of output.
    pub fn bindings(&self) -> impl ExactSizeIterator<Item = BindingId> + use<> {
        (0..super::builder::count(self.bindings.len())).map(BindingId)
    }

    /// Number of distinct rules, and of distinct lists of rules.
    pub fn distinct(&self) -> (usize, usize) {
        (self.rules.len(), self.sets.len())
    }

    /// What could not be read.
    pub fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    /// Origins of roles and bindings that another object with the same key replaced.
    pub fn shadowed(&self) -> &[u32] {
        &self.shadowed
    }

    /// The role of this kind, namespace (empty for ClusterRoles) and name.
    pub fn find_role(&self, kind: RoleKind, namespace: &str, name: &str) -> Option<RoleId> {
        let namespace = if kind == RoleKind::ClusterRole { "" } else { namespace };
        let key = (kind, self.names.find(namespace)?, self.names.find(name)?);
        self.role_keys.get(&key).map(|&id| RoleId(id))
    }

    /// Reads a role.
    pub fn role(&self, id: RoleId) -> RoleView<'_> {
        let row = &self.roles[id.0 as usize];
        RoleView {
            kind: row.kind,
            namespace: self.text(row.namespace),
            name: self.text(row.name),
            aggregated: row.aggregated,
            computed: row.computed,
            origin: row.origin,
        }
    }

    /// The rules of a role, in order.
    pub fn rules_of(&self, id: RoleId) -> impl ExactSizeIterator<Item = RuleId> + '_ {
        self.sets.get(self.roles[id.0 as usize].rules).iter().map(|&rule| RuleId(rule))
    }

    /// The ClusterRoles that the selectors of an aggregated role match, itself left out; none for other roles.
    pub fn sources_of(&self, id: RoleId) -> impl Iterator<Item = RoleId> + '_ {
        let at = self.aggregates.binary_search_by_key(&id.0, |&(row, _)| row);
        let names = at.map_or(&[][..], |at| self.lists.get(self.aggregates[at].1));
        let role = |&name: &u32| self.role_keys.get(&(RoleKind::ClusterRole, Sym::EMPTY, Sym(name)));
        names.iter().filter_map(role).map(|&role| RoleId(role)).filter(move |&source| source != id)
    }

    /// The number of a binding's list of rules.
    pub(crate) fn set_of(&self, binding: u32) -> Option<u32> {
        match self.bindings[binding as usize].role {
            Target::Role(role) => Some(self.roles[role as usize].rules.0),
            Target::Missing | Target::BadKind => None,
        }
    }

    pub(crate) fn rules_of_set(&self, set: u32) -> impl ExactSizeIterator<Item = RuleId> + '_ {
        self.sets.get(ListId(set)).iter().map(|&rule| RuleId(rule))
    }

    /// Reads a rule.
    pub fn rule(&self, id: RuleId) -> PolicyRule<&str> {
        let row = &self.rules[id.0 as usize];
        let list = |id| self.lists.get(id).iter().map(|&sym| self.text(Sym(sym))).collect();
        PolicyRule {
            verbs: list(row.verbs),
            api_groups: list(row.groups),
            resources: list(row.resources),
            resource_names: list(row.names),
            non_resource_urls: list(row.urls),
        }
    }

    /// Reads a binding.
    pub fn binding(&self, id: BindingId) -> BindingView<'_> {
        let row = &self.bindings[id.0 as usize];
        BindingView {
            namespace: (!row.cluster).then(|| self.text(row.namespace)),
            name: self.text(row.name),
            role_kind: self.text(row.role_kind),
            role_name: self.text(row.role_name),
            role: match row.role {
                Target::Role(id) => Some(RoleId(id)),
                Target::Missing | Target::BadKind => None,
            },
            origin: row.origin,
        }
    }

    /// The subjects of a binding, in order.
    pub fn subjects_of(&self, id: BindingId) -> impl ExactSizeIterator<Item = SubjectView<'_>> {
        let (start, end) = self.bindings[id.0 as usize].subjects;
        self.subjects[start as usize..end as usize].iter().map(|row| SubjectView {
            kind: row.kind,
            name: self.text(row.name),
            namespace: self.text(row.namespace),
            principal: row.principal,
        })
    }

    /// A grant in the words of the API server, without its `RBAC: allowed by `:
    /// `RoleBinding "b/ns" of Role "r" to ServiceAccount "sa/ns"`.
    pub fn describe(&self, grant: Grant) -> impl Display + '_ {
        Description { policy: self, grant }
    }
}

struct Description<'a> {
    policy: &'a Policy,
    grant: Grant,
}

impl Display for Description<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let binding = self.policy.binding(self.grant.binding);
        match binding.namespace {
            None => write!(f, "ClusterRoleBinding {}", Quoted(binding.name))?,
            Some(namespace) => write!(f, "RoleBinding {}", Quoted(&format!("{}/{namespace}", binding.name)))?,
        }
        write!(f, " of {} {} to ", binding.role_kind, Quoted(binding.role_name))?;
        let Some(subject) = self.policy.subjects_of(self.grant.binding).nth(self.grant.subject as usize)
        else {
            return f.write_str("nobody");
        };
        if subject.kind == SubjectKind::ServiceAccount {
            let given = subject.namespace;
            let namespace = if given.is_empty() { binding.namespace.unwrap_or_default() } else { given };
            return write!(f, "ServiceAccount {}", Quoted(&format!("{}/{namespace}", subject.name)));
        }
        write!(f, "{} {}", subject.kind.as_str(), Quoted(subject.name))
    }
}
