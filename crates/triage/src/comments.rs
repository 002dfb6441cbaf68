//! `# rampart:ignore` comments.

use rampart_document::{Source, Span, Tree};
use rustc_hash::FxHashMap;

/// What starts such a comment.
pub(crate) const MARKER: &str = "rampart:ignore";

/// A comment that wants to ignore something.
#[derive(Debug, Clone)]
pub(crate) struct Comment {
    pub(crate) span: Span,
    /// What stands behind the marker.
    pub(crate) text: String,
    /// The line that it speaks of, from 1.
    pub(crate) line: u32,
    /// True when it stands on a line of its own: above the first line of an object it speaks of the whole object.
    pub(crate) above: bool,
}

/// The comments of one text, by the line that they speak of.
#[derive(Debug)]
pub(crate) struct Comments {
    pub(crate) source: Source,
    pub(crate) all: Vec<Comment>,
    by_line: FxHashMap<u32, Vec<usize>>,
}

impl Comments {
    /// The ignore comments of a text; `None` when it has none.
    pub(crate) fn of(tree: &Tree) -> Option<Self> {
        let source = tree.source();
        let mut all = Vec::new();
        let inside = tree.comments().map(|comment| (comment.span, comment.text, comment.own_line));
        let mut found: Vec<(Span, &str, bool)> = inside.chain(between(tree)).collect();
        found.sort_by_key(|(span, ..)| span.start);
        for (span, text, own_line) in found {
            let Some(rest) = text.strip_prefix(MARKER) else { continue };
            if rest.starts_with(|c: char| c.is_alphanumeric() || c == '-' || c == '_') {
                continue;
            }
            let own = source.position(span.start).line;
            let line = source.line(own).unwrap_or("");
            let above = own_line || line.starts_with("---");
            let line = if above { next_content(source, own) } else { own };
            let text = rest.trim_start_matches(':').trim().to_owned();
            all.push(Comment { span, text, line, above });
        }
        if all.is_empty() {
            return None;
        }
        let mut by_line: FxHashMap<u32, Vec<usize>> = FxHashMap::default();
        for (index, comment) in all.iter().enumerate() {
            by_line.entry(comment.line).or_default().push(index);
        }
        Some(Self { source: source.clone(), all, by_line })
    }

    /// The comments that speak of a line.
    pub(crate) fn on(&self, line: u32) -> impl Iterator<Item = usize> + '_ {
        self.by_line.get(&line).into_iter().flatten().copied()
    }

    /// The comments above a line.
    pub(crate) fn above(&self, line: u32) -> impl Iterator<Item = usize> + '_ {
        self.on(line).filter(|&index| self.all[index].above)
    }
}

/// Comment lines outside all documents: before the first `---`, where a document would be that has nothing else.
fn between(tree: &Tree) -> Vec<(Span, &str, bool)> {
    let text = tree.source().text();
    let mut found = Vec::new();
    let mut at = 0;
    let end = Span::new(text.len(), text.len());
    for document in tree.document_spans().chain([end]) {
        let gap = text.get(at..document.start as usize).unwrap_or("");
        for line in gap.split_inclusive('\n') {
            let trimmed = line.trim_start();
            if let Some(comment) = trimmed.strip_prefix('#') {
                let start = at + line.len() - trimmed.len();
                found.push((Span::new(start, start + trimmed.trim_end().len()), comment.trim(), true));
            }
            at += line.len();
        }
        at = document.end as usize;
    }
    found
}

/// The next line that is neither empty, a comment nor a document's start; the last one when there is none.
fn next_content(source: &Source, line: u32) -> u32 {
    let last = source.line_count();
    let is_content = |line: &u32| {
        let text = source.line(*line).unwrap_or("").trim();
        let start = text.strip_prefix("---").is_some_and(|rest| {
            rest.is_empty() || rest.trim_start().starts_with('#') && rest.starts_with(char::is_whitespace)
        });
        !text.is_empty() && !text.starts_with('#') && !text.starts_with('%') && !start
    };
    (line + 1..=last).find(is_content).unwrap_or(last)
}

#[cfg(test)]
mod tests {
    use rampart_document::{Limits, parse_yaml};

    use super::*;

    #[test]
    fn comments_speak_of_their_line_or_of_what_follows() {
        let text = "# rampart:ignore a -- head\n\n# more\n---\nkind: Pod # rampart:ignore b -- line\nspec:\n  # rampart:ignore c -- next\n  x: 'y # rampart:ignore no -- no'\n  # rampart:ignored no\n--- # rampart:ignore d -- head\nkind: Pod\n";
        let parsed = parse_yaml(&Source::new("t", text), &Limits::default());
        let comments = Comments::of(&parsed.tree).unwrap();
        let found: Vec<_> =
            comments.all.iter().map(|comment| (comment.text.as_str(), comment.line, comment.above)).collect();
        let want = [
            ("a -- head", 5, true),
            ("b -- line", 5, false),
            ("c -- next", 8, true),
            ("d -- head", 11, true),
        ];
        assert_eq!(found, want);
        assert_eq!(comments.on(5).count(), 2);
        assert_eq!(comments.above(5).count(), 1);
    }
}
