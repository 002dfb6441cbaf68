//! Policy as code, both ways: our rules as the API server's own policies ([`vap`]), and users' rules as ours
//! ([`custom`]).
//!
//! Invariants: no I/O; a broken rule file is refused as a whole, with the place of what is wrong.

pub mod custom;
pub mod vap;
mod yaml;
