//! RBAC: roles, bindings, and who may do what through them.

mod aggregate;
mod builder;
pub mod cover;
mod diff;
mod index;
mod input;
mod lint;
mod matching;
mod nearest;
mod perms;
mod policy;
mod pool;
mod resolve;
mod risk;
#[cfg(test)]
pub(crate) mod tests;
mod who_can;

pub use builder::PolicyBuilder;
pub use diff::{Change, PolicyDiff, diff};
pub use input::{
    Aggregation, BindingInput, Gap, GapKind, PolicyRule, RoleInput, RoleKind, SubjectInput, SubjectKind,
};
pub use lint::Idle;
pub use matching::Part;
pub(crate) use matching::url_matches;
pub use nearest::NearMiss;
pub use perms::Permission;
pub use policy::{BindingId, BindingView, Grant, Policy, Principal, RoleId, RoleView, RuleId, SubjectView};
pub use risk::{Severity, risks};
pub use who_can::{Breadth, Holders};
