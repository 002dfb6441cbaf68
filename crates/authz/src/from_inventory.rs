//! From an inventory of objects to what the authorizers read. Ids of the caller are the inventory's own.

mod nodes;
mod rbac;

pub use nodes::node_authorizer;
pub use rbac::{Rejected, Scope, rbac_policy};
