//! A complete security context for workloads, and what could not be known.

mod known;
mod plan;
mod tokens;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rampart_document::FieldPath;
use rampart_model::{Inventory, ObjectId};
use rampart_report::{Detail, Finding, Fix, Severity, Verdict};
use rampart_rules::{Context, Options, evaluate};

use crate::candidate::{Candidate, Maker};
use crate::clash::sort_out;
use crate::edition::Editor;
use crate::obstacle::Obstacle;
use crate::outcome::FileChange;
use crate::passes::{Project, collect};
use crate::simulate::simulate;
use crate::texts::Texts;

pub use plan::{Note, NoteKind};

/// One object after hardening.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hardened {
    /// The object: `Deployment shop/web`.
    pub object: String,
    /// How many fields change; 0 when it is as hard as can be told.
    pub edits: usize,
    /// What was assumed, kept, or has to be looked up.
    pub notes: Vec<Note>,
    /// Why it cannot be changed.
    pub obstacle: Option<Obstacle>,
}

/// What hardening gives.
#[derive(Debug)]
pub struct Hardening {
    /// The objects, in the order asked for.
    pub objects: Vec<Hardened>,
    /// Files that change.
    pub files: Vec<FileChange>,
    /// Kustomizations whose sources change: only building them again tells for certain.
    pub kustomizations: BTreeSet<String>,
    /// Findings that go away: rule to their number.
    pub closed: BTreeMap<&'static str, usize>,
    /// Findings that come: rule and what it says.
    pub brought: Vec<(&'static str, String)>,
    /// The objects as they will be.
    pub inventory: Inventory,
}

/// The name under which hardening appears where rules are named.
const NAME: &str = "harden";

/// Plans the hardening of objects and proves it: the new texts are read and evaluated. `findings` are what the project's
/// rules say about its inventory.
pub fn harden(project: &Project<'_>, findings: &[Finding], objects: &[ObjectId]) -> Hardening {
    let inventory = project.inventory;
    let mut hardened = Vec::new();
    let mut wishes = Vec::new();
    for &id in objects {
        let plan = plan::of(project, inventory.object(id));
        hardened.push(Hardened {
            object: inventory.object(id).to_string(),
            edits: plan.edits.len(),
            notes: plan.notes,
            obstacle: None,
        });
        let detail = Detail {
            rule: NAME,
            verdict: Verdict::Fail,
            severity: Severity::High,
            path: Arc::new(FieldPath::root()),
            what: "its security context is not complete".into(),
            class: "",
            sensitive: false,
            evidence: Box::default(),
            fix: Some(Arc::new(Fix::review("harden it", plan.edits))),
        };
        wishes.push(Finding::new(id, Arc::new(plan.prefix), Arc::new(detail)));
    }
    let mut texts = Texts::default();
    let mut candidates: Vec<Candidate<'_>> = Vec::new();
    let nothing = Default::default();
    for (wish, hardened) in wishes.iter().zip(&mut hardened) {
        let fix = wish.detail.fix.as_deref().filter(|fix| !fix.edits.is_empty());
        let mut maker = Maker { inventory, texts: &mut texts, changed: &nothing };
        match fix.map(|fix| maker.make(wish, fix)) {
            Some(Ok(candidate)) => candidates.push(candidate),
            Some(Err(why)) => hardened.obstacle = Some(why),
            None => {}
        }
    }
    let mut refuse = |candidate: &Candidate<'_>, why: Obstacle| {
        let at = objects.iter().position(|&id| id == candidate.finding.object);
        if let Some(hardened) = at.and_then(|at| hardened.get_mut(at)) {
            hardened.obstacle = Some(why);
        }
    };
    let (candidates, late) = sort_out(candidates);
    late.into_iter().for_each(|(candidate, why)| refuse(&candidate, why));
    let mut chosen = vec![true; candidates.len()];
    let (edition, refused) = Editor::new(&candidates, &texts).edition(&mut chosen);
    refused.into_iter().for_each(|(index, why)| refuse(&candidates[index], why));
    let simulation = simulate(inventory, &texts, &edition);
    let context = Context::new(project.env, &simulation.inventory, project.carriers);
    let options = Options { rules: project.rules.to_vec(), list_passed: false };
    let after = evaluate(&context, &options).findings;
    drop(context);
    let (closed, brought) = difference(findings, &after);
    let mut files = BTreeMap::new();
    collect(&texts, &edition, &mut files);
    let files = files.into_values().filter(|file| file.old != file.new).collect();
    let made = candidates.iter().zip(&chosen).filter(|(_, chosen)| **chosen);
    let kustomizations = made.flat_map(|(candidate, _)| candidate.kustomizations.clone()).collect();
    Hardening { objects: hardened, files, kustomizations, closed, brought, inventory: simulation.inventory }
}

/// Failures that are only in one of two runs over as many objects.
fn difference(
    before: &[Finding],
    after: &[Finding],
) -> (BTreeMap<&'static str, usize>, Vec<(&'static str, String)>) {
    type Key<'f> = (ObjectId, &'static str, &'f str);
    let count = |findings: &'_ [Finding]| -> BTreeMap<(ObjectId, &'static str, String), usize> {
        let mut counts = BTreeMap::new();
        for finding in findings.iter().filter(|finding| finding.detail.verdict == Verdict::Fail) {
            let key: Key<'_> = (finding.object, finding.detail.rule, &finding.detail.what);
            *counts.entry((key.0, key.1, key.2.to_owned())).or_default() += 1;
        }
        counts
    };
    let (old, new) = (count(before), count(after));
    let mut closed: BTreeMap<&'static str, usize> = BTreeMap::new();
    for (key, count) in &old {
        let gone = count.saturating_sub(new.get(key).copied().unwrap_or(0));
        if gone > 0 {
            *closed.entry(key.1).or_default() += gone;
        }
    }
    let brought = new.keys().filter(|key| !old.contains_key(*key));
    (closed, brought.map(|key| (key.1, key.2.clone())).collect())
}
