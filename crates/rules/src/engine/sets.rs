use std::collections::BTreeSet;
use std::sync::Arc;

use rampart_model::ObjectId;
use rampart_report::Detail;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::Options;
use super::share::Shared;
use crate::{Check, Context, Findings};

/// What the checks over the whole inventory said.
pub(super) struct Sets {
    by_object: FxHashMap<ObjectId, Vec<(u16, Arc<Detail>)>>,
    /// By rule: objects that were looked at and have no finding.
    pub(super) passed: Vec<usize>,
    /// Objects that were looked at and have no finding, when asked for.
    pub(super) listed: Vec<(&'static str, ObjectId)>,
    /// Checks that ran.
    pub(super) runs: usize,
}

impl Sets {
    pub(super) fn run(context: &Context<'_>, options: &Options) -> Self {
        let said: Vec<(usize, Findings)> = options
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
        let mut sets = Self {
            by_object: FxHashMap::default(),
            passed: vec![0; options.rules.len()],
            listed: Vec::new(),
            runs: said.len(),
        };
        let mut shared = Shared::default();
        for (index, out) in said {
            let mut objects = BTreeSet::new();
            for draft in out.drafts {
                // A finding without an object is a bug of the rule; the doc tests of set rules would show it missing.
                if let Some(object) = draft.object {
                    objects.insert(object);
                    let detail = Arc::new(draft.finish(&mut shared));
                    sets.by_object.entry(object).or_default().push((index as u16, detail));
                }
            }
            sets.passed[index] = out.evaluated.saturating_sub(objects.len());
            if options.list_passed {
                let passed: BTreeSet<ObjectId> =
                    out.seen.into_iter().filter(|object| !objects.contains(object)).collect();
                sets.listed.extend(passed.into_iter().map(|object| (options.rules[index].id, object)));
            }
        }
        sets
    }

    /// The findings about one object, in rule order.
    pub(super) fn of(&self, object: ObjectId) -> &[(u16, Arc<Detail>)] {
        self.by_object.get(&object).map_or(&[], Vec::as_slice)
    }
}
