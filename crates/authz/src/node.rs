//! The Node authorizer: a kubelet may read what the pods bound to its node refer to, and little else.

mod authorizer;
mod graph;
mod rules;

pub use authorizer::{NodeAuthorizer, NodeFeatures};
pub use graph::{NodeGraph, PodReferences, VolumeReferences};
