//! Where objects come from: files and directories, standard input, rendered Helm charts and kustomizations; and what
//! was recorded about a running cluster: audit logs and network flows ([`records`]).
//!
//! Every source ends in the same [`rampart_model::InventoryBuilder`]; what could not be read becomes a [`rampart_model::Problem`] and a
//! gap in the coverage, never silence.
//!
//! Invariants: reads only what it was asked for; output order depends on the input alone, not on threads.

mod discover;
mod files;
mod helm;
mod kustomize;
mod origins;
mod read;
pub mod records;
mod render;
mod run;

pub use discover::files_below;
pub use files::{Input, Loaded, Options, Progress, load};
pub use helm::HelmOptions;
