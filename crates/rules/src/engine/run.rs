use std::sync::Arc;

use rampart_document::{FieldPath, mismatches};
use rampart_report::Detail;

use super::share::Shared;
use crate::{FactText, Findings, Rule};

/// What is said when a rule met a value that it could not read.
pub const WRONG_TYPE: &str = "a field that this rule reads has a value of the wrong type";

/// What checks said about one object or template, each with the rule's place in the options, in the order of the runs.
#[derive(Default)]
pub(super) struct Said {
    pub(super) details: Box<[(u16, Arc<Detail>)]>,
    pub(super) facts: Box<[(u16, Arc<FactText>)]>,
}

/// Runs checks one after the other and collects what they say.
#[derive(Default)]
pub(super) struct Runner {
    pub(super) shared: Shared,
    pub(super) details: Vec<(u16, Arc<Detail>)>,
    pub(super) facts: Vec<(u16, Arc<FactText>)>,
    /// Checks so far.
    pub(super) runs: usize,
}

impl Runner {
    /// Runs one check and turns a reading that met wrong types into `unknown`.
    pub(super) fn run(
        &mut self,
        index: u16,
        rule: &Rule,
        unreadable: bool,
        check: impl FnOnce(&mut Findings),
    ) {
        self.runs += 1;
        let mut out = Findings::new(rule.id, rule.severity);
        let ((), mismatch) = mismatches::watch(|| check(&mut out));
        if out.drafts.is_empty() && (mismatch || unreadable) {
            out.unknown(FieldPath::root(), WRONG_TYPE);
        }
        let shared = &mut self.shared;
        self.details.extend(out.drafts.into_iter().map(|draft| (index, Arc::new(draft.finish(shared)))));
        self.facts.extend(out.facts.into_iter().map(|fact| (index, Arc::new(fact))));
    }

    /// What was said since the last call, in as little memory as it needs.
    pub(super) fn take(&mut self) -> Said {
        Said { details: self.details.drain(..).collect(), facts: self.facts.drain(..).collect() }
    }
}
