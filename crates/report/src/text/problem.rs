use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level as Mark, Renderer, Snippet};
use rampart_document::Level;
use rampart_model::{Place, Problem};

use crate::text::TextOptions;

/// A longer line is not shown; a shorter one is cut to the terminal around the mark.
const MAX_LINE: usize = 64 << 10;

/// A problem of the input as text: what, where with the source line, what to do.
pub fn problem(problem: &Problem, options: &TextOptions) -> String {
    let renderer = if options.color { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.decor_style(DecorStyle::Unicode).term_width(options.width.max(60));
    let level = if problem.level == Level::Error { Mark::ERROR } else { Mark::WARNING };
    match &problem.place {
        Place::Path(path) => {
            let mut group = level
                .primary_title(problem.message.as_str())
                .element(annotate_snippets::Origin::path(path.as_str()));
            if let Some(help) = &problem.help {
                group = group.element(Mark::HELP.message(help.as_str()));
            }
            renderer.render(&[group])
        }
        Place::Text { source, diagnostic } => {
            let start = source.position(diagnostic.span.start);
            // A broken Secret is told by its place alone: the line may hold a value.
            let secret = source.text().contains("kind: Secret") || source.text().contains("\"Secret\"");
            let shown = source.line_span(start.line).filter(|line| line.range().len() <= MAX_LINE && !secret);
            let title = level.primary_title(problem.message.as_str());
            let mut group = match shown {
                Some(line) => {
                    let begin = (diagnostic.span.start.min(line.end) - line.start) as usize;
                    let end = (diagnostic
                        .span
                        .end
                        .clamp(diagnostic.span.start, line.end.max(diagnostic.span.start))
                        - line.start) as usize;
                    let text = source.slice(line);
                    let mark = AnnotationKind::Primary.span(begin..end.clamp(begin, text.len().max(begin)));
                    title.element(
                        Snippet::source(text)
                            .line_start(start.line as usize)
                            .path(source.name())
                            .annotation(mark),
                    )
                }
                None => title.element(
                    annotate_snippets::Origin::path(source.name())
                        .line(start.line as usize)
                        .char_column(start.column as usize),
                ),
            };
            if let Some((span, note)) = &diagnostic.related {
                let at = source.position(span.start);
                group = group.element(Mark::NOTE.message(format!(
                    "{note}: {}:{}:{}",
                    source.name(),
                    at.line,
                    at.column
                )));
            }
            if let Some(help) = &problem.help {
                group = group.element(Mark::HELP.message(help.as_str()));
            }
            renderer.render(&[group])
        }
    }
}
