//! Users' own rules: a CEL expression over an object, from a file (`rampart.dev/rules/v1`).
//!
//! A file is read as a whole or not at all. An expression gives `true` when all is well, or a list of texts, one for
//! each thing that is wrong; what cannot be evaluated is `unknown` with the reason, never a pass.

mod file;
mod matching;
mod place;
mod read;
mod run;
mod tests;

use std::collections::BTreeMap;

use rampart_document::FieldPath;
use rampart_expr::Program;
use rampart_report::{RuleInfo, Severity};
use rampart_rules::Group;

use matching::Match;

pub use run::evaluate;
pub use tests::{Outcome, Tested, Wanted};

/// A user's rule, checked.
#[derive(Debug)]
pub struct CustomRule {
    /// Its id; no built-in rule has it.
    pub id: &'static str,
    /// One line.
    pub title: &'static str,
    /// Severity of its findings.
    pub severity: Severity,
    /// What it is about.
    pub group: Group,
    /// Why it matters, Markdown.
    pub why: String,
    /// What to do, Markdown.
    pub todo: String,
    /// Framework name to its control ids.
    pub frameworks: BTreeMap<String, Vec<String>>,
    matching: Match,
    expression: Program,
    message: Message,
    /// From the object, or from the pod template for rules about pods.
    path: FieldPath,
    examples: Vec<tests::Example>,
}

/// What a finding says.
#[derive(Debug)]
enum Message {
    Text(String),
    Expression(Program),
}

impl CustomRule {
    /// What renderers may say about it.
    pub fn info(&self) -> RuleInfo {
        RuleInfo {
            id: self.id,
            title: self.title,
            group: self.group.as_str(),
            severity: self.severity,
            why: self.why.clone(),
            todo: self.todo.clone(),
            frameworks: self
                .frameworks
                .iter()
                .map(|(name, ids)| (name.clone().into(), ids.iter().map(|id| id.clone().into()).collect()))
                .collect(),
        }
    }

    /// True when it is about every pod template.
    pub fn is_about_pods(&self) -> bool {
        self.matching.pods
    }
}

/// The rules of a file, in its order.
#[derive(Debug)]
pub struct CustomRules {
    /// The rules.
    pub rules: Vec<CustomRule>,
}
