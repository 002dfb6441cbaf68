use std::sync::Arc;

use rampart_document::{FieldPath, mismatches};
use rampart_model::{GroupKind, Object, ObjectId};
use rampart_report::{Detail, Finding};
use rustc_hash::FxHashMap;

use super::run::{Runner, Said};
use super::{Options, Tally};
use crate::{Check, Context, Fact, FactText, Workload};

/// Which rules look at what, by their place in the options, ascending.
pub(super) struct Plan {
    pub(super) pod: Vec<u16>,
    workload: Vec<u16>,
    any: Vec<u16>,
    by_kind: FxHashMap<GroupKind<'static>, Vec<u16>>,
}

impl Plan {
    pub(super) fn new(options: &Options) -> Self {
        let mut plan =
            Self { pod: Vec::new(), workload: Vec::new(), any: Vec::new(), by_kind: FxHashMap::default() };
        for (index, rule) in (0_u16..).zip(&options.rules) {
            if let Check::Pod(_) | Check::PodAndObject(..) = rule.check {
                plan.pod.push(index);
            }
            if let Check::Workload(_) | Check::WorkloadAndObject(..) = rule.check {
                plan.workload.push(index);
            }
            match rule.check {
                Check::Any(_) => plan.any.push(index),
                Check::Object(kinds, _)
                | Check::PodAndObject(_, kinds, _)
                | Check::WorkloadAndObject(_, kinds, _) => {
                    kinds.iter().for_each(|&kind| plan.by_kind.entry(kind).or_default().push(index));
                }
                Check::Pod(_) | Check::Workload(_) | Check::Set(_) => {}
            }
        }
        plan
    }
}

/// The answers about some objects that follow each other.
pub(super) struct Batch<'a, 'c> {
    context: &'a Context<'c>,
    options: &'a Options,
    plan: &'a Plan,
    runner: Runner,
    /// What is known of the object at hand: rule, and finding or fact.
    findings_here: Vec<(u16, Finding)>,
    facts_here: Vec<(u16, Fact)>,
    pub(super) findings: Vec<Finding>,
    pub(super) facts: Vec<Fact>,
    pub(super) passed: Vec<(&'static str, ObjectId)>,
    pub(super) tallies: Vec<Tally>,
    pub(super) runs: usize,
    no_prefix: Arc<FieldPath>,
}

impl<'a, 'c> Batch<'a, 'c> {
    pub(super) fn new(context: &'a Context<'c>, options: &'a Options, plan: &'a Plan) -> Self {
        Self {
            context,
            options,
            plan,
            runner: Runner::default(),
            findings_here: Vec::new(),
            facts_here: Vec::new(),
            findings: Vec::new(),
            facts: Vec::new(),
            passed: Vec::new(),
            tallies: vec![Tally::default(); options.rules.len()],
            runs: 0,
            no_prefix: Arc::new(FieldPath::root()),
        }
    }

    /// All answers about one object: `shared` are those about its template, `sets` those of checks over everything.
    pub(super) fn object(&mut self, object: Object<'c>, shared: Option<&Said>, sets: &[(u16, Arc<Detail>)]) {
        let (context, options, plan) = (self.context, self.options, self.plan);
        let rule = |index: u16| options.rules[usize::from(index)];
        if let Some(shared) = shared {
            let (pod, unreadable) = mismatches::watch(|| context.carriers.pod(object));
            if let Some(pod) = pod {
                let prefix = self.runner.shared.path(pod.prefix.clone());
                self.answers(&plan.pod, object.id(), &prefix, &shared.details, &shared.facts);
                let workload = Workload { object, pod };
                for &index in &plan.workload {
                    if let Check::Workload(check) | Check::WorkloadAndObject(check, ..) = rule(index).check {
                        self.runner.run(index, rule(index), unreadable, |out| check(&workload, context, out));
                    }
                }
                self.said(&plan.workload, object.id(), &prefix);
            }
        }
        let no_prefix = Arc::clone(&self.no_prefix);
        let of_kind = plan.by_kind.get(&object.group_kind()).map_or(&[][..], Vec::as_slice);
        // What is no object is only for the rules that name its kind.
        let any = if object.is_side_document() { &[][..] } else { &plan.any };
        for ran in [of_kind, any] {
            for &index in ran {
                if let Check::Object(_, check)
                | Check::Any(check)
                | Check::PodAndObject(_, _, check)
                | Check::WorkloadAndObject(_, _, check) = rule(index).check
                {
                    self.runner.run(index, rule(index), false, |out| check(object, context, out));
                }
            }
            self.said(ran, object.id(), &no_prefix);
        }
        for details in sets.chunk_by(|(a, _), (b, _)| a == b) {
            self.answers(&[details[0].0], object.id(), &no_prefix, details, &[]);
        }
        self.end_object();
    }

    /// Takes what the runner collected.
    fn said(&mut self, ran: &[u16], object: ObjectId, prefix: &Arc<FieldPath>) {
        let (details, facts) =
            (std::mem::take(&mut self.runner.details), std::mem::take(&mut self.runner.facts));
        self.answers(ran, object, prefix, &details, &facts);
        (self.runner.details, self.runner.facts) = (details, facts);
        self.runner.details.clear();
        self.runner.facts.clear();
    }

    /// Counts the answers of the rules that ran and keeps what they say; `details` are in the order of the rules.
    fn answers(
        &mut self,
        ran: &[u16],
        object: ObjectId,
        prefix: &Arc<FieldPath>,
        details: &[(u16, Arc<Detail>)],
        facts: &[(u16, Arc<FactText>)],
    ) {
        let mut rest = details;
        for &index in ran {
            let own = rest.iter().take_while(|(rule, _)| *rule == index).count();
            let (own, after) = rest.split_at(own);
            rest = after;
            self.tallies[usize::from(index)].count(own);
            if own.is_empty() && self.options.list_passed {
                self.passed.push((self.options.rules[usize::from(index)].id, object));
            }
        }
        self.findings_here.extend(
            details.iter().map(|(index, detail)| {
                (*index, Finding::new(object, Arc::clone(prefix), Arc::clone(detail)))
            }),
        );
        self.facts_here.extend(facts.iter().map(|(index, text)| {
            (*index, Fact { object, prefix: Arc::clone(prefix), text: Arc::clone(text) })
        }));
    }

    fn end_object(&mut self) {
        self.findings_here.sort_by_key(|(rule, _)| *rule);
        self.facts_here.sort_by_key(|(rule, _)| *rule);
        self.findings.extend(self.findings_here.drain(..).map(|(_, finding)| finding));
        self.facts.extend(self.facts_here.drain(..).map(|(_, fact)| fact));
        self.runs = self.runner.runs;
    }
}
