//! New texts for a set of candidates.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rampart_document::{Edit, EditError, Node, StreamChanges, Tree, apply_to_stream};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use serde_json::Value;

use crate::candidate::{Candidate, Op};
use crate::clash::{in_order, without_empty_lists};
use crate::obstacle::Obstacle;
use crate::texts::{Text, TextId, Texts, parse_like};

/// A text after its changes.
#[derive(Debug)]
pub(crate) struct NewText {
    pub(crate) text: String,
    pub(crate) tree: Arc<Tree>,
    /// Nodes of the old tree whose objects went away.
    pub(crate) deleted: BTreeSet<u32>,
}

/// What one set of candidates makes of the texts; texts that stay as they are are left out.
#[derive(Debug, Default)]
pub(crate) struct Edition {
    pub(crate) texts: BTreeMap<TextId, Arc<NewText>>,
    /// New files by name.
    pub(crate) files: BTreeMap<String, String>,
}

/// Makes editions; remembers texts, since sets that are tried differ in few of them.
pub(crate) struct Editor<'t, 'a> {
    candidates: &'t [Candidate<'a>],
    texts: &'t Texts<'a>,
    /// By text: the candidates that change it.
    of_text: Vec<Vec<usize>>,
    known: FxHashMap<TextId, (Vec<usize>, Arc<NewText>)>,
}

impl<'t, 'a> Editor<'t, 'a> {
    pub(crate) fn new(candidates: &'t [Candidate<'a>], texts: &'t Texts<'a>) -> Self {
        let mut of_text: Vec<Vec<usize>> = texts.ids().map(|_| Vec::new()).collect();
        for (index, candidate) in candidates.iter().enumerate() {
            let touched: BTreeSet<TextId> = candidate.ops.iter().filter_map(Op::text).collect();
            touched.into_iter().for_each(|text| of_text[text.0 as usize].push(index));
        }
        Self { candidates, texts, of_text, known: FxHashMap::default() }
    }

    /// The texts with the changes of all candidates for which `chosen` is true. Candidates that the editor refuses are
    /// taken out of `chosen` and told.
    pub(crate) fn edition(&mut self, chosen: &mut [bool]) -> (Edition, Vec<(usize, Obstacle)>) {
        let mut refused = Vec::new();
        loop {
            let wanted: Vec<(TextId, Vec<usize>)> = self
                .texts
                .ids()
                .map(|id| {
                    let of_text = self.of_text[id.0 as usize].iter().copied();
                    (id, of_text.filter(|&index| chosen[index]).collect::<Vec<_>>())
                })
                .filter(|(_, set)| !set.is_empty())
                .collect();
            let missing: Vec<&(TextId, Vec<usize>)> = wanted
                .iter()
                .filter(|(id, set)| self.known.get(id).is_none_or(|(known, _)| known != set))
                .collect();
            let made: Vec<(TextId, Vec<usize>, Made)> =
                missing.par_iter().map(|(id, set)| (*id, set.clone(), self.make(*id, set))).collect();
            let before = refused.len();
            for (id, set, made) in made {
                if made.refused.is_empty() {
                    self.known.insert(id, (set, Arc::new(made.text)));
                }
                refused.extend(made.refused);
            }
            if refused.len() > before {
                refused[before..].iter().for_each(|(index, _)| chosen[*index] = false);
                continue;
            }
            let known = |id: &TextId| self.known.get(id).map(|(_, text)| (*id, Arc::clone(text)));
            let texts = wanted.iter().filter_map(|(id, _)| known(id)).collect();
            let candidates = self.candidates.iter().zip(chosen.iter()).filter(|(_, chosen)| **chosen);
            let files = candidates.flat_map(|(candidate, _)| &candidate.ops).filter_map(|op| match op {
                Op::NewFile { name, text } => Some((name.clone(), text.clone())),
                _ => None,
            });
            return (Edition { texts, files: files.collect() }, refused);
        }
    }

    fn make(&self, id: TextId, set: &[usize]) -> Made {
        let text = self.texts.get(id);
        let mut set = set.to_vec();
        let mut refused: Vec<(usize, Obstacle)> = Vec::new();
        loop {
            let work = Work::collect(self.candidates, id, &set);
            let problems = match work.apply(text) {
                Ok(text) => return Made { text, refused },
                Err(problems) => problems,
            };
            let before = refused.len();
            for (target, error) in problems {
                refused.extend(self.culprits(id, text, &set, target, &error));
            }
            set.retain(|index| refused.iter().all(|(out, _)| out != index));
            if refused.len() == before {
                // Nobody can be blamed for it alone.
                refused.extend(set.drain(..).map(|index| (index, blocked())));
            }
        }
    }

    /// The candidates of a refused target that are at fault: whose path the editor names, else those that do not go
    /// together with the ones before them.
    fn culprits(
        &self,
        id: TextId,
        text: &Text<'_>,
        set: &[usize],
        target: Target,
        error: &EditError,
    ) -> Vec<(usize, Obstacle)> {
        let on_target: Vec<usize> =
            set.iter().copied().filter(|&index| self.candidates[index].targets(id, target)).collect();
        let named = |index: &usize| self.candidates[*index].edits_at(id, target, error);
        let alone: Vec<usize> = on_target.iter().copied().filter(named).collect();
        let obstacle = || Obstacle::Refused(error.to_string());
        if on_target.len() <= 1 || alone.len() < on_target.len() && !alone.is_empty() {
            let guilty = if alone.is_empty() { on_target } else { alone };
            return guilty.into_iter().map(|index| (index, obstacle())).collect();
        }
        let mut good: Vec<usize> = Vec::new();
        let mut guilty = Vec::new();
        for index in on_target {
            good.push(index);
            let refused = Work::collect(self.candidates, id, &good).apply(text).is_err();
            if refused {
                good.pop();
                guilty.push((index, obstacle()));
            }
        }
        guilty
    }
}

fn blocked() -> Obstacle {
    Obstacle::Refused("the file cannot be changed here without changing something else".to_owned())
}

struct Made {
    text: NewText,
    refused: Vec<(usize, Obstacle)>,
}

/// What a refusal is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    Node(u32),
    New(usize),
}

/// All changes of one text.
struct Work<'c> {
    edits: Vec<(u32, Vec<Edit>)>,
    deleted: BTreeSet<u32>,
    appended: Vec<&'c Value>,
}

impl<'c> Work<'c> {
    fn collect(candidates: &'c [Candidate<'_>], id: TextId, set: &[usize]) -> Self {
        let mut edits: BTreeMap<u32, Vec<&Edit>> = BTreeMap::new();
        let mut deleted = BTreeSet::new();
        let mut appended: Vec<&Value> = Vec::new();
        for op in set.iter().flat_map(|&index| &candidates[index].ops).filter(|op| op.text() == Some(id)) {
            match op {
                Op::Edit { node, edits: own, .. } => edits.entry(*node).or_default().extend(own),
                Op::Delete { node, .. } => _ = deleted.insert(*node),
                Op::Append { value, .. } if !appended.contains(&value) => appended.push(value),
                Op::Append { .. } | Op::NewFile { .. } => {}
            }
        }
        let edits = edits.into_iter().map(|(node, edits)| (node, in_order(edits.into_iter()))).collect();
        Self { edits, deleted, appended }
    }

    fn apply(&self, text: &Text<'_>) -> Result<NewText, Vec<(Target, EditError)>> {
        let node = |id: u32| text.tree.node(id);
        let planned: Vec<(Node<'_>, Vec<Edit>)> = self
            .edits
            .iter()
            .filter_map(|(id, edits)| Some((node(*id)?, edits.clone())))
            .map(|(root, edits)| (root, without_empty_lists(root, edits)))
            .collect();
        let edits: Vec<(Node<'_>, &[Edit])> =
            planned.iter().map(|(root, edits)| (*root, edits.as_slice())).collect();
        let deleted: Vec<Node<'_>> = self.deleted.iter().filter_map(|&id| node(id)).collect();
        let appended = self.appended.iter().map(|&value| value.clone()).collect();
        let first_new = edits.len() + deleted.len();
        let targets: Vec<u32> =
            edits.iter().map(|(node, _)| node.id()).chain(deleted.iter().map(|node| node.id())).collect();
        let outcome = apply_to_stream(text.tree, &StreamChanges { edits, deleted, appended });
        if outcome.refused.is_empty() {
            let tree = parse_like(text.tree, text.name(), &outcome.text).tree;
            let deleted = self.deleted.clone();
            return Ok(NewText { text: outcome.text, tree: Arc::new(tree), deleted });
        }
        let target = |index: usize| match targets.get(index) {
            Some(&node) => Target::Node(node),
            None => Target::New(index - first_new),
        };
        Err(outcome.refused.into_iter().map(|(index, error)| (target(index), error)).collect())
    }
}

impl Op {
    /// The text it changes; a new file has none yet.
    fn text(&self) -> Option<TextId> {
        match self {
            Self::Edit { text, .. } | Self::Delete { text, .. } | Self::Append { text, .. } => Some(*text),
            Self::NewFile { .. } => None,
        }
    }
}

impl Candidate<'_> {
    fn targets(&self, id: TextId, target: Target) -> bool {
        self.ops.iter().filter(|op| op.text() == Some(id)).any(|op| match (op, target) {
            (Op::Edit { node, .. } | Op::Delete { node, .. }, Target::Node(wanted)) => *node == wanted,
            (Op::Append { .. }, Target::New(_)) => true,
            _ => false,
        })
    }

    /// True when one of its edits is the one that was refused.
    fn edits_at(&self, id: TextId, target: Target, error: &EditError) -> bool {
        self.ops.iter().any(|op| match op {
            Op::Edit { text, node, edits } => {
                *text == id
                    && target == Target::Node(*node)
                    && edits.iter().any(|edit| edit.path == error.path)
            }
            _ => false,
        })
    }
}
