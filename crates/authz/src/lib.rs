//! Authorization exactly as the API server decides it: who may do what, and through which object.
//!
//! Invariants: no I/O, no clock, total on any input; an answer is allow, deny, no opinion or unknown, never a guess,
//! and names the authorizer, binding, role and rule it rests on. Objects are known by the caller's own ids.

mod abac;
mod answer;
pub mod audit_policy;
mod chain;
pub mod closure;
mod condition;
mod configuration;
mod escalation;
pub mod from_inventory;
mod intern;
mod least;
mod node;
mod quote;
pub mod rbac;
pub mod replay;
mod request;
mod sar;
mod webhook;

pub use abac::{AbacError, AbacPolicy};
pub use answer::{Answer, Because, Decision};
pub use chain::{Authorizer, Chain};
pub use condition::Condition;
pub use configuration::{AuthorizationConfiguration, ConfigurationError, Configured};
pub use escalation::{BindingWrite, Guard, RoleWrite};
pub use intern::{Interner, Sym};
pub use least::{Generalize, Needs, documents, least_privilege};
pub use node::{NodeAuthorizer, NodeFeatures, NodeGraph, PodReferences, VolumeReferences};
pub use request::{
    ANONYMOUS, AUTHENTICATED, FieldRequirement, Identity, LabelRequirement, MASTERS, Request,
    ResourceRequest, SERVICE_ACCOUNT_PREFIX, SERVICE_ACCOUNTS, Target, UNAUTHENTICATED, service_account_of,
    service_account_user,
};
pub use sar::{ReviewError, ReviewStatus, parse_field_selector, parse_review};
pub use webhook::{Called, Webhook};
