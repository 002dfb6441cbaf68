//! Where the documents of a stream begin, as kubectl's reader sees it: every line that starts with `---`, whatever
//! stands around it.

use memchr::memmem;

use crate::{Diagnostic, Span};

/// The byte ranges of the documents of a stream; each starts at its `---` line (or at the text's start).
pub fn document_ranges(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut start = 0;
    for at in memmem::find_iter(text.as_bytes(), b"\n---") {
        spans.push(Span::new(start, at + 1));
        start = at + 1;
    }
    spans.push(Span::new(start, text.len()));
    spans
}

/// What kubectl has against the separator line that a document starts with: it takes nothing but a comment after
/// `---`.
pub(super) fn separator_problem(text: &str, base: u32) -> Option<Diagnostic> {
    let rest = text.strip_prefix("---")?;
    let line = rest.lines().next().unwrap_or_default();
    let content = line.trim();
    if content.is_empty() || content.starts_with('#') {
        return None;
    }
    let span = Span { start: base, end: base + 3 + line.trim_end().len() as u32 };
    let problem = "kubectl refuses a document separator with text after it";
    let help = "start the document on the line after `---`";
    Some(if line.starts_with([' ', '\t']) {
        Diagnostic::warning("separator-content", span, problem).help(help)
    } else {
        Diagnostic::error("separator-content", span, problem).help(help)
    })
}

/// True for what stands before a `---` when it is nothing but directives and comments.
pub(super) fn only_directives(text: &str) -> bool {
    let mut directive = false;
    for line in text.lines() {
        match line.as_bytes().first() {
            Some(b'%') => directive = true,
            _ if line.trim_start().is_empty() || line.trim_start().starts_with('#') => {}
            _ => return false,
        }
    }
    directive
}
