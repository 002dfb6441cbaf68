//! Lookups over the inventory that several rules share: each is built once, when a rule first asks.

mod capacity;
mod cloud;
mod components;
mod configurations;
mod controllers;
mod endpoint_slices;
mod exposure;
mod kubeadm;
mod limit_ranges;
mod namespaces;
mod nginx_prefixes;
mod pods;
pub(crate) mod rbac;
mod reachability;
mod references;
mod scalers;
mod selectors;

use std::sync::OnceLock;

use rampart_model::ObjectId;
use rampart_schema::CrdSchemas;

use crate::admission::ClusterDefault;
use crate::shared::policies::Controls;
use crate::storage::Backups;

pub(crate) use capacity::Capacity;
pub(crate) use cloud::{Cloud, Provider};
pub(crate) use components::{
    API_SERVER, CONTROLLER_MANAGER, Component, Components, ETCD, Given, PROXY, SCHEDULER, Setting,
};
pub(crate) use configurations::{Configuration, Configurations};
pub(crate) use controllers::Controllers;
pub(crate) use endpoint_slices::EndpointSlices;
pub(crate) use exposure::{Door, Exposure, Way};
pub(crate) use limit_ranges::{LimitRanges, Supply};
pub(crate) use namespaces::{NAMESPACE, Namespaces, is_system};
pub(crate) use pods::Pods;
pub(crate) use rbac::Rbac;
pub(crate) use reachability::{
    CLUSTER_WIDE, Isolation, NAMESPACED, Policies, Reachability, is_controlled, is_every_pod,
};
pub(crate) use references::{
    Found, Holder, Makers, Named, Reference, References, Target, Via, of_object, of_pod,
};
pub(crate) use scalers::{HPA, Scaler, Scalers};
pub(crate) use selectors::{BUDGET, Selectors, pods_of_budget};

/// The indexes of one run.
#[derive(Debug, Default)]
pub(crate) struct Indexes<'a> {
    pub(crate) rbac: OnceLock<Rbac<'a>>,
    pub(crate) endpoint_slices: OnceLock<EndpointSlices<'a>>,
    pub(crate) exposure: OnceLock<Exposure>,
    pub(crate) limit_ranges: OnceLock<LimitRanges<'a>>,
    pub(crate) scalers: OnceLock<Scalers<'a>>,
    pub(crate) capacity: OnceLock<Option<Capacity>>,
    pub(crate) cloud: OnceLock<Cloud>,
    pub(crate) components: OnceLock<Components<'a>>,
    pub(crate) configurations: OnceLock<Configurations<'a>>,
    pub(crate) controllers: OnceLock<Controllers<'a>>,
    pub(crate) custom_kinds: OnceLock<CrdSchemas>,
    pub(crate) default_priority: OnceLock<bool>,
    pub(crate) old_group_policy: OnceLock<Option<ObjectId>>,
    pub(crate) nginx_prefixes: OnceLock<Vec<String>>,
    pub(crate) pods: OnceLock<Pods<'a>>,
    pub(crate) namespaces: OnceLock<Namespaces<'a>>,
    pub(crate) budgets: OnceLock<Selectors<'a>>,
    pub(crate) references: OnceLock<References<'a>>,
    pub(crate) makers: OnceLock<Makers<'a>>,
    pub(crate) backups: OnceLock<Backups<'a>>,
    pub(crate) policies: OnceLock<Policies<'a>>,
    pub(crate) reachability: OnceLock<Reachability>,
    pub(crate) controls: OnceLock<Controls<'a>>,
    pub(crate) pod_security: OnceLock<ClusterDefault>,
    pub(crate) namespace_labeller: OnceLock<Option<ObjectId>>,
    pub(crate) services: OnceLock<Selectors<'a>>,
}
