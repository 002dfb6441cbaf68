//! Findings as data, and the renderers that show them.
//!
//! Invariants: knows nothing of how a finding was made; output depends on the report alone and its order is fixed.

mod base;
mod csv;
mod exception;
mod excerpt;
mod fact;
mod finding;
mod fingerprint;
mod framework;
mod github;
mod gitlab;
mod html;
mod intern;
mod json;
mod junit;
mod locate;
mod order;
mod place;
mod policy_report;
mod problem;
mod read_as;
mod report;
mod sarif;
mod severity;
mod summary_md;
mod template_line;
mod text;
mod trace;

pub use base::Base;
pub use csv::write_csv;
pub use exception::{Exception, ExceptionId, ExceptionKind};
pub use fact::{Fact, FactText};
pub use finding::{Detail, Evidence, Finding, Fix, ObjectChange, Safety, Verdict};
pub use fingerprint::{fingerprint, stable_path};
pub use framework::{ControlResult, ControlState, FrameworkResult};
pub use github::write_github;
pub use gitlab::write_gitlab;
pub use html::write_html;
pub use intern::intern;
pub use json::{SCHEMA, write_json};
pub use junit::write_junit;
pub use locate::{Located, locate};
pub use place::{Place, place};
pub use policy_report::{PolicyApi, PolicyForm, write_policy_report};
pub use read_as::read_as;
pub use report::{Counts, Evaluations, Report, RuleInfo};
pub use sarif::write_sarif;
pub use severity::Severity;
pub use summary_md::write_markdown;
pub use text::{TextOptions, excerpt, markdown, problem as problem_text, write_text};
pub use trace::source_of;
