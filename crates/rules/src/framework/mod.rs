//! Frameworks: lists of controls that other people wrote down, and which rules tell something about each.
//!
//! A framework is a YAML file (`crates/rules/frameworks` holds those of the binary, users bring their own) that is
//! checked as a whole: unknown rules, controls twice, and controls without any way to be checked are refused.

mod file;
mod range;
mod score;
mod shipped;

use rampart_document::Source;
use rampart_model::Problem;

pub use range::VersionRange;
pub use score::{Scoring, assign, score};
pub use shipped::{SHIPPED, shipped};

use crate::Needs;

/// What a control needs besides manifests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ControlNeeds {
    /// Files and processes of nodes.
    Node,
    /// A running cluster.
    Live,
    /// Contents of images.
    Image,
    /// A human who looks.
    Manual,
}

/// A rule that tells something about a control, or some of its findings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleRef {
    /// Rule id.
    pub rule: String,
    /// Only findings of these classes; empty means all.
    pub class: Vec<String>,
    /// No findings of these classes.
    pub not_class: Vec<String>,
    /// Only objects of this kind.
    pub kind: Option<String>,
    /// Only objects whose name fits this pattern, in which `*` stands for any text.
    pub name: Option<String>,
}

/// One control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    /// Its id in the framework.
    pub id: String,
    /// A few words.
    pub title: String,
    /// The rules that tell something about it.
    pub rules: Vec<RuleRef>,
    /// Set when rules cannot settle it.
    pub needs: Option<ControlNeeds>,
    /// What the rules do not tell.
    pub note: Option<String>,
    /// Kubernetes versions at which it is part of the framework; `None` means all.
    pub kubernetes: Option<VersionRange>,
}

/// Controls that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Its id in the framework.
    pub id: String,
    /// A few words.
    pub title: String,
    /// In the framework's order.
    pub controls: Vec<Control>,
}

/// A framework.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Framework {
    /// The name used in flags and JSON.
    pub id: String,
    /// Its full name.
    pub title: String,
    /// Its edition.
    pub version: String,
    /// Where it is published.
    pub source: Option<String>,
    /// One sentence.
    pub about: Option<String>,
    /// In the framework's order.
    pub sections: Vec<Section>,
}

impl Framework {
    /// Reads a framework's file. `is_rule` knows the rules besides those of the catalogue. The error tells the first
    /// place that is not as it must be, and what is expected there.
    pub fn parse(source: &Source, is_rule: &dyn Fn(&str) -> bool) -> Result<Self, Box<Problem>> {
        file::parse(source, is_rule)
    }

    /// The JSON Schema of the file.
    pub fn schema() -> serde_json::Value {
        file::schema()
    }

    /// All controls in order.
    pub fn controls(&self) -> impl Iterator<Item = &Control> {
        self.sections.iter().flat_map(|section| &section.controls)
    }

    /// The ids of all rules that it names, sorted, each once.
    pub fn rules(&self) -> std::collections::BTreeSet<&str> {
        self.controls().flat_map(|control| &control.rules).map(|named| named.rule.as_str()).collect()
    }
}

impl Control {
    /// What it needs besides manifests: as the framework says, or as one of its rules does.
    pub fn unmet(&self) -> Option<ControlNeeds> {
        let by_rule = self.rules.iter().filter_map(|named| match needs_of(&named.rule)? {
            Needs::Manifest | Needs::Cluster => None,
            Needs::Live => Some(ControlNeeds::Live),
            Needs::Node => Some(ControlNeeds::Node),
            Needs::Image => Some(ControlNeeds::Image),
        });
        self.needs.or(by_rule.min())
    }

    /// True when some rule can find a weakness in manifests.
    pub fn is_checked(&self) -> bool {
        let reads_manifests =
            |rule: &str| matches!(needs_of(rule), None | Some(Needs::Manifest | Needs::Cluster));
        self.rules.iter().any(|named| reads_manifests(&named.rule) && !is_inventory(&named.rule))
    }
}

/// What a rule of the catalogue needs; `None` for users' own rules.
fn needs_of(rule: &str) -> Option<Needs> {
    crate::catalogue::row(rule).and_then(|row| Needs::parse(row.needs))
}

/// True for rules that only list facts.
fn is_inventory(rule: &str) -> bool {
    crate::catalogue::row(rule).is_some_and(|row| row.profile == crate::Profile::Inventory.as_str())
}
