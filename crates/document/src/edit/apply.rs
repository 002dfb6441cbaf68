//! Edits of whole objects on the text of their file: planned on a fresh tree, applied, and proved by reading the result.

use std::collections::BTreeMap;

use serde_json::Value;

use super::layout::Page;
use super::plan::{self, Patch};
use super::{Edit, EditError, model};
use crate::{
    FieldPath, Format, Kind, Limits, Node, Parsed, Segment, Source, Tree, document_ranges, parse_json,
    parse_yaml,
};

/// What [`apply_all`] made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// The whole new text of the source.
    pub text: String,
    /// The changes that were left out, by their index, and why. Such an object is not touched at all.
    pub refused: Vec<(usize, EditError)>,
}

/// Applies edits to the object at `root` and gives the new text of its whole source. Every byte that the edits do not
/// concern stays: comments, order, quotes, indentation, line ends, anchors.
///
/// # Errors
/// An edit that has no meaning (see [`super::apply_to_value`]) or that cannot be written without touching something
/// else: through an alias, inside an anchor that aliases share, of a merged key. The result is read again and compared
/// with the edited data, so what is given back is right or not given at all.
pub fn apply(root: Node<'_>, edits: &[Edit]) -> Result<String, EditError> {
    let Edited { text, mut refused } = apply_all(root.tree(), &[(root, edits)]);
    match refused.pop() {
        Some((_, error)) => Err(error),
        None => Ok(text),
    }
}

/// Applies edits to several objects of one source at once; an object whose edits are refused is left as it is.
pub fn apply_all(tree: &Tree, changes: &[(Node<'_>, &[Edit])]) -> Edited {
    let mut refused = Vec::new();
    let mut documents: BTreeMap<usize, Vec<Job<'_>>> = BTreeMap::new();
    let page = Page::new(tree);
    for (index, (root, edits)) in changes.iter().enumerate() {
        match locate(&page, root.id()) {
            Some((document, path)) => documents.entry(document).or_default().push(Job { index, path, edits }),
            None => refused.push((index, refusal(edits, "its object is not in this file"))),
        }
    }
    let mut text = String::new();
    let mut at = 0;
    for (document, jobs) in documents {
        let (root, span) = tree.documents[document];
        let range = span.range();
        text.push_str(&tree.source.text()[at..range.start]);
        let old = &tree.source.text()[range.clone()];
        let value = Node::resolve(tree, root).to_json();
        let (new, mut problems) = edit_document(old, tree.format, &value, jobs);
        text.push_str(&new);
        refused.append(&mut problems);
        at = range.end;
    }
    text.push_str(&tree.source.text()[at..]);
    refused.sort_by_key(|&(index, _)| index);
    Edited { text, refused }
}

/// Which document of its source holds an object, and the way there.
pub(super) fn position(root: Node<'_>, edits: &[Edit]) -> Result<(usize, FieldPath), EditError> {
    let documents = &root.tree().documents;
    let whole = documents.binary_search_by_key(&root.id(), |&(id, _)| id);
    // Objects that are a whole document are found without a look at the rest of the file.
    let found = whole.map_or_else(
        |_| locate(&Page::new(root.tree()), root.id()),
        |document| Some((document, FieldPath::root())),
    );
    found.ok_or_else(|| refusal(edits, "its object is not in this file"))
}

/// The new text of one document in which one object is edited.
pub(super) fn edit_one(
    tree: &Tree,
    document: usize,
    path: FieldPath,
    edits: &[Edit],
) -> Result<String, EditError> {
    let (root, span) = tree.documents[document];
    let value = Node::resolve(tree, root).to_json();
    let jobs = vec![Job { index: 0, path, edits }];
    let (text, mut refused) = edit_document(tree.source.slice(span), tree.format, &value, jobs);
    refused.pop().map_or(Ok(text), |(_, error)| Err(error))
}

/// The edits of one object of a document.
#[derive(Clone)]
struct Job<'a> {
    index: usize,
    path: FieldPath,
    edits: &'a [Edit],
}

pub(super) fn refusal(edits: &[Edit], reason: &str) -> EditError {
    EditError {
        path: edits.first().map(|edit| edit.path.clone()).unwrap_or_default(),
        reason: reason.to_owned(),
    }
}

/// The document that holds a node, and the way there.
pub(super) fn locate(page: &Page<'_>, id: u32) -> Option<(usize, FieldPath)> {
    let tree = page.tree;
    let document = tree.documents.partition_point(|&(root, _)| root <= id).checked_sub(1)?;
    let mut at = tree.documents[document].0;
    let mut path = FieldPath::root();
    let holds = |child: u32| child <= id && id < tree.nodes[child as usize].next;
    while at != id {
        let pairs = page.pairs(at);
        if let Some(&(key, value)) = pairs.iter().find(|&&(_, value)| holds(value)) {
            path.push_key(Node::resolve(tree, key).scalar_text()?);
            at = value;
        } else {
            let items = if page.kind(at) == Kind::Seq { page.children(at) } else { Vec::new() };
            let index = items.iter().position(|&item| holds(item))?;
            path.push_index(index);
            at = items[index];
        }
    }
    Some((document, path))
}

/// True when the new text of a document is still cut off from its neighbours: it starts with its separator if it did, and
/// holds no other.
fn stays_apart(old: &str, new: &str) -> bool {
    old.starts_with("---") == new.starts_with("---")
        && document_ranges(old).len() == document_ranges(new).len()
}

/// How many edits of one object are made in one round.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pace {
    /// As many as do not touch each other: nearly always right, and the proof tells when it was not.
    Many,
    /// One, so that each is planned on what those before it made.
    One,
}

/// Edits one document; gives its new text and what was refused.
fn edit_document(
    text: &str,
    format: Format,
    value: &Value,
    mut jobs: Vec<Job<'_>>,
) -> (String, Vec<(usize, EditError)>) {
    let mut refused = Vec::new();
    if let Ok(new) = attempt(text, format, &jobs, Pace::Many)
        && stays_apart(text, &new)
        && reads_as(&new, format, value, &jobs)
    {
        return (new, refused);
    }
    loop {
        match attempt(text, format, &jobs, Pace::One) {
            Ok(new) if stays_apart(text, &new) && reads_as(&new, format, value, &jobs) => {
                return (new, refused);
            }
            Err(problems) if !problems.is_empty() => {
                jobs.retain(|job| problems.iter().all(|&(index, _)| index != job.index));
                refused.extend(problems);
            }
            _ => break,
        }
    }
    if let [job] = &jobs[..] {
        let reason = "the file cannot be changed here without changing something else";
        refused.push((job.index, refusal(job.edits, reason)));
        return (text.to_owned(), refused);
    }
    // One of several is at fault: each for itself.
    let (mut text, mut value) = (text.to_owned(), value.clone());
    for job in jobs {
        let (new, mut problems) = edit_document(&text, format, &value, vec![job]);
        refused.append(&mut problems);
        text = new;
        if let Some(tree) = read(&text, format) {
            value = tree.documents().next().map_or(Value::Null, Node::to_json);
        }
    }
    (text, refused)
}

fn read(text: &str, format: Format) -> Option<Tree> {
    let parsed = read_all(text, format);
    let bad = parsed.diagnostics.iter().any(|diagnostic| diagnostic.level == crate::Level::Error);
    (!bad && parsed.tree.documents.len() == 1).then_some(parsed.tree)
}

/// What a changed text reads as.
pub(super) fn read_all(text: &str, format: Format) -> Parsed {
    let source = Source::new("", text);
    match format {
        Format::Yaml => parse_yaml(&source, &Limits::default()),
        Format::Json => parse_json(&source, &Limits::default()),
    }
}

/// True when `text` holds what the jobs make of `value`.
fn reads_as(text: &str, format: Format, value: &Value, jobs: &[Job<'_>]) -> bool {
    let mut want = value.clone();
    for job in jobs {
        let mut at = Some(&mut want);
        for segment in job.path.segments() {
            at = at.and_then(|value| match segment {
                Segment::Key(key) => value.get_mut(key.as_ref()),
                Segment::Index(index) => value.get_mut(index),
            });
        }
        if at.is_none_or(|value| model::apply_to_value(value, job.edits).is_err()) {
            return false;
        }
    }
    let tree = read(text, format);
    tree.and_then(|tree| tree.documents().next().map(Node::to_json))
        .is_some_and(|got| model::same(&got, &want))
}

/// Makes the edits round by round: in each, those of every object that `pace` allows, as far as they do not touch each
/// other. Gives the
/// problems found, or none when the text stopped being readable.
fn attempt(
    text: &str,
    format: Format,
    jobs: &[Job<'_>],
    pace: Pace,
) -> Result<String, Vec<(usize, EditError)>> {
    let mut text = text.to_owned();
    let mut left: Vec<(&Job<'_>, &[Edit])> = jobs.iter().map(|job| (job, job.edits)).collect();
    loop {
        let Some(tree) = read(&text, format) else { return Err(Vec::new()) };
        let page = Page::new(&tree);
        let mut patches: Vec<Patch> = Vec::new();
        let mut problems = Vec::new();
        for (job, edits) in &mut left {
            if let Err(error) = next_patches(&page, tree.documents[0].0, job, edits, pace, &mut patches) {
                problems.push((job.index, error));
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        if patches.is_empty() {
            return Ok(text);
        }
        patches.sort_by_key(|patch| patch.start);
        text = patched(&text, &patches);
    }
}

/// Plans the job's next edits that change something; leaves those for later that touch another patch.
fn next_patches(
    page: &Page<'_>,
    root: u32,
    job: &Job<'_>,
    edits: &mut &[Edit],
    pace: Pace,
    patches: &mut Vec<Patch>,
) -> Result<(), EditError> {
    while let Some((edit, rest)) = edits.split_first() {
        let fail = |reason: String| EditError { path: edit.path.clone(), reason };
        let place = plan::locate(page, root, &job.path).map_err(fail)?;
        let Some(patch) = plan::plan(page, place, edit).map_err(fail)? else {
            *edits = rest;
            continue;
        };
        if patches.iter().any(|other| patch.start <= other.end && other.start <= patch.end) {
            return Ok(());
        }
        patches.push(patch);
        *edits = rest;
        if pace == Pace::One {
            return Ok(());
        }
    }
    Ok(())
}

fn patched(text: &str, patches: &[Patch]) -> String {
    let mut out =
        String::with_capacity(text.len() + patches.iter().map(|patch| patch.text.len()).sum::<usize>());
    let mut at = 0;
    for patch in patches {
        out.push_str(&text[at..patch.start]);
        out.push_str(&patch.text);
        at = patch.end;
    }
    out.push_str(&text[at..]);
    out
}
