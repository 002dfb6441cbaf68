use std::collections::BTreeSet;

use rampart_model::Inventory;
use rampart_report::{Safety, Severity};

use crate::obstacle::Obstacle;

/// A file before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    /// Its path as it was read; `-` for standard input.
    pub name: String,
    /// The text as it was; `None` for a new file.
    pub old: Option<String>,
    /// The text to write; `None` when no object is left in the file.
    pub new: Option<String>,
}

/// A finding that goes away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixed {
    /// Its rule.
    pub rule: &'static str,
    /// How bad it was.
    pub severity: Severity,
    /// Whether the fix keeps behaviour.
    pub safety: Safety,
    /// What the fix does.
    pub title: String,
    /// The object: `Deployment shop/web`.
    pub object: String,
    /// `file:line:column` of the finding as it was.
    pub place: String,
    /// The file that changes.
    pub file: String,
    /// Kustomizations whose sources it changes: only building them again tells for certain.
    pub kustomizations: BTreeSet<String>,
}

/// A fix that was chosen and not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// Its rule.
    pub rule: &'static str,
    /// The object.
    pub object: String,
    /// What the finding says.
    pub what: String,
    /// `file:line:column`.
    pub place: String,
    /// Why.
    pub why: Obstacle,
}

/// Why a finding stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Left {
    /// Its rule states no change for it: the right value is not in the manifest.
    NoFix,
    /// Its fix may change behaviour and was not to be made without a look.
    NeedsReview,
    /// Somebody looked and said no.
    Declined,
    /// It was chosen and not made.
    Dropped(Dropped),
}

/// What a run of fixes gives.
#[derive(Debug)]
pub struct Outcome {
    /// Files that change, by name.
    pub files: Vec<FileChange>,
    /// Fixes that were made, in the order of their findings.
    pub fixed: Vec<Fixed>,
    /// Findings that stay: rule, severity, object, and why.
    pub left: Vec<(&'static str, Severity, String, Left)>,
    /// Findings that were looked at.
    pub before: usize,
    /// The objects as they will be.
    pub inventory: Inventory,
}
