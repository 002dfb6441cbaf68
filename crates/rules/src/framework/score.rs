//! How a framework's controls stand after a scan.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rampart_model::{Inventory, Object, ObjectId, Version, is_like};
use rampart_report::{ControlResult, ControlState, Finding, FrameworkResult, Verdict};

use super::{Control, ControlNeeds, Framework, RuleRef, is_inventory};
use crate::Tally;

/// What a scan found, as scores need it: everything, whatever a report leaves out.
#[derive(Debug, Clone, Copy)]
pub struct Scoring<'a> {
    /// The objects.
    pub inventory: &'a Inventory,
    /// All findings, accepted ones marked.
    pub findings: &'a [Finding],
    /// Evaluations of the rules that ran.
    pub tallies: &'a BTreeMap<&'static str, Tally>,
    /// Evaluations that passed.
    pub passed: &'a [(&'static str, ObjectId)],
    /// The asked version.
    pub version: Version,
}

/// Which findings belong to which control, by the control's place in the framework.
///
/// A control may take some findings of a rule only (by class or object). A finding that no control takes, and that none
/// excludes, belongs to every control that names its rule: better told too often than never.
pub fn assign(framework: &Framework, inventory: &Inventory, findings: &[Finding]) -> Vec<Vec<usize>> {
    let mut by_rule: HashMap<&str, Vec<(usize, &RuleRef)>> = HashMap::new();
    let mut count = 0;
    for (index, control) in framework.controls().enumerate() {
        count += 1;
        for named in &control.rules {
            by_rule.entry(&named.rule).or_default().push((index, named));
        }
    }
    let mut assigned = vec![Vec::new(); count];
    for (at, finding) in findings.iter().enumerate() {
        let Some(refs) = by_rule.get(finding.detail.rule) else { continue };
        let object = inventory.object(finding.object);
        let takes = |named: &RuleRef| named.takes_class(finding) && named.takes_object(object);
        let mut taking: BTreeSet<usize> =
            refs.iter().filter(|(_, named)| takes(named)).map(|(index, _)| *index).collect();
        if taking.is_empty() && !refs.iter().any(|(_, named)| named.excludes(finding)) {
            taking.extend(refs.iter().map(|(index, _)| *index));
        }
        taking.into_iter().for_each(|index| assigned[index].push(at));
    }
    assigned
}

impl RuleRef {
    /// What cannot be told belongs to all classes.
    fn takes_class(&self, finding: &Finding) -> bool {
        let class = finding.detail.class;
        let is_failure = finding.detail.verdict == Verdict::Fail;
        let among = self.class.is_empty() || !is_failure || self.class.iter().any(|one| one == class);
        among && !self.excludes(finding)
    }

    fn excludes(&self, finding: &Finding) -> bool {
        self.not_class.iter().any(|one| one == finding.detail.class)
    }

    fn takes_object(&self, object: Object<'_>) -> bool {
        self.kind.as_deref().is_none_or(|kind| kind == object.kind())
            && self.name.as_deref().is_none_or(|pattern| is_like(object.name(), pattern))
    }

    fn is_limited(&self) -> bool {
        self.kind.is_some() || self.name.is_some()
    }
}

/// How every control stands. Accepted findings fail none.
pub fn score(framework: &Framework, scoring: &Scoring<'_>) -> FrameworkResult {
    let assigned = assign(framework, scoring.inventory, scoring.findings);
    let mut results = assigned.into_iter();
    let mut controls = Vec::new();
    for section in &framework.sections {
        let heading = format!("{} {}", section.id, section.title);
        for control in &section.controls {
            let own = results.next().unwrap_or_default();
            controls.push(one(control, &heading, &own, scoring));
        }
    }
    FrameworkResult {
        id: framework.id.clone(),
        title: framework.title.clone(),
        version: framework.version.clone(),
        controls,
    }
}

fn one(control: &Control, section: &str, own: &[usize], scoring: &Scoring<'_>) -> ControlResult {
    let findings = || own.iter().filter_map(|&at| scoring.findings.get(at));
    let open = |verdict| {
        findings().filter(|finding| finding.excepted.is_none() && finding.detail.verdict == verdict).count()
    };
    let (failed, unknown) = (open(Verdict::Fail), open(Verdict::Unknown));
    let evaluated = control.rules.iter().map(|named| evaluated(named, own, scoring)).sum();
    let (state, reason) = state(control, (failed, unknown, evaluated), scoring);
    ControlResult {
        id: control.id.clone(),
        title: control.title.clone(),
        section: section.to_owned(),
        state,
        reason,
        note: control.note.clone(),
        rules: control.rules.iter().map(|named| named.rule.clone()).collect(),
        failed,
        unknown,
        excepted: findings().filter(|finding| finding.excepted.is_some()).count(),
        evaluated,
        findings: own.to_vec(),
    }
}

/// Evaluations of a rule for a control: all of them, or those on the objects that the control takes.
fn evaluated(named: &RuleRef, own: &[usize], scoring: &Scoring<'_>) -> usize {
    if is_inventory(&named.rule) {
        return 0;
    }
    if !named.is_limited() {
        return scoring.tallies.get(named.rule.as_str()).map_or(0, Tally::evaluated);
    }
    let found = own.iter().filter_map(|&at| scoring.findings.get(at));
    let found = found.filter(|finding| finding.detail.rule == named.rule).map(|finding| finding.object);
    let passed = scoring.passed.iter().filter(|(rule, _)| *rule == named.rule).map(|(_, object)| *object);
    let objects: BTreeSet<ObjectId> = found.chain(passed).collect();
    objects.into_iter().filter(|&id| named.takes_object(scoring.inventory.object(id))).count()
}

fn state(
    control: &Control,
    (failed, unknown, evaluated): (usize, usize, usize),
    scoring: &Scoring<'_>,
) -> (ControlState, Option<String>) {
    if let Some(range) = control.kubernetes.filter(|range| !range.holds(scoring.version)) {
        let reason = format!("part of it at Kubernetes {range}, not at {}", scoring.version);
        return (ControlState::NotApplicable, Some(reason));
    }
    if failed > 0 {
        return (ControlState::Fail, None);
    }
    let judged = || control.rules.iter().filter(|named| !is_inventory(&named.rule));
    if let Some(needs) = control.unmet().or_else(|| judged().next().is_none().then_some(ControlNeeds::Manual))
    {
        let reason = (evaluated > 0 && unknown == 0).then(|| "what manifests tell passes".to_owned());
        let state = match needs {
            ControlNeeds::Node => ControlState::NeedsNode,
            ControlNeeds::Live => ControlState::NeedsLive,
            ControlNeeds::Image => ControlState::NeedsImage,
            ControlNeeds::Manual => ControlState::Manual,
        };
        return (state, reason);
    }
    if let Some(left_out) = judged().find(|named| !scoring.tallies.contains_key(named.rule.as_str())) {
        return (ControlState::Unknown, Some(format!("rule {} did not run", left_out.rule)));
    }
    if unknown > 0 {
        (ControlState::Unknown, None)
    } else if evaluated == 0 {
        (ControlState::NotApplicable, Some("nothing in the input that it is about".to_owned()))
    } else {
        (ControlState::Pass, None)
    }
}
