use rampart_document::{FieldPath, Source, Span};
use rampart_model::{Object, Origin};

use crate::locate;

/// Where a finding stands, as people and editors name it.
#[derive(Debug, Clone)]
pub struct Place<'a> {
    /// File to open: the manifest, or the template it was rendered from.
    pub file: &'a str,
    /// Line and column, from 1; `None` when a rendered line has no counterpart in its template.
    pub start: Option<(u32, u32)>,
    /// End of the value, exclusive column.
    pub end: Option<(u32, u32)>,
    /// The text that was checked (the rendered one for templates).
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
    let template = unit
        .templates
        .iter()
        .find(|template| template.span.start <= located.span.start && located.span.start < template.span.end);
    let (start, end) = (source.position(located.span.start), source.position(located.span.end));
    let mut place = Place {
        file: source.name(),
        start: Some((start.line, start.column)),
        end: Some((end.line, end.column)),
        source,
        span: located.span,
        exact: located.exact,
        rendered: matches!(unit.origin, Origin::Rendered { .. }),
    };
    if let Some(template) = template {
        place.file = template.source.name();
        let line = source.line(start.line).and_then(|line| template_line(line, &template.source));
        place.start = line;
        place.end = line;
    } else if place.rendered {
        // The rendered text has no file of its own whose lines a reader could open.
        (place.start, place.end) = (None, None);
    }
    place
}

/// The one line of a template that a rendered line came from: equal text, else the only line with the same key.
fn template_line(rendered: &str, template: &Source) -> Option<(u32, u32)> {
    let wanted = rendered.trim();
    let only = |test: &dyn Fn(&str) -> bool| {
        let mut hits = (1..=template.line_count())
            .filter(|&line| template.line(line).is_some_and(|text| test(text.trim())));
        hits.next().filter(|_| hits.next().is_none())
    };
    let key = wanted.split_once(':').map(|(key, _)| format!("{key}:"));
    let line = only(&|text| text == wanted)
        .or_else(|| only(&|text| key.as_ref().is_some_and(|key| text.starts_with(key))))?;
    let text = template.line(line)?;
    Some((line, (text.len() - text.trim_start().len()) as u32 + 1))
}
