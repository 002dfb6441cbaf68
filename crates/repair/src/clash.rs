//! Which fixes get in each other's way, and the order in which edits of one object are made.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use rampart_document::{Edit, FieldPath, Node, Operation, Segment};
use serde_json::Value;

use crate::candidate::{Candidate, Op};
use crate::obstacle::Obstacle;
use crate::texts::TextId;

/// Splits candidates, in order, into those that go together and those that change what an earlier one changes.
pub(crate) fn sort_out<'a>(
    candidates: Vec<Candidate<'a>>,
) -> (Vec<Candidate<'a>>, Vec<(Candidate<'a>, Obstacle)>) {
    let mut ground = Ground::default();
    let verdicts: Vec<Option<&'static str>> = candidates.iter().map(|next| ground.take(next)).collect();
    let mut kept = Vec::new();
    let mut late = Vec::new();
    for (candidate, verdict) in candidates.into_iter().zip(verdicts) {
        match verdict {
            None => kept.push(candidate),
            Some(with) => late.push((candidate, Obstacle::Clash { with })),
        }
    }
    (kept, late)
}

/// What the candidates so far change, with their rules.
#[derive(Default)]
struct Ground<'c> {
    edits: BTreeMap<(TextId, u32), Vec<(&'c Edit, &'static str)>>,
    deleted: BTreeMap<(TextId, u32), &'static str>,
    created: BTreeMap<(TextId, String), (&'c Value, &'static str)>,
    files: BTreeMap<&'c str, (&'c str, &'static str)>,
}

impl<'c> Ground<'c> {
    /// Adds a candidate, unless it clashes: then the rule it clashes with.
    fn take(&mut self, candidate: &'c Candidate<'_>) -> Option<&'static str> {
        let clash = candidate.ops.iter().find_map(|op| self.clash(op));
        if clash.is_some() {
            return clash;
        }
        let rule = candidate.finding.detail.rule;
        for op in &candidate.ops {
            match op {
                Op::Edit { text, node, edits } => {
                    let own = self.edits.entry((*text, *node)).or_default();
                    own.extend(edits.iter().map(|edit| (edit, rule)));
                }
                Op::Delete { text, node } => _ = self.deleted.insert((*text, *node), rule),
                Op::Append { text, value } => {
                    self.created.insert((*text, identity(value)), (value, rule));
                }
                Op::NewFile { name, text } => _ = self.files.insert(name, (text, rule)),
            }
        }
        None
    }

    fn clash(&self, op: &Op) -> Option<&'static str> {
        match op {
            Op::Edit { text, node, edits } => {
                let place = (*text, *node);
                let others = self.edits.get(&place).map_or(&[][..], Vec::as_slice);
                let clashes =
                    |(other, _): &&(&Edit, &'static str)| edits.iter().any(|edit| clash(other, edit));
                let edited = others.iter().find(clashes).map(|&(_, rule)| rule);
                edited.or_else(|| self.deleted.get(&place).copied())
            }
            Op::Delete { text, node } => {
                self.edits.get(&(*text, *node)).and_then(|edits| edits.first()).map(|&(_, rule)| rule)
            }
            Op::Append { text, value } => {
                let twin = self.created.get(&(*text, identity(value)));
                twin.filter(|(other, _)| *other != value).map(|&(_, rule)| rule)
            }
            Op::NewFile { name, text } => {
                self.files.get(name.as_str()).filter(|(other, _)| other != text).map(|&(_, rule)| rule)
            }
        }
    }
}

/// Kind, namespace and name of a new object.
fn identity(value: &Value) -> String {
    let metadata = value.get("metadata");
    let parts = [
        value.get("apiVersion"),
        value.get("kind"),
        metadata.and_then(|metadata| metadata.get("namespace")),
        metadata.and_then(|metadata| metadata.get("name")),
    ];
    parts.map(|part| part.and_then(Value::as_str).unwrap_or_default()).join("\0")
}

/// True when two edits of one object cannot both be made as they were meant.
fn clash(a: &Edit, b: &Edit) -> bool {
    if a == b {
        return false;
    }
    let (one, other) = (a.path.as_str(), b.path.as_str());
    if one == other {
        return !matches!((&a.operation, &b.operation), (Operation::Append(_), Operation::Append(_)));
    }
    let below = |inner: &str, outer: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| outer.is_empty() || rest.starts_with(['.', '[']))
    };
    let replaces = |edit: &Edit| !matches!(edit.operation, Operation::Append(_));
    below(one, other) && replaces(b) || below(other, one) && replaces(a)
}

/// Edits of one object in an order in which each means what it meant on the object as it was: list elements go last, inner
/// lists before outer ones, each from the end, so that the indexes of the others stay true. Equal edits are made once.
pub(crate) fn in_order<'e>(edits: impl Iterator<Item = &'e Edit>) -> Vec<Edit> {
    let mut all: Vec<Edit> = Vec::new();
    for edit in edits {
        if !all.contains(edit) {
            all.push(edit.clone());
        }
    }
    let place = |edit: &Edit| {
        let last = edit.path.segments().last();
        match (&edit.operation, last) {
            (Operation::Remove, Some(Segment::Index(index))) => {
                let parent = edit.path.as_str().rfind('[').map(|at| edit.path.as_str()[..at].to_owned());
                Some((Reverse(edit.path.segments().count()), parent, Reverse(index)))
            }
            _ => None,
        }
    };
    all.sort_by_cached_key(place);
    all
}

/// Lists of pods that mean the same when they are empty and when they are absent.
const MAY_GO: [&str; 8] =
    ["add", "env", "hostAliases", "ports", "supplementalGroups", "sysctls", "volumeMounts", "volumes"];

/// The same edits, with a list of a pod that loses its last element taken out as a whole.
pub(crate) fn without_empty_lists(root: Node<'_>, edits: Vec<Edit>) -> Vec<Edit> {
    let list = |edit: &Edit| -> Option<FieldPath> {
        let text = edit.path.as_str();
        let parent = text.strip_suffix(']').and_then(|_| FieldPath::parse(&text[..text.rfind('[')?]).ok())?;
        let last = parent.segments().last()?;
        let goes = matches!(last, Segment::Key(key) if MAY_GO.contains(&key.as_ref()));
        (goes && edit.operation == Operation::Remove).then_some(parent)
    };
    let mut removed: BTreeMap<FieldPath, usize> = BTreeMap::new();
    edits.iter().filter_map(list).for_each(|parent| *removed.entry(parent).or_default() += 1);
    let only_removed = |parent: &FieldPath, count: usize| {
        let inside = edits.iter().filter(|edit| edit.path.as_str().starts_with(parent.as_str())).count();
        inside == count && root.at(parent).is_some_and(|list| list.len() == count)
    };
    removed.retain(|parent, count| only_removed(parent, *count));
    if removed.is_empty() {
        return edits;
    }
    let mut rest: Vec<Edit> = edits
        .into_iter()
        .filter(|edit| list(edit).is_none_or(|parent| !removed.contains_key(&parent)))
        .collect();
    rest.extend(removed.into_keys().map(Edit::remove));
    rest
}

#[cfg(test)]
mod tests {
    use rampart_document::{Limits, Source, parse_yaml};

    use super::*;

    fn path(text: &str) -> FieldPath {
        FieldPath::parse(text).unwrap()
    }

    #[test]
    fn edits_of_one_place_clash() {
        let set = |at: &str, value: i32| Edit::set(path(at), value);
        let cases = [
            (set("a.b", 1), set("a.b", 1), false),
            (set("a.b", 1), set("a.b", 2), true),
            (set("a.b", 1), set("a.bc", 2), false),
            (set("a", 1), set("a.b", 2), true),
            (Edit::remove(path("l[1]")), set("l[1].x", 2), true),
            (Edit::remove(path("l[1]")), set("l[10].x", 2), false),
            (Edit::append(path("l"), 1), Edit::append(path("l"), 2), false),
            (Edit::append(path("l"), 1), Edit::remove(path("l[0]")), false),
            (Edit::append(path("l"), 1), set("l", 1), true),
            (Edit::append(path("l"), 1), set("l[0].x", 1), false),
        ];
        for (a, b, want) in cases {
            assert_eq!((clash(&a, &b), clash(&b, &a)), (want, want), "{a:?} {b:?}");
        }
    }

    #[test]
    fn lists_that_end_empty_go_as_a_whole() {
        let text = "volumes: [{name: a}, {name: b}]\nenv: [{name: a}, {name: b}]\nrules: [1]\n";
        let parsed = parse_yaml(&Source::new("t", text), &Limits::default());
        let root = parsed.tree.documents().next().unwrap();
        let edits = ["volumes[1]", "volumes[0]", "env[0]", "rules[0]"].map(|at| Edit::remove(path(at)));
        let paths = |edits: Vec<Edit>| edits.iter().map(|edit| edit.path.to_string()).collect::<Vec<_>>();
        assert_eq!(paths(without_empty_lists(root, edits.to_vec())), ["env[0]", "rules[0]", "volumes"]);
        let mut more = edits.to_vec();
        more.push(Edit::append(path("volumes"), 1));
        assert_eq!(paths(without_empty_lists(root, more)).len(), 5);
    }

    #[test]
    fn list_elements_go_last_and_from_the_end() {
        let edits = [
            Edit::remove(path("l[1]")),
            Edit::remove(path("l[3].y[0]")),
            Edit::set(path("l[3].x"), 1),
            Edit::remove(path("a")),
            Edit::remove(path("l[2]")),
            Edit::remove(path("l[1]")),
        ];
        let order: Vec<_> = in_order(edits.iter()).iter().map(|edit| edit.path.to_string()).collect();
        assert_eq!(order, ["l[3].x", "a", "l[3].y[0]", "l[2]", "l[1]"]);
    }
}
