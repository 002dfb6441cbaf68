use rampart_document::{FieldPath, Source, Span};
use rampart_model::{Link, Object, Origin, Template};

use crate::locate;
use crate::template_line::template_line;
use crate::trace::trace;

/// Where a finding stands, as people and editors name it.
#[derive(Debug, Clone)]
pub struct Place<'a> {
    /// File to open: the manifest, or the template it was rendered from.
    pub file: &'a str,
    /// Line and column, from 1; `None` when a rendered line has no counterpart in its template.
    pub start: Option<(u32, u32)>,
    /// End of the value, exclusive column.
    pub end: Option<(u32, u32)>,
    /// The text to show: the file's, or the rendered one when the file does not say the same.
    pub source: &'a Source,
    /// The bytes in [`Self::source`].
    pub span: Span,
    /// False when the field is absent and its nearest parent is shown.
    pub exact: bool,
    /// True when [`Self::source`] is a renderer's output.
    pub rendered: bool,
}

impl Place<'_> {
    /// `file:line:column`, or what of it is known.
    pub fn text(&self) -> String {
        match self.start {
            Some((line, column)) => format!("{}:{line}:{column}", self.file),
            None => self.file.to_owned(),
        }
    }
}

/// Finds the place of a path of an object.
pub fn place<'a>(object: Object<'a>, path: &FieldPath) -> Place<'a> {
    let located = locate(object.node(), path);
    let source = object.source();
    let unit = object.unit();
    let (start, end) = ends(source, located.span);
    let mut place = Place {
        file: source.name(),
        start,
        end,
        source,
        span: located.span,
        exact: located.exact,
        rendered: matches!(unit.origin, Origin::Rendered { .. }),
    };
    if !place.rendered {
        return place;
    }
    // The rendered text has no file of its own whose lines a reader could open.
    (place.start, place.end) = (None, None);
    match unit.template(located.span.start) {
        Some(Template { source: template, link: Link::Lines, .. }) => {
            place.file = template.name();
            let line = start.and_then(|(line, _)| template_line(source, line, template));
            (place.start, place.end) = (line, line);
        }
        Some(Template { source: template, link: Link::Nodes(nodes), .. }) => {
            place.file = template.name();
            if let Some(traced) = trace(object.node(), path, nodes) {
                let source = traced.root.tree().source();
                place.file = source.name();
                (place.start, place.end) = ends(source, traced.span);
                if traced.same {
                    (place.source, place.span, place.exact) = (source, traced.span, traced.exact);
                    place.rendered = false;
                }
            }
        }
        None => {}
    }
    place
}

type Point = Option<(u32, u32)>;

fn ends(source: &Source, span: Span) -> (Point, Point) {
    let (start, end) = (source.position(span.start), source.position(span.end));
    (Some((start.line, start.column)), Some((end.line, end.column)))
}
