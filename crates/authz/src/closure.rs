//! Escalation: what an identity can become with the rights it holds, step by step.
//!
//! Steps carry the ids of the technique catalogue. A step needs all of its rights in one scope and from one identity;
//! what else must be true (admission, a running pod, a controller) is its condition, and makes it possible, not certain.

mod facts;
mod reach;
mod rights;
mod steps;
mod techniques;

pub use facts::ClusterFacts;
pub use reach::{Closure, Node, Reach};
pub use steps::Step;
pub use techniques::{Gain, Technique, technique_ids};
