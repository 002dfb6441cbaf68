use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use rampart_document::Span;

use crate::Place;

/// A longer line (minified JSON) is not shown.
const MAX_LINE: usize = 400;

/// The marked line with carets under the value, and its parent's key when that is the line above; empty when the line is
/// too long to help. A line above with a value of its own is left out: it says nothing about this finding and could hold
/// a secret.
pub(super) fn excerpt(place: &Place<'_>, color: bool, width: usize) -> String {
    let (source, span) = (place.source, place.span);
    let (start, end) = (source.position(span.start), source.position(span.end.max(span.start)));
    // A value of several lines is marked on its first.
    let last = if end.line > start.line { start.line } else { end.line };
    let above = start.line.checked_sub(1).filter(|&line| source.line(line).is_some_and(is_key_only));
    let first = above.unwrap_or(start.line);
    let (Some(from), Some(to)) = (source.line_span(first), source.line_span(last)) else {
        return String::new();
    };
    let window = Span { start: from.start, end: to.end };
    let text = source.slice(window);
    if text.lines().any(|line| line.len() > MAX_LINE) {
        return String::new();
    }
    let begin = (span.start - window.start) as usize;
    let finish = (span.end.min(to.end).max(span.start) - window.start) as usize;
    let mark = AnnotationKind::Primary.span(begin..finish.max(begin));
    let snippet = Snippet::source(text).line_start(first as usize).fold(false).annotation(mark);
    // The lines of a rendered text are not those of the file it came from.
    let snippet = if place.rendered { snippet } else { snippet.path(place.file) };
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.decor_style(DecorStyle::Unicode).term_width(width.max(60));
    let lines = renderer.render(&[Group::with_level(Level::ERROR).element(snippet)]);
    match lines.split_once('\n') {
        // The head without a path.
        Some((_, body)) if place.rendered => body.to_owned(),
        _ => lines,
    }
}

/// `securityContext:` or `- name:` without a value.
fn is_key_only(line: &str) -> bool {
    line.trim_end().ends_with(':') && !line.trim_start().starts_with('#')
}
