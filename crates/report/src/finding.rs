use std::borrow::Cow;
use std::sync::Arc;

use rampart_document::{Edit, FieldPath};
use rampart_model::ObjectId;

use crate::{ExceptionId, Severity};

/// The answer of one rule about one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// The weakness is there.
    Fail,
    /// It cannot be told, and the finding says why. Never shown as good.
    Unknown,
}

/// Whether a fix can change what the program does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Safety {
    /// Behaviour stays the same; may be applied without asking.
    Safe,
    /// Behaviour may change; somebody looks at it first.
    Review,
}

/// A change that makes the finding go away.
#[derive(Debug, Clone, PartialEq)]
pub struct Fix {
    /// What it does, in a few words: `set privileged to false`.
    pub title: Cow<'static, str>,
    /// Whether it may be applied without asking.
    pub safety: Safety,
    /// The changes, as paths from the same root as the finding's path.
    pub edits: Vec<Edit>,
    /// Changes of other objects and whole objects to add or delete. Never set by rules that see a pod template only:
    /// their fixes are shared by all objects that carry the template.
    pub objects: Vec<ObjectChange>,
    /// Rules whose findings stood behind this one: they may find the next step once it is made.
    pub reveals: &'static [&'static str],
}

/// A part of a fix that is about another object than the finding's, or about a whole object.
#[derive(Debug, Clone, PartialEq)]
pub enum ObjectChange {
    /// Edits of another object, as paths from its root.
    Edit {
        /// The object.
        object: ObjectId,
        /// What changes in it.
        edits: Vec<Edit>,
    },
    /// A new object, written beside the finding's object.
    Create {
        /// The whole object, fields in the order in which they are to be written.
        manifest: serde_json::Value,
    },
    /// An object that goes away, with its document.
    Delete {
        /// The object.
        object: ObjectId,
    },
}

impl Fix {
    /// A fix that keeps behaviour.
    pub fn safe(title: impl Into<Cow<'static, str>>, edits: impl Into<Vec<Edit>>) -> Self {
        Self::new(title.into(), Safety::Safe, edits.into())
    }

    /// A fix that somebody should look at.
    pub fn review(title: impl Into<Cow<'static, str>>, edits: impl Into<Vec<Edit>>) -> Self {
        Self::new(title.into(), Safety::Review, edits.into())
    }

    fn new(title: Cow<'static, str>, safety: Safety, edits: Vec<Edit>) -> Self {
        Self { title, safety, edits, objects: Vec::new(), reveals: &[] }
    }

    /// The same fix, after which these rules may find the next step.
    #[must_use]
    pub fn reveals(mut self, rules: &'static [&'static str]) -> Self {
        self.reveals = rules;
        self
    }

    /// The same fix with a change of another or of a whole object.
    #[must_use]
    pub fn with(mut self, change: ObjectChange) -> Self {
        self.objects.push(change);
        self
    }
}

/// Another place that a finding rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The object, when it is another one than the finding's.
    pub object: Option<ObjectId>,
    /// The place in it.
    pub path: FieldPath,
    /// What it shows.
    pub note: String,
}

/// What a rule said, apart from which object it said it about: equal templates share one.
#[derive(Debug, Clone, PartialEq)]
pub struct Detail {
    /// Rule id of the catalogue.
    pub rule: &'static str,
    /// Fail or unknown.
    pub verdict: Verdict,
    /// The rule's severity, or another one for this class of the finding.
    pub severity: Severity,
    /// The place, from the pod template for pod rules, from the object for all others.
    pub path: Arc<FieldPath>,
    /// What was seen, with the value: ``container `api` runs privileged``.
    pub what: Box<str>,
    /// Tells findings of one rule at one path apart, for fingerprints; mostly empty.
    pub class: &'static str,
    /// True when the place holds what nobody should read: no output may show its source text.
    pub sensitive: bool,
    /// Other places it rests on.
    pub evidence: Box<[Evidence]>,
    /// A change that makes it go away; findings of equal templates and of templates alike share one.
    pub fix: Option<Arc<Fix>>,
}

/// A [`Detail`] about one object.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The object.
    pub object: ObjectId,
    /// Path from the object to the root of the detail's paths (the pod template), mostly empty.
    pub prefix: Arc<FieldPath>,
    /// What was found.
    pub detail: Arc<Detail>,
    /// Set when somebody accepted it: it stays visible, and counts for nothing else.
    pub excepted: Option<ExceptionId>,
}

impl Finding {
    /// A finding that nobody looked at yet.
    pub fn new(object: ObjectId, prefix: Arc<FieldPath>, detail: Arc<Detail>) -> Self {
        Self { object, prefix, detail, excepted: None }
    }

    /// True when it is a weakness that nobody accepted: what `--fail-on`, counts and exit codes are about.
    pub fn counts_as_failure(&self) -> bool {
        self.detail.verdict == Verdict::Fail && self.excepted.is_none()
    }

    /// The place from the object's root.
    pub fn path(&self) -> FieldPath {
        self.prefix.join(&self.detail.path)
    }

    /// The fix's edits with paths from the object's root.
    pub fn edits(&self) -> Vec<Edit> {
        let edits = self.detail.fix.iter().flat_map(|fix| &fix.edits);
        edits
            .map(|edit| Edit { path: self.prefix.join(&edit.path), operation: edit.operation.clone() })
            .collect()
    }
}
