//! Edits inside `{…}` and `[…]`, in YAML and JSON.

use serde_json::Value;

use super::layout::Page;
use super::plan::{Patch, Place};
use super::render;
use crate::tree::{ANCHORED, TAGGED};
use crate::{Format, Kind};

/// How the flow containers of a document are written.
struct Habit<'a> {
    json: bool,
    /// The unit of indentation when entries stand on lines of their own.
    unit: Option<&'a str>,
    compact: bool,
}

fn habit<'a>(page: &Page<'a>, container: Option<u32>) -> Habit<'a> {
    let json = page.tree.format() == Format::Json;
    let first = |id: u32| page.children(id).first().copied();
    let own_line = |id: u32| first(id).filter(|&child| page.before(page.start(child)).trim().is_empty());
    // A container without entries follows the document.
    let model = container.filter(|&id| first(id).is_some()).or(json.then_some(0));
    let spread =
        model.filter(|_| !page.tree.nodes.is_empty()).and_then(|id| own_line(id).map(|child| (id, child)));
    let unit = spread.map(|(id, child)| {
        let outer = page.indentation(page.start(id));
        page.indentation(page.start(child)).strip_prefix(outer).unwrap_or("  ")
    });
    let compact = json && !page.text.contains("\": ") && page.text.contains("\":");
    Habit { json, unit, compact }
}

fn written(page: &Page<'_>, habit: &Habit<'_>, value: &Value, indent: &str) -> String {
    if habit.json {
        render::json(value, habit.unit, habit.compact, indent, page.newline)
    } else {
        render::inline(value, true, None)
    }
}

/// Puts another value in the place of a node.
pub(super) fn replace(page: &Page<'_>, node: u32, value: &Value) -> Patch {
    let (start, end) = (page.start(node), page.end(node));
    let habit = habit(page, None);
    if page.kind(node) == Kind::Null && start == end {
        let colon = page.text[..start].ends_with(':');
        let text = format!("{} {}", if colon { "" } else { ":" }, render::inline(value, true, None));
        return Patch { start, end, text };
    }
    let text = if habit.json {
        written(page, &habit, value, page.indentation(start))
    } else {
        render::inline(value, true, Some(page.style(node)))
    };
    Patch { start, end, text }
}

/// Adds an entry or element at the end of a container.
pub(super) fn add(
    page: &Page<'_>,
    container: u32,
    key: Option<&str>,
    value: &Value,
) -> Result<Patch, String> {
    let habit = habit(page, Some(container));
    let outer = page.indentation(page.start(container));
    let entry = |indent: &str| {
        let value_text = written(page, &habit, value, indent);
        match key {
            None => value_text,
            Some(key) if habit.json => {
                let colon = if habit.compact { ":" } else { ": " };
                format!("{}{colon}{value_text}", Value::from(key))
            }
            Some(key) => render::flow_entry(key, value),
        }
    };
    let children = page.children(container);
    let Some(&last) = children.last() else {
        let (start, end) = (page.start(container) + 1, page.end(container) - 1);
        if page.text[start..end].contains('#') {
            return Err("a comment stands in the empty brackets".to_owned());
        }
        let text = match habit.unit {
            Some(unit) => {
                let inner = format!("{outer}{unit}");
                format!("{0}{inner}{1}{0}{outer}", page.newline, entry(&inner))
            }
            None => entry(outer),
        };
        return Ok(Patch { start, end, text });
    };
    let mut at = page.end(last);
    let after = page.skip_blank(at);
    let trailing_comma = page.text[after..].starts_with(',');
    if trailing_comma {
        at = after + 1;
    }
    let comma = if trailing_comma { "" } else { "," };
    if habit.unit.is_some() {
        let first_of_last = if key.is_some() { children[children.len() - 2] } else { last };
        let indent = page.indentation(page.start(first_of_last));
        let rest = page.rest(at);
        let (tail, end) =
            if rest.trim_start().starts_with('#') { (rest, page.line_end(at)) } else { ("", at) };
        let text = format!("{comma}{tail}{}{indent}{}", page.newline, entry(indent));
        return Ok(Patch { start: at, end, text });
    }
    let gap = if habit.compact { "" } else { " " };
    Ok(Patch { start: at, end: at, text: format!("{comma}{gap}{}", entry(outer)) })
}

/// Takes an entry or element out, with one comma.
pub(super) fn remove(page: &Page<'_>, place: Place) -> Result<Patch, String> {
    let Some(parent) = place.parent else { return Err("it is the whole document".to_owned()) };
    let children = page.children(parent);
    let width = if place.key.is_some() { 2 } else { 1 };
    let (first, last) = (place.key.unwrap_or(place.node), place.node);
    let (before, after) = (place.index * width, (place.index + 1) * width);
    let previous = before.checked_sub(1).map(|at| children[at]);
    let next = children.get(after).copied();
    let marked = |id: u32| page.flag(id, ANCHORED | TAGGED);
    if marked(first) || next.is_some_and(marked) || page.before(page.start(first)).trim_end().ends_with('?') {
        return Err("an anchor, tag or `?` stands beside it".to_owned());
    }
    let cut = |start: usize, end: usize| Patch { start, end, text: String::new() };
    let has_comment =
        |start: usize, end: usize| page.tree.format() == Format::Yaml && page.text[start..end].contains('#');
    Ok(match (previous, next) {
        (_, Some(next)) => {
            let (end, next) = (page.end(last), page.start(next));
            if has_comment(end, next) {
                let comma = page.skip_blank(end);
                cut(page.start(first), if page.text[comma..].starts_with(',') { comma + 1 } else { next })
            } else {
                cut(page.start(first), next)
            }
        }
        (Some(previous), None) if has_comment(page.end(previous), page.start(first)) => {
            cut(page.start(first), page.end(last))
        }
        (Some(previous), None) => cut(page.end(previous), page.end(last)),
        (None, None) if page.tree.format() == Format::Json => {
            cut(page.start(parent) + 1, page.end(parent) - 1)
        }
        (None, None) => cut(page.start(first), page.end(last)),
    })
}
