//! Changes of a stream of documents: edits of objects, objects that go, objects that come.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::apply::{Edited, apply_all, locate, read_all, refusal};
use super::layout::Page;
use super::render::{self, Layout};
use super::{Edit, model};
use crate::{FieldPath, Format, Node, Tree};

/// What is to change in one text.
#[derive(Debug, Default)]
pub struct StreamChanges<'a> {
    /// Edits by the root of their object.
    pub edits: Vec<(Node<'a>, &'a [Edit])>,
    /// Roots of objects that go away: with their document, or as elements of the list that holds them.
    pub deleted: Vec<Node<'a>>,
    /// Objects that are written behind the last document.
    pub appended: Vec<Value>,
}

/// Changes a whole text. The indexes of what is refused count the edits first, then the deleted, then the appended
/// objects. A text without any document left is empty or holds comments only.
pub fn apply_to_stream(tree: &Tree, changes: &StreamChanges<'_>) -> Edited {
    let mut edited = apply_all(tree, &changes.edits);
    let (edits, deleted) = (changes.edits.len(), changes.deleted.len());
    if deleted > 0 {
        let page = Page::new(tree);
        let places: Vec<_> = changes.deleted.iter().map(|node| locate(&page, node.id())).collect();
        delete(&mut edited, tree.format(), &places, edits);
    }
    for (index, value) in changes.appended.iter().enumerate() {
        match append(&edited.text, tree.format(), value) {
            Some(text) => edited.text = text,
            None => {
                let reason = "a document cannot be added to this file";
                edited.refused.push((edits + deleted + index, refusal(&[], reason)));
            }
        }
    }
    edited.refused.sort_by_key(|&(index, _)| index);
    edited
}

/// An object as a YAML document of its own, ending in a line break.
pub fn to_yaml(value: &Value) -> String {
    let layout = Layout { step: 2, dash: 0 };
    render::block(value, 0, layout).join("\n") + "\n"
}

/// Takes objects out of the text, each given by its document and the way there.
fn delete(edited: &mut Edited, format: Format, places: &[Option<(usize, FieldPath)>], first: usize) {
    let mut whole = BTreeSet::new();
    let mut parts: BTreeMap<usize, Vec<(usize, &FieldPath)>> = BTreeMap::new();
    let mut refused = Vec::new();
    for (index, place) in places.iter().enumerate() {
        match place {
            Some((document, path)) if path.is_root() => _ = whole.insert(*document),
            Some((document, path)) => parts.entry(*document).or_default().push((first + index, path)),
            None => refused.push((first + index, refusal(&[], "its object is not in this file"))),
        }
    }
    if !parts.is_empty() {
        let tree = read_all(&edited.text, format).tree;
        let roots: Vec<Node<'_>> = tree.documents().collect();
        let mut removals = Vec::new();
        for (document, mut paths) in parts {
            // From the end, so that the places before stay true.
            paths.sort_by_key(|(_, path)| std::cmp::Reverse(order(path)));
            let edits: Vec<Edit> = paths.iter().map(|(_, path)| Edit::remove((*path).clone())).collect();
            removals.push((document, paths, edits));
        }
        let changes: Vec<(Node<'_>, &[Edit])> =
            removals.iter().map(|(document, _, edits)| (roots[*document], edits.as_slice())).collect();
        let outcome = apply_all(&tree, &changes);
        for (index, error) in outcome.refused {
            refused.extend(removals[index].1.iter().map(|(own, _)| (*own, error.clone())));
        }
        edited.text = outcome.text;
    }
    if !whole.is_empty() {
        edited.text = without(&read_all(&edited.text, format).tree, &whole);
    }
    edited.refused.append(&mut refused);
}

/// List indexes on the way, for ordering removals.
fn order(path: &FieldPath) -> Vec<usize> {
    let index = |segment| match segment {
        crate::Segment::Index(index) => Some(index),
        crate::Segment::Key(_) => None,
    };
    path.segments().filter_map(index).collect()
}

/// The text without some of its documents.
fn without(tree: &Tree, gone: &BTreeSet<usize>) -> String {
    let text = tree.source().text();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (index, span) in tree.document_spans().enumerate() {
        if gone.contains(&index) {
            out.push_str(&text[at..span.range().start]);
            at = span.range().end;
            if tree.format() == Format::Json {
                // Values of a stream stand on lines of their own.
                at += text[at..].len() - text[at..].trim_start_matches([' ', '\t', '\r', '\n']).len();
            }
        }
    }
    out.push_str(&text[at..]);
    if !text.starts_with("---")
        && let Some(rest) = out.strip_prefix("---")
        && let Some((line, rest)) = rest.split_once('\n')
        && line.trim().is_empty()
    {
        out = rest.to_owned();
    }
    out
}

/// Writes one more document; `None` when the text does not take one.
fn append(text: &str, format: Format, value: &Value) -> Option<String> {
    if format == Format::Json {
        return None;
    }
    let before = read_all(text, format);
    let page = Page::new(&before.tree);
    let body = render::block(value, 0, page.layout).join(page.newline);
    let mut new = text.to_owned();
    if !new.is_empty() && !new.ends_with('\n') {
        new.push_str(page.newline);
    }
    let separated = new.trim_end().lines().next_back().is_none_or(|line| line == "---");
    if !separated {
        new.push_str("---");
        new.push_str(page.newline);
    }
    new.push_str(&body);
    new.push_str(page.newline);
    let after = read_all(&new, format);
    let (old, now) = (before.tree.documents(), after.tree.documents());
    let one_more = now.len() == old.len() + 1 && after.diagnostics.len() == before.diagnostics.len();
    let last = after.tree.documents().last()?;
    let kept = old.zip(now).all(|(old, now)| old.same_data(now));
    (kept && one_more && model::same(&last.to_json(), value)).then_some(new)
}
