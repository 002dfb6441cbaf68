//! Fixes in passes: what clashes with another fix waits for the next one, when its rule has looked at the new text.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use rampart_model::{Carriers, Inventory, Object};
use rampart_report::{Finding, Fix, Safety, Verdict, place};
use rampart_rules::{Env, Rule};

use crate::candidate::{Candidate, Maker, Op};
use crate::clash::sort_out;
use crate::edition::{Edition, Editor};
use crate::obstacle::Obstacle;
use crate::outcome::{Dropped, FileChange, Fixed, Left, Outcome};
use crate::texts::Texts;
use crate::verify::{Proved, verify};

/// Passes of one run. Fixes that wait for others are rare, and those that wait twice rarer.
const MAX_PASSES: usize = 5;

/// What is repaired, and what judges it.
#[derive(Clone, Copy)]
pub struct Project<'a> {
    /// The objects.
    pub inventory: &'a Inventory,
    /// Which kinds carry pod templates.
    pub carriers: &'a Carriers,
    /// What rules may know.
    pub env: Env<'a>,
    /// The rules that must not find anything new, those whose findings are fixed among them.
    pub rules: &'a [&'static Rule],
}

/// What becomes of one fix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Make it.
    Take,
    /// Not without a look.
    NeedsReview,
    /// Somebody said no.
    Decline,
}

/// A fix to decide about.
pub struct Offer<'o> {
    /// The objects as they are in this pass.
    pub inventory: &'o Inventory,
    /// What it is for.
    pub finding: &'o Finding,
    /// The change.
    pub fix: &'o Fix,
    candidate: &'o Candidate<'o>,
    texts: &'o Texts<'o>,
}

impl Offer<'_> {
    /// The files as this fix alone would change them.
    pub fn changes(&self) -> Vec<FileChange> {
        let mut editor = Editor::new(std::slice::from_ref(self.candidate), self.texts);
        let (edition, _) = editor.edition(&mut [true]);
        let mut files = BTreeMap::new();
        collect(self.texts, &edition, &mut files);
        files.into_values().collect()
    }
}

/// Identity of a finding over passes.
type Key = (&'static str, String, String);

fn key(object: Object<'_>, finding: &Finding) -> Key {
    let object = format!("{} {object}", object.source().name());
    (finding.detail.rule, object, finding.detail.what.to_string())
}

/// Makes the fixes that `choose` takes, of those findings that `wants` is true for. `findings` are what the project's
/// rules say about its inventory; accepted ones stay. `choose` is asked once for each finding, in order.
pub fn repair(
    project: &Project<'_>,
    findings: &[Finding],
    wants: &dyn Fn(Object<'_>, &Finding) -> bool,
    choose: &mut dyn FnMut(&Offer<'_>) -> Choice,
) -> Outcome {
    let accepted = findings.iter().filter(|finding| finding.excepted.is_some());
    let accepted: BTreeSet<Key> =
        accepted.map(|finding| key(project.inventory.object(finding.object), finding)).collect();
    let wants = |object: Object<'_>, finding: &Finding| {
        let is_wanted = finding.excepted.is_none() && wants(object, finding);
        is_wanted && (accepted.is_empty() || !accepted.contains(&key(object, finding)))
    };
    let mut run = Run { project, wants: &wants, choose, choices: BTreeMap::new(), why: BTreeMap::new() };
    let mut files: BTreeMap<String, FileChange> = BTreeMap::new();
    let mut fixed = Vec::new();
    let mut latest: Option<(Inventory, Vec<Finding>)> = None;
    let wanted = |inventory: &Inventory, finding: &Finding| {
        finding.detail.verdict == Verdict::Fail && wants(inventory.object(finding.object), finding)
    };
    let before = findings.iter().filter(|finding| wanted(project.inventory, finding)).count();
    for _ in 0..MAX_PASSES {
        let (inventory, findings) = match &latest {
            Some((inventory, findings)) => (inventory, findings.as_slice()),
            None => (project.inventory, findings),
        };
        let next = run.pass(inventory, findings, &mut files, &mut fixed);
        let done = next.is_none();
        latest = next.or(latest);
        if done {
            break;
        }
    }
    let (inventory, findings) = latest.unwrap_or_else(|| {
        let same = crate::simulate::simulate(project.inventory, &Texts::default(), &Edition::default());
        (same.inventory, findings.to_vec())
    });
    let left = findings.iter().filter(|finding| wanted(&inventory, finding)).map(|finding| {
        let object = inventory.object(finding.object);
        let why = run.why.get(&key(object, finding)).cloned().unwrap_or(Left::NoFix);
        (finding.detail.rule, finding.detail.severity, object.to_string(), why)
    });
    let left = left.collect();
    let files = files.into_values().filter(|file| file.old != file.new).collect();
    Outcome { files, fixed, left, before, inventory }
}

struct Run<'r> {
    project: &'r Project<'r>,
    wants: &'r dyn Fn(Object<'_>, &Finding) -> bool,
    choose: &'r mut dyn FnMut(&Offer<'_>) -> Choice,
    choices: BTreeMap<Key, Choice>,
    /// Why findings stay.
    why: BTreeMap<Key, Left>,
}

impl Run<'_> {
    /// One pass; `None` when nothing was changed, else the objects and findings after it.
    fn pass(
        &mut self,
        inventory: &Inventory,
        findings: &[Finding],
        files: &mut BTreeMap<String, FileChange>,
        fixed: &mut Vec<Fixed>,
    ) -> Option<(Inventory, Vec<Finding>)> {
        let mut texts = Texts::default();
        let changed: BTreeSet<String> = files.keys().cloned().collect();
        let mut candidates = self.candidates(inventory, findings, &mut texts, &changed);
        // What keeps behaviour and what weighs most comes first where fixes clash.
        candidates.sort_by_key(|candidate| {
            (candidate.fix.safety != Safety::Safe, Reverse(candidate.finding.detail.severity))
        });
        let (candidates, late) = sort_out(candidates);
        for (candidate, why) in late {
            self.drop_one(inventory, &candidate, why);
        }
        if candidates.is_empty() {
            return None;
        }
        let Proved { kept, dropped, edition, simulation, evaluation } =
            verify(self.project, inventory, findings, &candidates, &texts);
        for (index, why) in dropped {
            self.drop_one(inventory, &candidates[index], why);
            let object = inventory.object(candidates[index].finding.object);
            self.choices.insert(key(object, candidates[index].finding), Choice::NeedsReview);
        }
        if !kept.contains(&true) {
            return None;
        }
        let mut made: Vec<&Candidate<'_>> =
            candidates.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(candidate, _)| candidate).collect();
        made.sort_by_key(|candidate| candidate.finding.object);
        fixed.extend(made.into_iter().map(|candidate| record(inventory, &texts, candidate)));
        collect(&texts, &edition, files);
        Some((simulation.inventory, evaluation.findings))
    }

    /// The fixes that are to be made, each asked for once.
    fn candidates<'a>(
        &mut self,
        inventory: &'a Inventory,
        findings: &'a [Finding],
        texts: &mut Texts<'a>,
        changed: &BTreeSet<String>,
    ) -> Vec<Candidate<'a>> {
        let mut made = Vec::new();
        for finding in findings.iter().filter(|finding| finding.detail.verdict == Verdict::Fail) {
            let object = inventory.object(finding.object);
            let Some(fix) = finding.detail.fix.as_deref().filter(|_| (self.wants)(object, finding)) else {
                continue;
            };
            let key = key(object, finding);
            // Dropped in an earlier pass: its reason stands.
            let known = self.choices.get(&key).copied();
            if known.is_some_and(|choice| choice != Choice::Take) {
                continue;
            }
            match (Maker { inventory, texts, changed }).make(finding, fix) {
                Ok(candidate) => {
                    let choice = known.unwrap_or_else(|| {
                        let offer = Offer { inventory, finding, fix, candidate: &candidate, texts };
                        (self.choose)(&offer)
                    });
                    let left = match choice {
                        Choice::Take => None,
                        Choice::NeedsReview => Some(Left::NeedsReview),
                        Choice::Decline => Some(Left::Declined),
                    };
                    self.choices.insert(key.clone(), choice);
                    match left {
                        None => made.push(candidate),
                        Some(left) => _ = self.why.insert(key, left),
                    }
                }
                Err(why) => self.leave(inventory, finding, why),
            }
        }
        made
    }

    fn drop_one(&mut self, inventory: &Inventory, candidate: &Candidate<'_>, why: Obstacle) {
        self.leave(inventory, candidate.finding, why);
    }

    fn leave(&mut self, inventory: &Inventory, finding: &Finding, why: Obstacle) {
        let object = inventory.object(finding.object);
        let dropped = Dropped {
            rule: finding.detail.rule,
            object: object.to_string(),
            what: finding.detail.what.to_string(),
            place: place(object, &finding.path()).text(),
            why,
        };
        self.why.insert(key(object, finding), Left::Dropped(dropped));
    }
}

fn record(inventory: &Inventory, texts: &Texts<'_>, candidate: &Candidate<'_>) -> Fixed {
    let object = inventory.object(candidate.finding.object);
    let written = |op: &Op| match op {
        Op::NewFile { name, .. } => Some(name.clone()),
        Op::Edit { text, .. } | Op::Delete { text, .. } | Op::Append { text, .. } => {
            let text = texts.get(*text);
            text.written.then(|| text.name().to_owned())
        }
    };
    Fixed {
        rule: candidate.finding.detail.rule,
        severity: candidate.finding.detail.severity,
        safety: candidate.fix.safety,
        title: candidate.fix.title.to_string(),
        object: object.to_string(),
        place: place(object, &candidate.finding.path()).text(),
        file: candidate.ops.iter().find_map(written).unwrap_or_default(),
        kustomizations: candidate.kustomizations.clone(),
    }
}

/// Adds the texts of an edition to what is to be written.
pub(crate) fn collect(texts: &Texts<'_>, edition: &Edition, files: &mut BTreeMap<String, FileChange>) {
    let mut put = |name: &str, old: Option<&str>, new: &str| {
        let new = Some(new.to_owned()).filter(|new| !new.trim().is_empty());
        match files.get_mut(name) {
            Some(known) => known.new = new,
            None => {
                let change = FileChange { name: name.to_owned(), old: old.map(str::to_owned), new };
                files.insert(name.to_owned(), change);
            }
        }
    };
    for (id, new) in &edition.texts {
        let text = texts.get(*id);
        if text.written {
            put(text.name(), Some(text.tree.source().text()), &new.text);
        }
    }
    for (name, text) in &edition.files {
        put(name, None, text);
    }
}
