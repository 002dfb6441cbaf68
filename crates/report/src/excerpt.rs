//! The lines of the source that show a finding.

use std::ops::Range;

use crate::Place;

/// A longer line (minified JSON) is not shown.
const MAX_LINE: usize = 400;

/// One or two lines of a source, and what is marked in them.
pub(crate) struct Window<'a> {
    /// Number of the first line, from 1.
    pub(crate) first: u32,
    /// The lines, with their breaks.
    pub(crate) text: &'a str,
    /// Bytes of [`Self::text`], all in the last line.
    pub(crate) mark: Range<usize>,
}

/// The marked line, and its parent's key when that is the line above; `None` when the line is too long to help. A line
/// above with a value of its own is left out: it says nothing about this finding and could hold a secret.
pub(crate) fn window<'a>(place: &Place<'a>) -> Option<Window<'a>> {
    let (source, span) = (place.source, place.span);
    let (start, end) = (source.position(span.start), source.position(span.end.max(span.start)));
    // A value of several lines is marked on its first.
    let last = if end.line > start.line { start.line } else { end.line };
    let above = start.line.checked_sub(1).filter(|&line| source.line(line).is_some_and(is_key_only));
    let first = above.unwrap_or(start.line);
    let (from, to) = (source.line_span(first)?, source.line_span(last)?);
    let text = source.slice(rampart_document::Span { start: from.start, end: to.end });
    if text.lines().any(|line| line.len() > MAX_LINE) {
        return None;
    }
    let begin = (span.start - from.start) as usize;
    let finish = (span.end.min(to.end).max(span.start) - from.start) as usize;
    Some(Window { first, text, mark: begin..finish.max(begin) })
}

/// `securityContext:` or `- name:` without a value.
pub(crate) fn is_key_only(line: &str) -> bool {
    line.trim_end().ends_with(':') && !line.trim_start().starts_with('#')
}
