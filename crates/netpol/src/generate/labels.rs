//! Labels that select a workload's pods, survive rollouts and select nothing else of the namespace.

use crate::policy::NamespaceId;
use crate::query::FLEETING;
use crate::symbols::Sym;
use crate::world::World;
use std::collections::BTreeMap;

/// Keys people select by, best first.
const USUAL: [&str; 7] = [
    "app.kubernetes.io/name",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/component",
    "app",
    "k8s-app",
    "name",
    "component",
];

type Labels = Vec<(Sym, Sym)>;
type Workload = (NamespaceId, Sym, Sym);

/// Chooses labels, once per workload.
pub(super) struct Chooser<'a> {
    world: &'a World,
    /// Lasting labels all pods of a workload share.
    common: BTreeMap<Workload, Labels>,
    chosen: BTreeMap<Workload, Option<Labels>>,
}

impl<'a> Chooser<'a> {
    pub(super) fn new(world: &'a World) -> Self {
        let mut common: BTreeMap<Workload, Labels> = BTreeMap::new();
        for endpoint in &world.endpoints {
            let Some(namespace) = endpoint.namespace else { continue };
            let lasting = |pair: &&(Sym, Sym)| !FLEETING.contains(&world.symbols.text(pair.0));
            let own: Labels = endpoint.labels.iter().filter(lasting).copied().collect();
            common
                .entry((namespace, endpoint.workload.0, endpoint.workload.1))
                .and_modify(|known| known.retain(|pair| own.contains(pair)))
                .or_insert(own);
        }
        Self { world, common, chosen: BTreeMap::new() }
    }

    /// The fewest usual labels that single the workload out, else all it has; `None` when even those do not.
    pub(super) fn of_workload(&mut self, namespace: NamespaceId, workload: (Sym, Sym)) -> Option<Labels> {
        let key = (namespace, workload.0, workload.1);
        if let Some(known) = self.chosen.get(&key) {
            return known.clone();
        }
        let found = self.choose(key);
        self.chosen.insert(key, found.clone());
        found
    }

    fn choose(&self, key: Workload) -> Option<Labels> {
        let all = self.common.get(&key)?;
        let place = |pair: &(Sym, Sym)| {
            let text = self.world.symbols.text(pair.0);
            (USUAL.iter().position(|usual| *usual == text).unwrap_or(USUAL.len()), text)
        };
        let mut sorted = all.clone();
        sorted.sort_by(|a, b| place(a).cmp(&place(b)));
        let mut chosen = Labels::new();
        for pair in sorted {
            chosen.push(pair);
            if self.is_unique(key, &chosen) {
                // Earlier labels may have become superfluous.
                for at in (0..chosen.len()).rev() {
                    let mut fewer = chosen.clone();
                    fewer.remove(at);
                    if !fewer.is_empty() && self.is_unique(key, &fewer) {
                        chosen = fewer;
                    }
                }
                return Some(chosen);
            }
        }
        None
    }

    fn is_unique(&self, key: Workload, labels: &[(Sym, Sym)]) -> bool {
        self.world.endpoints.iter().all(|endpoint| {
            let own = endpoint.namespace == Some(key.0) && endpoint.workload == (key.1, key.2);
            let matches =
                endpoint.namespace == Some(key.0) && labels.iter().all(|pair| endpoint.labels.contains(pair));
            own || !matches
        })
    }
}
