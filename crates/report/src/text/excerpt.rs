use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::Place;
use crate::excerpt::{Window, window};

/// The [window] on the source with carets under the value; empty when there is none.
pub(super) fn excerpt(place: &Place<'_>, color: bool, width: usize) -> String {
    let Some(Window { first, text, mark }) = window(place) else { return String::new() };
    let mark = AnnotationKind::Primary.span(mark);
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
