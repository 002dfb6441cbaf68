//! Aggregated ClusterRoles of clusters whose controller has not filled them.

use std::collections::VecDeque;

use hashbrown::{HashMap, HashSet};
use rustc_hash::FxBuildHasher;

use super::builder::count;
use super::input::RoleKind;
use super::policy::RoleRow;
use super::pool::{ListId, ListPool};
use crate::intern::Sym;

/// Gives each computed role in `aggregates` (row, names of its sources) the rules of the ClusterRoles that it names, those of
/// aggregated ones included: the least fixed point, which is what the controller reaches from empty rules. As there, a
/// role is no source of itself, sources are read in the given order, and a rule that is there is not added again.
pub(super) fn fill(
    roles: &mut [RoleRow],
    aggregates: &[(u32, ListId)],
    lists: &ListPool,
    sets: &mut ListPool,
) {
    let aggregates: Vec<(u32, ListId)> =
        aggregates.iter().copied().filter(|&(row, _)| roles[row as usize].computed).collect();
    if aggregates.is_empty() {
        return;
    }
    let mut by_name: HashMap<Sym, u32, FxBuildHasher> = HashMap::default();
    for (row, role) in roles.iter().enumerate() {
        if role.kind == RoleKind::ClusterRole {
            by_name.insert(role.name, count(row));
        }
    }
    let sources: Vec<Vec<u32>> = aggregates
        .iter()
        .map(|&(row, names)| {
            let names = lists.get(names).iter();
            names
                .filter_map(|&name| by_name.get(&Sym(name)).copied())
                .filter(|&source| source != row)
                .collect()
        })
        .collect();
    let mut dependents: HashMap<u32, Vec<usize>, FxBuildHasher> = HashMap::default();
    for (i, sources) in sources.iter().enumerate() {
        for &source in sources {
            dependents.entry(source).or_default().push(i);
        }
    }
    for &(row, _) in &aggregates {
        roles[row as usize].rules = ListId::EMPTY;
    }
    let mut queue: VecDeque<usize> = (0..aggregates.len()).collect();
    let mut queued = vec![true; aggregates.len()];
    while let Some(i) = queue.pop_front() {
        queued[i] = false;
        let row = aggregates[i].0;
        let mut seen: HashSet<u32, FxBuildHasher> = HashSet::default();
        let mut rules = Vec::new();
        for &source in &sources[i] {
            rules.extend(sets.get(roles[source as usize].rules).iter().filter(|&&rule| seen.insert(rule)));
        }
        // Rules are only ever gained, so a set of the same size is the same set and the loop ends even in a cycle.
        if rules.len() == sets.get(roles[row as usize].rules).len() {
            continue;
        }
        roles[row as usize].rules = sets.intern(&rules);
        for &dependent in dependents.get(&row).into_iter().flatten() {
            if !std::mem::replace(&mut queued[dependent], true) {
                queue.push_back(dependent);
            }
        }
    }
}
