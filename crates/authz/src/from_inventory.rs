//! From an inventory of objects to what the authorizers read. Ids of the caller are the inventory's own.

mod built_in;
mod nodes;
mod rbac;

pub use built_in::BUILT_IN;
pub use nodes::node_authorizer;
pub use rbac::{Rejected, Scope, rbac_policy, rbac_policy_with_built_in};
