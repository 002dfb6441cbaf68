//! Findings as data, and the renderers that show them.
//!
//! Invariants: knows nothing of how a finding was made; output depends on the report alone and its order is fixed.

mod exception;
mod finding;
mod fingerprint;
mod framework;
mod intern;
mod json;
mod locate;
mod place;
mod read_as;
mod report;
mod severity;
mod template_line;
mod text;
mod trace;

pub use exception::{Exception, ExceptionId, ExceptionKind};
pub use finding::{Detail, Evidence, Finding, Fix, ObjectChange, Safety, Verdict};
pub use fingerprint::{fingerprint, stable_path};
pub use framework::{ControlResult, ControlState, FrameworkResult};
pub use intern::intern;
pub use json::{SCHEMA, write_json};
pub use locate::{Located, locate};
pub use place::{Place, place};
pub use read_as::read_as;
pub use report::{Counts, Evaluations, Report, RuleInfo};
pub use severity::Severity;
pub use text::{TextOptions, markdown, problem as problem_text, write_text};
