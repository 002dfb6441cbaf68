//! Which resources exist: Kubernetes' own, and those of CustomResourceDefinitions that were read.

use std::sync::OnceLock;

use rampart_model::{GroupKind, Object};
use rampart_schema::{Schema, Scope, Version};
use rustc_hash::FxHashMap;

use super::role::listed;
use crate::Context;

/// Where the objects of a resource are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Where {
    /// In namespaces.
    Namespaces,
    /// Outside them.
    Cluster,
    /// Nowhere: its group is Kubernetes' own and has no such resource.
    Nowhere,
    /// Its group is another one, which nothing that was read defines.
    Unread,
    /// Its group is another one, and something else than a definition serves it.
    Elsewhere,
}

/// Kubernetes' own resources of any version.
#[derive(Debug)]
pub(super) struct Resources {
    by_name: FxHashMap<&'static str, Vec<(&'static str, Where)>>,
}

/// What authorization asks about though the API has no such objects, or none that its description holds.
const VIRTUAL: &[(&str, &str, Where)] = &[
    ("", "users", Where::Cluster),
    ("", "groups", Where::Cluster),
    ("", "componentstatuses", Where::Cluster),
    ("authentication.k8s.io", "users", Where::Cluster),
    ("authentication.k8s.io", "groups", Where::Cluster),
    ("authentication.k8s.io", "serviceaccounts", Where::Namespaces),
    ("authentication.k8s.io", "nodes", Where::Cluster),
    ("authentication.k8s.io", "uids", Where::Cluster),
    ("authentication.k8s.io", "userextras", Where::Cluster),
    ("certificates.k8s.io", "signers", Where::Cluster),
    ("policy", "podsecuritypolicies", Where::Cluster),
];

impl Resources {
    pub(super) fn built_in() -> &'static Self {
        static ALL: OnceLock<Resources> = OnceLock::new();
        ALL.get_or_init(|| {
            let mut all = Self { by_name: FxHashMap::default() };
            for info in Schema::for_version(Version::NEWEST).kinds() {
                let group = info.group_version.rsplit_once('/').map_or("", |(group, _)| group);
                let place = if info.scope == Scope::Cluster { Where::Cluster } else { Where::Namespaces };
                all.add(group, info.plural, place);
            }
            VIRTUAL.iter().for_each(|&(group, name, place)| all.add(group, name, place));
            all
        })
    }

    fn add(&mut self, group: &'static str, name: &'static str, place: Where) {
        let places = self.by_name.entry(name).or_default();
        if !places.iter().any(|&(other, _)| other == group) {
            places.push((group, place));
        }
    }

    /// Where a resource of a group is.
    pub(super) fn find(&self, group: &str, name: &str, context: &Context<'_>) -> Where {
        let own = self.by_name.get(name).and_then(|places| places.iter().find(|(other, _)| *other == group));
        if let Some(&(_, place)) = own {
            return place;
        }
        if Schema::for_version(Version::NEWEST).has_group(group) {
            return Where::Nowhere;
        }
        match context.custom_kinds().resource(group, name) {
            Some(Scope::Cluster) => Where::Cluster,
            Some(Scope::Namespaced) => Where::Namespaces,
            // A group without a dot was Kubernetes' own once; other groups may be served by an extension.
            None if !group.contains('.') => Where::Elsewhere,
            None if context.inventory.coverage().is_full(DEFINITION, None) => Where::Elsewhere,
            None => Where::Unread,
        }
    }

    /// What to say of a resource that none of the groups has.
    pub(super) fn missing(&self, object: Object<'_>, item: &str, groups: &[&str]) -> String {
        let title = |group: &str| {
            if group.is_empty() { "the core group".to_owned() } else { format!("group {group}") }
        };
        let asked: Vec<String> = groups.iter().map(|group| title(group)).collect();
        let parent = item.split_once('/').map_or(item, |(parent, _)| parent);
        let elsewhere = self.by_name.get(parent).and_then(|places| places.first());
        let hint = elsewhere.map_or_else(String::new, |(group, _)| format!("; it is in {}", title(group)));
        let verb = if groups.len() == 1 { "has" } else { "have" };
        format!("{object}: {} {verb} no resource {item}{hint}", listed(&asked))
    }
}

const DEFINITION: GroupKind<'static> = GroupKind::new("apiextensions.k8s.io", "CustomResourceDefinition");
