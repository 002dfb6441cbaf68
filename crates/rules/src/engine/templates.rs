use std::hash::{Hash as _, Hasher as _};

use hashbrown::HashTable;
use rampart_document::{Node, mismatches};
use rampart_model::{Object, ObjectId, Pod};
use rayon::prelude::*;
use rustc_hash::FxHasher;

use super::Options;
use super::batch::Plan;
use super::run::{Runner, Said};
use crate::{Check, Context};

/// The distinct pod templates: equal specs, labels and annotations under the same kind of carrier.
pub(super) struct Templates {
    representatives: Vec<ObjectId>,
    /// By object id: the template's place among the representatives, or `NONE`.
    of_object: Vec<u32>,
    /// Objects with a template.
    pub(super) workloads: usize,
}

const NONE: u32 = u32::MAX;

/// Templates that one thread takes at a time, so that they share paths and fixes.
const TOGETHER: usize = 128;

impl Templates {
    pub(super) fn collect(context: &Context<'_>) -> Self {
        let ids: Vec<ObjectId> = context.inventory.objects().map(Object::id).collect();
        let pod = |id| context.carriers.pod(context.inventory.object(id));
        let hashes: Vec<(ObjectId, u64)> =
            ids.par_iter().filter_map(|&id| Some((id, template_hash(&pod(id)?)))).collect();
        let mut table: HashTable<(u64, u32)> = HashTable::new();
        let mut templates =
            Self { representatives: Vec::new(), of_object: vec![NONE; ids.len()], workloads: hashes.len() };
        for (id, hash) in hashes {
            let known = table.find(hash, |&(other, class)| {
                other == hash
                    && match (pod(id), pod(templates.representatives[class as usize])) {
                        (Some(a), Some(b)) => same_template(&a, &b),
                        _ => false,
                    }
            });
            let class = match known {
                Some(&(_, class)) => class,
                None => {
                    let class = templates.representatives.len() as u32;
                    templates.representatives.push(id);
                    table.insert_unique(hash, (hash, class), |&(hash, _)| hash);
                    class
                }
            };
            templates.of_object[id.0 as usize] = class;
        }
        templates
    }

    /// What the pod rules say about each distinct template.
    pub(super) fn run(&self, context: &Context<'_>, options: &Options, plan: &Plan) -> Vec<Said> {
        let one = |runner: &mut Runner, &id: &ObjectId| pod_answers(context, options, plan, id, runner);
        self.representatives.par_iter().with_min_len(TOGETHER).map_init(Runner::default, one).collect()
    }

    pub(super) fn class_of(&self, id: ObjectId) -> Option<usize> {
        self.of_object.get(id.0 as usize).filter(|&&class| class != NONE).map(|&class| class as usize)
    }
}

fn pod_answers(
    context: &Context<'_>,
    options: &Options,
    plan: &Plan,
    id: ObjectId,
    runner: &mut Runner,
) -> Said {
    // Reading the views may already meet a value of the wrong type; then no rule can vouch for this template.
    let (pod, unreadable) = mismatches::watch(|| context.carriers.pod(context.inventory.object(id)));
    let Some(pod) = pod else { return Said::default() };
    for &index in &plan.pod {
        let rule = options.rules[usize::from(index)];
        if let Check::Pod(check) | Check::PodAndObject(check, ..) = rule.check {
            runner.run(index, rule, unreadable, |out| check(&pod, &context.env, out));
        }
    }
    runner.take()
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
