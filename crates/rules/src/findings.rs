use rampart_document::FieldPath;
use rampart_model::ObjectId;
use rampart_report::{Detail, Evidence, FactText, Fix, Severity, Verdict};
use rustc_hash::FxHashSet;

use crate::engine::Shared;

/// Where a rule puts its findings.
#[derive(Debug)]
pub struct Findings {
    rule: &'static str,
    severity: Severity,
    object: Option<ObjectId>,
    pub(crate) drafts: Vec<Draft>,
    pub(crate) facts: Vec<FactText>,
    pub(crate) evaluated: usize,
    /// Objects that were looked at, in order, as often as they were.
    pub(crate) seen: Vec<ObjectId>,
}

/// A finding being written; its methods add what is not always there.
#[derive(Debug)]
pub struct Draft {
    pub(crate) object: Option<ObjectId>,
    rule: &'static str,
    verdict: Verdict,
    severity: Severity,
    path: FieldPath,
    what: String,
    class: &'static str,
    sensitive: bool,
    evidence: Vec<Evidence>,
    fix: Option<Fix>,
}

impl Findings {
    pub(crate) fn new(rule: &'static str, severity: Severity) -> Self {
        Self {
            rule,
            severity,
            object: None,
            drafts: Vec::new(),
            facts: Vec::new(),
            evaluated: 0,
            seen: Vec::new(),
        }
    }

    /// The weakness is at `path`; `what` says what was seen, with the value, without a final stop.
    pub fn fail(&mut self, path: FieldPath, what: impl Into<String>) -> &mut Draft {
        self.push(Verdict::Fail, path, what.into())
    }

    /// It cannot be told; `reason` says what would be needed.
    pub fn unknown(&mut self, path: FieldPath, reason: impl Into<String>) -> &mut Draft {
        self.push(Verdict::Unknown, path, reason.into())
    }

    /// Something that inventories list and that is no weakness; `list` names the list it belongs to.
    pub fn fact(&mut self, list: &'static str, path: FieldPath, what: impl Into<String>) {
        self.facts.push(FactText { rule: self.rule, list, path, what: what.into() });
    }

    /// For checks over the whole inventory: what follows is about this object. Each call counts as one evaluation.
    pub fn on(&mut self, object: ObjectId) -> &mut Self {
        self.object = Some(object);
        self.evaluated += 1;
        self.seen.push(object);
        self
    }

    /// True when something failed so far.
    pub(crate) fn has_failure(&self) -> bool {
        self.drafts.iter().any(|draft| draft.verdict == Verdict::Fail)
    }

    /// Takes away what was said again, word for word, about the same place: several components may share a file.
    pub(crate) fn drop_repeats(&mut self) {
        let mut seen = FxHashSet::default();
        self.drafts.retain(|draft| {
            seen.insert((draft.object, draft.verdict, draft.path.clone(), draft.what.clone(), draft.class))
        });
    }

    fn push(&mut self, verdict: Verdict, path: FieldPath, what: String) -> &mut Draft {
        self.drafts.push(Draft {
            object: self.object,
            rule: self.rule,
            verdict,
            severity: self.severity,
            path,
            what,
            class: "",
            sensitive: false,
            evidence: Vec::new(),
            fix: None,
        });
        let last = self.drafts.len() - 1;
        &mut self.drafts[last]
    }
}

impl Draft {
    /// The finding as it is kept: in as little memory as it needs, since there can be very many.
    pub(crate) fn finish(self, shared: &mut Shared) -> Detail {
        Detail {
            rule: self.rule,
            verdict: self.verdict,
            severity: self.severity,
            path: shared.path(self.path),
            what: self.what.into(),
            class: self.class,
            sensitive: self.sensitive,
            evidence: self.evidence.into(),
            fix: self.fix.map(|fix| shared.fix(fix)),
        }
    }

    /// Another severity than the rule's.
    pub fn severity(&mut self, severity: Severity) -> &mut Self {
        self.severity = severity;
        self
    }

    /// A name that tells this finding apart from others of the rule at the same path (part of the fingerprint).
    pub fn class(&mut self, class: &'static str) -> &mut Self {
        self.class = class;
        self
    }

    /// The place holds a value that no output may show.
    pub fn sensitive(&mut self) -> &mut Self {
        self.sensitive = true;
        self
    }

    /// Another place in the same object that it rests on; the path starts where the finding's path starts.
    pub fn evidence(&mut self, path: FieldPath, note: impl Into<String>) -> &mut Self {
        self.evidence.push(Evidence { object: None, path, note: note.into() });
        self
    }

    /// A place in another object that it rests on; the path starts at that object.
    pub fn evidence_in(&mut self, object: ObjectId, path: FieldPath, note: impl Into<String>) -> &mut Self {
        self.evidence.push(Evidence { object: Some(object), path, note: note.into() });
        self
    }

    /// A change that makes it go away; edit paths start where the finding's path starts.
    pub fn fix(&mut self, fix: Fix) -> &mut Self {
        self.fix = Some(fix);
        self
    }
}
