//! The posture rules: pure functions from a view of an object to findings.
//!
//! The specification is `catalogue.csv`; a rule is `x.rs` (the check) beside `x.md` (why, what to do, and the examples
//! that are its tests). [`evaluate`] runs rules over an inventory, once for each distinct pod template.
//!
//! Invariants: no I/O and no clock (the time is an input); what cannot be told is `unknown`, never a silent pass.

mod admission;
mod availability;
mod catalogue;
mod context;
mod control_plane;
mod engine;
mod findings;
pub mod framework;
mod hygiene;
mod images;
mod index;
mod network;
mod node;
mod patching;
mod rbac;
mod registry;
mod rule;
mod secrets;
mod settings;
mod shared;
mod storage;
mod workload;

pub use catalogue::{ROWS, Row};
pub use context::{Context, Env};
pub use engine::{Evaluation, Options, Tally, WRONG_TYPE, evaluate};
pub use findings::{Draft, Findings};
pub use rampart_report::{Fact, FactText};
pub use registry::{all, find, not_configured};
pub use rule::{Check, Group, Needs, Profile, Rule, Workload};
pub use settings::Settings;
