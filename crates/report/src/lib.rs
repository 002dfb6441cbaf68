//! Findings as data, and the renderers that show them.
//!
//! Invariants: knows nothing of how a finding was made; output depends on the report alone and its order is fixed.

mod finding;
mod locate;
mod severity;

pub use finding::{Detail, Evidence, Finding, Fix, Safety, Verdict};
pub use locate::{Located, locate};
pub use severity::Severity;
