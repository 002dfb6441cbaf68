//! Which of the candidates hold what they promise: all are tried at once, and where something speaks against them the
//! object's candidates are halved until the ones at fault are known. Objects are judged independently of each other in
//! the same rounds, so a round costs one evaluation however many files change.

use std::collections::BTreeMap;

use rampart_model::{Inventory, ObjectId};
use rampart_report::{Finding, Severity};
use rampart_rules::{Context, Evaluation, Options, evaluate};
use rustc_hash::FxHashMap;

use crate::candidate::Candidate;
use crate::edition::{Edition, Editor};
use crate::judge::{ByPlace, Violation, by_place, violations};
use crate::obstacle::Obstacle;
use crate::passes::Project;
use crate::simulate::{Simulation, simulate};
use crate::texts::Texts;

/// Most evaluations of one pass. Halving needs a few; only very many faulty fixes of one object come near.
const MAX_ROUNDS: usize = 300;

/// Candidates that hold, with what they make.
pub(crate) struct Proved {
    pub(crate) kept: Vec<bool>,
    pub(crate) dropped: Vec<(usize, Obstacle)>,
    pub(crate) edition: Edition,
    pub(crate) simulation: Simulation,
    pub(crate) evaluation: Evaluation,
}

/// Candidates that touch common objects.
#[derive(Default)]
struct Party {
    accepted: Vec<usize>,
    /// Sets still to be tried, the next one last.
    waiting: Vec<Vec<usize>>,
    /// The set of this round.
    trying: Vec<usize>,
    /// New findings that the accepted ones bring and that weigh less than what they fix.
    tolerated: Vec<Violation>,
}

pub(crate) fn verify(
    project: &Project<'_>,
    inventory: &Inventory,
    findings: &[Finding],
    candidates: &[Candidate<'_>],
    texts: &Texts<'_>,
) -> Proved {
    let before = by_place(findings);
    let mut court = Court {
        project,
        inventory,
        before,
        candidates,
        texts,
        editor: Editor::new(candidates, texts),
        dropped: Vec::new(),
        united: false,
    };
    let (mut parties, of_object) = parties(candidates);
    for _ in 0..MAX_ROUNDS {
        parties.iter_mut().for_each(|party| party.trying = party.waiting.pop().unwrap_or_default());
        if parties.iter().all(|party| party.trying.is_empty()) {
            break;
        }
        let mut chosen = court.chosen(&parties);
        let (_, _, _, found) = court.try_out(&mut chosen);
        parties.iter_mut().for_each(|party| party.trying.retain(|&index| chosen[index]));
        let mut against: BTreeMap<usize, Vec<Violation>> = BTreeMap::new();
        let mut of_nobody = Vec::new();
        for violation in found {
            match court.party_of(&violation, &of_object, &parties) {
                Some(party) => against.entry(party).or_default().push(violation),
                None => of_nobody.push(violation),
            }
        }
        if of_nobody.iter().any(|violation| court.counts(violation, &parties)) {
            unite(&mut parties);
            court.united = true;
            continue;
        }
        for (index, party) in parties.iter_mut().enumerate() {
            court.judge(party, against.remove(&index).unwrap_or_default());
        }
    }
    let mut kept = vec![false; candidates.len()];
    for party in &mut parties {
        party.accepted.iter().for_each(|&index| kept[index] = true);
        let untried = party.waiting.drain(..).flatten().chain(party.trying.drain(..));
        let reason = "too many fixes of this object speak against each other; run rampart fix again";
        court.dropped.extend(untried.map(|index| (index, Obstacle::Refused(reason.to_owned()))));
    }
    let (edition, simulation, evaluation, _) = court.try_out(&mut kept);
    let mut dropped = court.dropped;
    dropped.sort_by_key(|&(index, _)| index);
    Proved { kept, dropped, edition, simulation, evaluation }
}

struct Court<'c, 'a> {
    project: &'c Project<'c>,
    inventory: &'c Inventory,
    before: ByPlace<'c>,
    candidates: &'c [Candidate<'a>],
    texts: &'c Texts<'a>,
    editor: Editor<'c, 'a>,
    dropped: Vec<(usize, Obstacle)>,
    /// All candidates are one party, the first, because some objects that nobody touches changed.
    united: bool,
}

impl Court<'_, '_> {
    fn chosen(&self, parties: &[Party]) -> Vec<bool> {
        let mut chosen = vec![false; self.candidates.len()];
        for &index in parties.iter().flat_map(|party| party.accepted.iter().chain(&party.trying)) {
            chosen[index] = true;
        }
        chosen
    }

    /// Makes, reads and evaluates what the chosen candidates give; what the editor refuses is dropped.
    fn try_out(&mut self, chosen: &mut [bool]) -> (Edition, Simulation, Evaluation, Vec<Violation>) {
        let (edition, refused) = self.editor.edition(chosen);
        self.dropped.extend(refused);
        let simulation = simulate(self.inventory, self.texts, &edition);
        let context = Context::new(self.project.env, &simulation.inventory, self.project.carriers);
        let options = Options { rules: self.project.rules.to_vec(), list_passed: false };
        let evaluation = evaluate(&context, &options);
        drop(context);
        let mut fixed: FxHashMap<(ObjectId, &'static str), usize> = FxHashMap::default();
        for (candidate, _) in self.candidates.iter().zip(chosen.iter()).filter(|(_, chosen)| **chosen) {
            *fixed.entry((candidate.finding.object, candidate.finding.detail.rule)).or_default() += 1;
        }
        let found = violations(&self.before, &simulation, &evaluation.findings, &fixed);
        (edition, simulation, evaluation, found)
    }

    fn least(&self, set: &[usize]) -> Option<Severity> {
        set.iter().map(|&index| self.candidates[index].finding.detail.severity).min()
    }

    /// True when a new finding weighs as much as something that is being fixed in this round.
    fn counts(&self, violation: &Violation, parties: &[Party]) -> bool {
        let least = parties.iter().filter_map(|party| self.least(&party.trying)).min();
        let tolerated = parties.iter().any(|party| {
            party.tolerated.contains(violation) || self.revealed(violation, &party.trying, &party.accepted)
        });
        !tolerated && least.is_some_and(|least| violation.severity >= least)
    }

    /// Whom a violation is held against: those that touch its object, or that made it.
    fn party_of(
        &self,
        violation: &Violation,
        of_object: &FxHashMap<ObjectId, usize>,
        parties: &[Party],
    ) -> Option<usize> {
        if self.united {
            return Some(0);
        }
        if let Some(object) = violation.object {
            return of_object.get(&object).copied();
        }
        let creates = |&index: &usize| self.candidates[index].creates();
        let makers = |party: &Party| party.accepted.iter().chain(&party.trying).any(creates);
        let mut found = parties.iter().enumerate().filter(|(_, party)| makers(party));
        match (found.next(), found.next()) {
            (Some((index, _)), None) => Some(index),
            _ => None,
        }
    }

    /// True when a fix says that this rule may find the next step.
    fn revealed(&self, violation: &Violation, trying: &[usize], accepted: &[usize]) -> bool {
        let reveals = |&index: &usize| self.candidates[index].fix.reveals.contains(&violation.rule);
        trying.iter().chain(accepted).any(reveals)
    }

    /// Accepts, drops or halves what was tried.
    fn judge(&mut self, party: &mut Party, against: Vec<Violation>) {
        let trying = std::mem::take(&mut party.trying);
        let Some(least) = self.least(&trying) else { return };
        let counts = |violation: &&Violation| {
            let revealed = || self.revealed(violation, &trying, &party.accepted);
            let bad = violation.still || violation.severity >= least && !revealed();
            bad && !party.tolerated.contains(violation)
        };
        let worst =
            against.iter().filter(counts).max_by_key(|violation| (violation.still, violation.severity));
        match (worst, &trying[..]) {
            (None, _) => {
                party.accepted.extend(trying);
                party.tolerated = against;
            }
            (Some(violation), [only]) => self.dropped.push((*only, violation.obstacle())),
            (Some(_), _) => {
                let (first, second) = trying.split_at(trying.len() / 2);
                party.waiting.extend([second.to_vec(), first.to_vec()]);
            }
        }
    }
}

/// Makes one party of all, when nobody alone can be blamed, with halves of what was tried waiting.
fn unite(parties: &mut [Party]) {
    let mut one = Party::default();
    let mut trying = Vec::new();
    for party in parties.iter_mut() {
        let party = std::mem::take(party);
        one.accepted.extend(party.accepted);
        one.waiting.extend(party.waiting);
        one.tolerated.extend(party.tolerated);
        trying.extend(party.trying);
    }
    trying.sort_unstable();
    let (first, second) = trying.split_at(trying.len() / 2);
    one.waiting.extend([second.to_vec(), first.to_vec()].into_iter().filter(|half| !half.is_empty()));
    if let Some(first) = parties.first_mut() {
        *first = one;
    }
}

/// Joins candidates that touch the same objects, each party with all of its candidates waiting.
fn parties(candidates: &[Candidate<'_>]) -> (Vec<Party>, FxHashMap<ObjectId, usize>) {
    let mut leader: Vec<usize> = (0..candidates.len()).collect();
    let mut first_with: FxHashMap<ObjectId, usize> = FxHashMap::default();
    fn find(leader: &mut [usize], mut index: usize) -> usize {
        while leader[index] != index {
            leader[index] = leader[leader[index]];
            index = leader[index];
        }
        index
    }
    for (index, candidate) in candidates.iter().enumerate() {
        for &object in &candidate.objects {
            let first = *first_with.entry(object).or_insert(index);
            let (a, b) = (find(&mut leader, first), find(&mut leader, index));
            leader[a.max(b)] = a.min(b);
        }
    }
    let mut number: FxHashMap<usize, usize> = FxHashMap::default();
    let mut parties: Vec<Party> = Vec::new();
    for index in 0..candidates.len() {
        let own = *number.entry(find(&mut leader, index)).or_insert_with(|| {
            parties.push(Party { waiting: vec![Vec::new()], ..Party::default() });
            parties.len() - 1
        });
        parties[own].waiting[0].push(index);
    }
    let of_object =
        first_with.into_iter().map(|(object, index)| (object, number[&find(&mut leader, index)])).collect();
    (parties, of_object)
}
