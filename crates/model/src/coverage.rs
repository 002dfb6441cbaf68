use std::collections::BTreeMap;

use crate::GroupKind;

/// How much of a kind was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Everything there is.
    Full,
    /// Something, but not known to be everything; the reason.
    Partial(String),
    /// Nothing, though it may exist; the reason (`403 Forbidden`, …).
    NotRead(String),
}

/// One entry of [`Coverage`], as reports show it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// Kind as in `kind:`, or `*`.
    pub kind: String,
    /// Namespace; `None` for all.
    pub namespace: Option<String>,
}

/// What was read of each kind. An answer that needs something not read in full is `unknown`.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    complete: bool,
    entries: BTreeMap<Gap, State>,
}

impl Coverage {
    /// Nothing is known to be complete: a directory of manifests.
    pub fn partial() -> Self {
        Self::default()
    }

    /// What was read is all there is, unless [`Self::set`] says otherwise for a kind.
    pub fn complete() -> Self {
        Self { complete: true, entries: BTreeMap::new() }
    }

    /// Records the state of a kind (`*` for all) in a namespace (`None` for all).
    pub fn set(&mut self, kind: &str, namespace: Option<&str>, state: State) {
        self.entries.insert(Gap { kind: kind.to_owned(), namespace: namespace.map(str::to_owned) }, state);
    }

    /// All recorded entries, sorted.
    pub fn entries(&self) -> impl Iterator<Item = (&Gap, &State)> {
        self.entries.iter()
    }

    /// True when every object of `kind` in `namespace` (`None`: in the cluster) is in the inventory.
    pub fn is_full(&self, kind: GroupKind<'_>, namespace: Option<&str>) -> bool {
        self.gap(kind, namespace).is_none()
    }

    /// Why the objects of `kind` in `namespace` are not known in full; `None` when they are.
    pub fn gap(&self, kind: GroupKind<'_>, namespace: Option<&str>) -> Option<String> {
        for (gap, state) in &self.entries {
            let same_kind = gap.kind == "*" || gap.kind == kind.kind;
            let same_namespace = match (&gap.namespace, namespace) {
                (Some(ours), Some(asked)) => ours == asked,
                _ => true,
            };
            if same_kind && same_namespace {
                match state {
                    State::Full => {}
                    State::Partial(reason) | State::NotRead(reason) => return Some(reason.clone()),
                }
            }
        }
        let covered = self.complete
            || self.entries.iter().any(|(gap, state)| {
                *state == State::Full
                    && (gap.kind == "*" || gap.kind == kind.kind)
                    && (gap.namespace.is_none() || gap.namespace.as_deref() == namespace)
            });
        (!covered).then(|| format!("{} objects outside the input were not read", kind.kind))
    }
}
