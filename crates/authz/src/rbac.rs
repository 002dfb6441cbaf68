//! RBAC: roles, bindings, and who may do what through them.

mod aggregate;
mod builder;
pub mod cover;
mod index;
mod input;
mod matching;
mod nearest;
mod policy;
mod pool;
mod resolve;
#[cfg(test)]
mod tests;
mod who_can;

pub use builder::PolicyBuilder;
pub use input::{
    Aggregation, BindingInput, Gap, GapKind, PolicyRule, RoleInput, RoleKind, SubjectInput, SubjectKind,
};
pub use matching::Part;
pub use nearest::NearMiss;
pub use policy::{BindingId, BindingView, Grant, Policy, Principal, RoleId, RoleView, RuleId, SubjectView};
pub use who_can::{Breadth, Holders};
