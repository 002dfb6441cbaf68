//! The changes of a file that edits make, as small replacements of bytes: what editors and code review tools apply.

use similar::{DiffTag, TextDiff};

use super::apply::{edit_one, position};
use super::{Edit, EditError};
use crate::{Node, Span};

/// Bytes of the source, and what stands there instead. An empty span is an insertion before its start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// Bytes of the whole source.
    pub span: Span,
    /// The new text.
    pub text: String,
}

/// What [`super::apply`] changes in the source of the object at `root`: one replacement for each run of changed lines,
/// without the bytes at its ends that stay. Sorted, never overlapping. The cost grows with the object's document, not
/// with its file.
///
/// # Errors
/// As [`super::apply`].
pub fn replacements(root: Node<'_>, edits: &[Edit]) -> Result<Vec<Replacement>, EditError> {
    let (document, path) = position(root, edits)?;
    let span = root.tree().documents[document].1;
    let old = root.tree().source().slice(span);
    let new = edit_one(root.tree(), document, path, edits)?;
    let (old_lines, new_lines): (Vec<&str>, Vec<&str>) =
        (old.split_inclusive('\n').collect(), new.split_inclusive('\n').collect());
    let diff = TextDiff::from_slices(&old_lines, &new_lines);
    let (before, after) = (starts(&old_lines), starts(&new_lines));
    let changed = diff.ops().iter().filter(|op| op.tag() != DiffTag::Equal);
    let runs = changed.map(|op| {
        let (from, to) = (op.old_range(), op.new_range());
        let begin = before[from.start];
        trimmed(
            span.start as usize + begin,
            &old[begin..before[from.end]],
            &new[after[to.start]..after[to.end]],
        )
    });
    Ok(runs.collect())
}

/// Where each line starts, and the end.
fn starts(lines: &[&str]) -> Vec<usize> {
    let ends = lines.iter().scan(0, |at, line| {
        *at += line.len();
        Some(*at)
    });
    std::iter::once(0).chain(ends).collect()
}

/// `new` in place of `old`, which stands at `start`, without what both begin and end with.
fn trimmed(start: usize, old: &str, new: &str) -> Replacement {
    let head = common(old.chars().zip(new.chars()));
    let (old_rest, new_rest) = (&old[head..], &new[head..]);
    let tail = common(old_rest.chars().rev().zip(new_rest.chars().rev()));
    Replacement {
        span: Span::new(start + head, start + old.len() - tail),
        text: new_rest[..new_rest.len() - tail].to_owned(),
    }
}

/// Bytes that both have, up to the last end of a word: half a word helps nobody who reads the change.
fn common(pairs: impl Iterator<Item = (char, char)>) -> usize {
    let (mut whole, mut at) = (0, 0);
    for (a, b) in pairs {
        if a != b {
            return whole;
        }
        at += a.len_utf8();
        if !a.is_alphanumeric() {
            whole = at;
        }
    }
    // One of them ends here: what follows in the other may go on with the word.
    whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FieldPath, Limits, Source, apply, parse_yaml};

    #[test]
    fn replacements_make_what_apply_makes() {
        let text = "a: 1\n---\n# ç\nspec:\n  x: true # keep\n  list:\n  - b\nend: 1\n---\nz: 1\n";
        let parsed = parse_yaml(&Source::new("t", text), &Limits::default());
        let root = parsed.tree.documents().nth(1).unwrap();
        let path = |path: &str| FieldPath::parse(path).unwrap();
        for (edits, spans) in [
            (vec![Edit::set(path("spec.x"), false)], vec!["true"]),
            (vec![Edit::insert(path("spec.y"), 1)], vec![""]),
            (vec![Edit::remove(path("end"))], vec!["end: 1\n"]),
            (vec![Edit::set(path("spec.x"), false), Edit::set(path("end"), 2)], vec!["true", "1"]),
            (vec![], vec![]),
        ] {
            let all = replacements(root, &edits).unwrap();
            let old: Vec<&str> = all.iter().map(|one| &text[one.span.range()]).collect();
            let mut made = text.to_owned();
            all.iter().rev().for_each(|one| made.replace_range(one.span.range(), &one.text));
            assert_eq!(made, apply(root, &edits).unwrap(), "{edits:?}");
            assert_eq!(old, spans, "{edits:?}");
        }
        assert!(replacements(root, &[Edit::insert(path("end"), 1)]).is_err());
    }
}
