//! Runs rules over an inventory. Pod rules run once for each distinct template and the answer is shared by every object
//! that carries it; the cost grows with distinct templates, not with objects.

use std::collections::BTreeMap;
use std::hash::{Hash as _, Hasher as _};
use std::sync::Arc;

use hashbrown::HashTable;
use rampart_document::{FieldPath, Node, mismatches};
use rampart_model::{GroupKind, Object, ObjectId, Pod};
use rampart_report::{Detail, Finding, Verdict};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHasher};

use crate::{Check, Context, Fact, FactText, Findings, Rule, Workload};

/// What to run.
#[derive(Clone)]
pub struct Options {
    /// The rules, in the order their findings are listed for one object.
    pub rules: Vec<&'static Rule>,
    /// Also list every evaluation that passed.
    pub list_passed: bool,
}

/// How the evaluations of one rule ended. One evaluation is one rule on one object.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// No finding.
    pub passed: usize,
    /// At least one failure.
    pub failed: usize,
    /// No failure, but something that could not be told.
    pub unknown: usize,
}

impl Tally {
    /// All evaluations.
    pub fn evaluated(&self) -> usize {
        self.passed + self.failed + self.unknown
    }

    fn count(&mut self, details: &[Arc<Detail>], times: usize) {
        if details.iter().any(|detail| detail.verdict == Verdict::Fail) {
            self.failed += times;
        } else if details.is_empty() {
            self.passed += times;
        } else {
            self.unknown += times;
        }
    }

    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.unknown += other.unknown;
    }
}

/// The result of [`evaluate`].
#[derive(Debug, Default)]
pub struct Evaluation {
    /// Findings by object, then in rule order.
    pub findings: Vec<Finding>,
    /// What inventory rules list, by object, then in rule order.
    pub facts: Vec<Fact>,
    /// Counts for each rule that ran, by id.
    pub tallies: BTreeMap<&'static str, Tally>,
    /// Evaluations that passed, when asked for: rule and object, sorted by object.
    pub passed: Vec<(&'static str, ObjectId)>,
    /// How many objects carry a pod template.
    pub workloads: usize,
    /// How many of those templates are distinct.
    pub templates: usize,
}

/// What one rule said about one object or template.
type Answer = (usize, Said);

/// Findings and facts of one run of a check.
#[derive(Default)]
struct Said {
    details: Vec<Arc<Detail>>,
    facts: Vec<Arc<FactText>>,
}

/// Objects per parallel batch: large enough that joining costs nothing, small enough to spread.
const BATCH: usize = 64;

/// Runs `options.rules` over all objects of the context's inventory. Deterministic for any number of threads.
pub fn evaluate(context: &Context<'_>, options: &Options) -> Evaluation {
    let templates = Templates::collect(context);
    let by_template: Vec<Vec<Answer>> =
        templates.representatives.par_iter().map(|&id| pod_answers(context, options, id)).collect();
    let plan = Plan::new(options);
    let ids: Vec<ObjectId> = context.inventory.objects().map(Object::id).collect();
    let batches: Vec<Batch<'_>> = ids
        .par_chunks(BATCH)
        .map(|chunk| {
            let mut batch = Batch::new(options);
            for &id in chunk {
                let class = templates.class_of(id);
                let shared = class.map(|class| &by_template[class]);
                batch.object(context, &plan, context.inventory.object(id), shared);
            }
            batch
        })
        .collect();
    let mut evaluation = Evaluation {
        workloads: templates.of_object.len(),
        templates: templates.representatives.len(),
        ..Default::default()
    };
    let mut tallies = vec![Tally::default(); options.rules.len()];
    let mut findings: Vec<(usize, Finding)> = Vec::new();
    let mut facts: Vec<(usize, Fact)> = Vec::new();
    for batch in batches {
        findings.extend(batch.findings);
        facts.extend(batch.facts);
        evaluation.passed.extend(batch.passed);
        tallies.iter_mut().zip(batch.tallies).for_each(|(sum, part)| sum.add(part));
    }
    set_answers(context, options, &mut tallies, &mut findings);
    findings.sort_by_key(|(rule, finding)| (finding.object, *rule));
    facts.sort_by_key(|(rule, fact)| (fact.object, *rule));
    evaluation.facts = facts.into_iter().map(|(_, fact)| fact).collect();
    evaluation.findings = findings.into_iter().map(|(_, finding)| finding).collect();
    evaluation.tallies = options.rules.iter().map(|rule| rule.id).zip(tallies).collect();
    evaluation
}

/// The distinct pod templates: equal specs, labels and annotations under the same kind of carrier.
struct Templates {
    representatives: Vec<ObjectId>,
    of_object: FxHashMap<ObjectId, usize>,
}

impl Templates {
    fn collect(context: &Context<'_>) -> Self {
        let ids: Vec<ObjectId> = context.inventory.objects().map(Object::id).collect();
        let hashes: Vec<(ObjectId, u64)> = ids
            .par_iter()
            .filter_map(|&id| Some((id, template_hash(&context.carriers.pod(context.inventory.object(id))?))))
            .collect();
        let mut table: HashTable<(u64, usize)> = HashTable::with_capacity(hashes.len());
        let mut templates = Self { representatives: Vec::new(), of_object: FxHashMap::default() };
        for (id, hash) in hashes {
            let pod = |id| context.carriers.pod(context.inventory.object(id));
            let known = table.find(hash, |&(other, class)| {
                other == hash
                    && match (pod(id), pod(templates.representatives[class])) {
                        (Some(a), Some(b)) => same_template(&a, &b),
                        _ => false,
                    }
            });
            let class = match known {
                Some(&(_, class)) => class,
                None => {
                    templates.representatives.push(id);
                    let class = templates.representatives.len() - 1;
                    table.insert_unique(hash, (hash, class), |&(hash, _)| hash);
                    class
                }
            };
            templates.of_object.insert(id, class);
        }
        templates
    }

    fn class_of(&self, id: ObjectId) -> Option<usize> {
        self.of_object.get(&id).copied()
    }
}

fn template_hash(pod: &Pod<'_>) -> u64 {
    let mut hasher = FxHasher::default();
    pod.carrier.hash(&mut hasher);
    pod.spec.data_hash().hash(&mut hasher);
    pod.labels().node().map(Node::data_hash).hash(&mut hasher);
    pod.annotations().node().map(Node::data_hash).hash(&mut hasher);
    hasher.finish()
}

fn same_template(a: &Pod<'_>, b: &Pod<'_>) -> bool {
    let same = |a: Option<Node<'_>>, b: Option<Node<'_>>| match (a, b) {
        (Some(a), Some(b)) => a.same_data(b),
        (None, None) => true,
        _ => false,
    };
    a.carrier == b.carrier
        && a.spec.same_data(b.spec)
        && same(a.labels().node(), b.labels().node())
        && same(a.annotations().node(), b.annotations().node())
}

fn pod_answers(context: &Context<'_>, options: &Options, id: ObjectId) -> Vec<Answer> {
    // Reading the views may already meet a value of the wrong type; then no rule can vouch for this template.
    let (pod, unreadable) = mismatches::watch(|| context.carriers.pod(context.inventory.object(id)));
    let Some(pod) = pod else { return Vec::new() };
    let mut answers = Vec::new();
    for (index, rule) in options.rules.iter().enumerate() {
        if let Check::Pod(check) | Check::PodAndObject(check, ..) = rule.check {
            answers.push((index, run(rule, unreadable, |out| check(&pod, &context.env, out))));
        }
    }
    answers
}

/// Runs one check and turns a reading that met wrong types into `unknown`.
fn run(rule: &Rule, unreadable: bool, check: impl FnOnce(&mut Findings)) -> Said {
    let mut out = Findings::new(rule.id, rule.severity);
    let ((), mismatch) = mismatches::watch(|| check(&mut out));
    if out.drafts.is_empty() && (mismatch || unreadable) {
        out.unknown(FieldPath::root(), "a field that this rule reads has a value of the wrong type");
    }
    Said {
        details: out.drafts.into_iter().map(|draft| Arc::new(draft.detail)).collect(),
        facts: out.facts.into_iter().map(Arc::new).collect(),
    }
}

/// Which rules look at which objects.
struct Plan {
    workload: Vec<usize>,
    any: Vec<usize>,
    by_kind: FxHashMap<GroupKind<'static>, Vec<usize>>,
}

impl Plan {
    fn new(options: &Options) -> Self {
        let mut plan = Self { workload: Vec::new(), any: Vec::new(), by_kind: FxHashMap::default() };
        for (index, rule) in options.rules.iter().enumerate() {
            match rule.check {
                Check::Workload(_) => plan.workload.push(index),
                Check::Any(_) => plan.any.push(index),
                Check::Object(kinds, _) | Check::PodAndObject(_, kinds, _) => {
                    kinds.iter().for_each(|&kind| plan.by_kind.entry(kind).or_default().push(index));
                }
                Check::Pod(_) | Check::Set(_) => {}
            }
        }
        plan
    }
}

struct Batch<'o> {
    options: &'o Options,
    findings: Vec<(usize, Finding)>,
    facts: Vec<(usize, Fact)>,
    passed: Vec<(&'static str, ObjectId)>,
    tallies: Vec<Tally>,
    no_prefix: Arc<FieldPath>,
}

impl<'o> Batch<'o> {
    fn new(options: &'o Options) -> Self {
        Self {
            options,
            findings: Vec::new(),
            facts: Vec::new(),
            passed: Vec::new(),
            tallies: vec![Tally::default(); options.rules.len()],
            no_prefix: Arc::new(FieldPath::root()),
        }
    }

    fn object(
        &mut self,
        context: &Context<'_>,
        plan: &Plan,
        object: Object<'_>,
        shared: Option<&Vec<Answer>>,
    ) {
        if let Some(answers) = shared {
            let (pod, unreadable) = mismatches::watch(|| context.carriers.pod(object));
            if let Some(pod) = pod {
                let prefix = Arc::new(pod.prefix.clone());
                for (index, details) in answers {
                    self.answer(*index, object.id(), &prefix, details);
                }
                let workload = Workload { object, pod };
                for &index in &plan.workload {
                    if let Check::Workload(check) = self.options.rules[index].check {
                        let details =
                            run(self.options.rules[index], unreadable, |out| check(&workload, context, out));
                        self.answer(index, object.id(), &prefix, &details);
                    }
                }
            }
        }
        let no_prefix = Arc::clone(&self.no_prefix);
        let of_kind = plan.by_kind.get(&object.group_kind()).into_iter().flatten();
        for &index in of_kind.chain(&plan.any) {
            let rule = self.options.rules[index];
            if let Check::Object(_, check) | Check::Any(check) | Check::PodAndObject(_, _, check) = rule.check
            {
                let details = run(rule, false, |out| check(object, context, out));
                self.answer(index, object.id(), &no_prefix, &details);
            }
        }
    }

    fn answer(&mut self, index: usize, object: ObjectId, prefix: &Arc<FieldPath>, said: &Said) {
        let details = &said.details;
        self.tallies[index].count(details, 1);
        if details.is_empty() && self.options.list_passed {
            self.passed.push((self.options.rules[index].id, object));
        }
        for detail in details {
            let finding = Finding { object, prefix: Arc::clone(prefix), detail: Arc::clone(detail) };
            self.findings.push((index, finding));
        }
        for text in &said.facts {
            self.facts.push((index, Fact { object, prefix: Arc::clone(prefix), text: Arc::clone(text) }));
        }
    }
}

fn set_answers(
    context: &Context<'_>,
    options: &Options,
    tallies: &mut [Tally],
    findings: &mut Vec<(usize, Finding)>,
) {
    let prefix = Arc::new(FieldPath::root());
    let sets: Vec<(usize, Findings)> = options
        .rules
        .par_iter()
        .enumerate()
        .filter_map(|(index, rule)| {
            let Check::Set(check) = rule.check else { return None };
            let mut out = Findings::new(rule.id, rule.severity);
            check(context, &mut out);
            Some((index, out))
        })
        .collect();
    for (index, out) in sets {
        let mut by_object: BTreeMap<ObjectId, Vec<Arc<Detail>>> = BTreeMap::new();
        for draft in out.drafts {
            // A finding without an object is a bug of the rule; the doc tests of set rules would show it missing.
            if let Some(object) = draft.object {
                by_object.entry(object).or_default().push(Arc::new(draft.detail));
            }
        }
        tallies[index].passed += out.evaluated.saturating_sub(by_object.len());
        for (object, details) in by_object {
            tallies[index].count(&details, 1);
            for detail in details {
                findings.push((index, Finding { object, prefix: Arc::clone(&prefix), detail }));
            }
        }
    }
}
