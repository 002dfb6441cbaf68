//! Edits of YAML in block style, line by line.

use serde_json::Value;

use super::layout::Page;
use super::plan::{Patch, Place};
use super::render;
use crate::tree::{ANCHORED, TAGGED};
use crate::{Kind, Style};

/// Puts another value in the place of a node whose container is in block style.
pub(super) fn replace(page: &Page<'_>, place: Place, value: &Value) -> Result<Patch, String> {
    let style = page.style(place.node);
    if render::is_inline(value) || style == Style::Flow && !page.children(place.node).is_empty() {
        return replace_inline(page, place, &render::inline(value, false, Some(style)));
    }
    replace_by_block(page, place, value)
}

/// The part of the text that a value takes, from behind its `:` or `-` and properties to the end of its last line;
/// and the comment that stands behind the `:` or `-`.
fn seat<'a>(page: &Page<'a>, place: Place) -> Result<(usize, usize, &'a str), String> {
    let Some(parent) = place.parent else { return Err("it is the whole document".to_owned()) };
    let from = match place.key {
        Some(key) => {
            let end = page.end(key);
            let colon = end + page.rest(end).len() - page.rest(end).trim_start().len();
            if !page.text[colon..].starts_with(':') || page.before(page.start(key)).trim_end().ends_with('?')
            {
                return Err("its key is written with `?`".to_owned());
            }
            colon + 1
        }
        None => dash(page, parent, place.index)? + 1,
    };
    let mut head = from;
    loop {
        let rest = page.rest(head);
        let trimmed = rest.trim_start();
        if !trimmed.starts_with(['&', '!']) {
            break;
        }
        let word = trimmed.find([' ', '\t']).unwrap_or(trimmed.len());
        head += rest.len() - trimmed.len() + word;
    }
    let end = page.content_end(place.node).max(head);
    let behind = match page.style(place.node) {
        Style::Block => head,
        Style::BlockScalar => {
            let start = page.start(place.node);
            start + page.rest(start).find([' ', '\t']).unwrap_or(page.rest(start).len())
        }
        _ => end,
    };
    let comment = page.rest(behind).trim();
    let comment = if comment.starts_with('#') { comment } else { "" };
    Ok((head, page.line_end(end), comment))
}

fn replace_inline(page: &Page<'_>, place: Place, text: &str) -> Result<Patch, String> {
    let (start, end) = (page.start(place.node), page.end(place.node));
    if matches!(
        page.style(place.node),
        Style::Plain | Style::SingleQuoted | Style::DoubleQuoted | Style::Flow
    ) {
        let gap = if start == end { " " } else { "" };
        return Ok(Patch { start, end, text: format!("{gap}{text}") });
    }
    if place.parent.is_none() {
        return Ok(Patch { start, end: page.line_end(page.content_end(place.node)), text: text.to_owned() });
    }
    let (start, end, comment) = seat(page, place)?;
    let gap = if comment.is_empty() { "" } else { " " };
    Ok(Patch { start, end, text: format!(" {text}{gap}{comment}") })
}

/// Puts a container in block style in the place of a node.
pub(super) fn replace_by_block(page: &Page<'_>, place: Place, value: &Value) -> Result<Patch, String> {
    let (start, end, comment) = seat(page, place)?;
    let gap = if comment.is_empty() { "" } else { " " };
    let newline = page.newline;
    let text = match place.key {
        Some(key) => {
            let lines = render::below(value, page.column(page.start(key)), page.layout);
            format!("{gap}{comment}{newline}{}", lines.join(newline))
        }
        None => {
            let indent = page.column(start - 1);
            if !page.text[..start].ends_with('-') {
                return Err("an anchor stands before it".to_owned());
            }
            let mut lines = render::block(value, indent + 2, page.layout);
            if let Some(first) = lines.first_mut() {
                first.push_str(&format!("{gap}{comment}"));
            }
            format!(" {}", lines.join(newline))
        }
    };
    Ok(Patch { start, end, text })
}

/// Where the dash of an element stands.
fn dash(page: &Page<'_>, list: u32, index: usize) -> Result<usize, String> {
    let items = page.children(list);
    let at = match index.checked_sub(1) {
        None => page.start(list),
        Some(previous) => page.skip_blank(page.end(items[previous])),
    };
    if page.text[at..].starts_with('-') {
        Ok(at)
    } else {
        Err("its place in the list is not clear".to_owned())
    }
}

/// Adds an entry or element at the end of a container in block style.
pub(super) fn add(
    page: &Page<'_>,
    container: u32,
    key: Option<&str>,
    value: &Value,
) -> Result<Patch, String> {
    let children = page.children(container);
    let (Some(&first), Some(&last)) = (children.first(), children.last()) else {
        return Err("the container is empty".to_owned());
    };
    let (indent, lines) = match key {
        Some(key) => {
            if page.flag(first, ANCHORED | TAGGED) || page.before(page.start(first)).trim_end().ends_with('?')
            {
                return Err("its first key carries an anchor, tag or `?`".to_owned());
            }
            let indent = page.column(page.start(first));
            (indent, render::entry(key, value, indent, page.layout))
        }
        None => {
            let indent = page.column(dash(page, container, 0)?);
            (indent, render::item(value, indent, page.layout))
        }
    };
    let newline = page.newline;
    let text = format!("{}{}", " ".repeat(indent), lines.join(newline));
    if page.keeps_blank_lines(last) {
        let at = page.line_start(page.end(last));
        if page.text[..at].ends_with('\n') {
            return Ok(Patch { start: at, end: at, text: format!("{text}{newline}") });
        }
    }
    let at = page.line_end(page.content_end(last).max(page.start(last)));
    Ok(Patch { start: at, end: at, text: format!("{newline}{text}") })
}

/// Takes an entry or element out, with its lines.
pub(super) fn remove(page: &Page<'_>, place: Place) -> Result<Patch, String> {
    let Some(parent) = place.parent else { return Err("it is the whole document".to_owned()) };
    let children = page.children(parent);
    let width = if place.key.is_some() { 2 } else { 1 };
    let start = match place.key {
        Some(key) if page.flag(key, ANCHORED | TAGGED) => {
            return Err("its key carries an anchor or tag".to_owned());
        }
        Some(key) => page.start(key),
        None => dash(page, parent, place.index)?,
    };
    let before = page.before(start);
    if before.trim_end().ends_with('?') {
        return Err("its key is written with `?`".to_owned());
    }
    let end = page.content_end(place.node).max(page.start(place.node));
    let keeps = page.keeps_blank_lines(place.node);
    if before.trim().is_empty() {
        return Ok(whole_lines(page, start, end, keeps.then(|| page.end(place.node))));
    }
    // The first entry shares its line with the dash of its list: the next one moves up.
    let next = match place.key {
        Some(_) => children.get((place.index + 1) * width).copied(),
        None => None,
    };
    let next_start = match next {
        Some(next) if page.flag(next, ANCHORED | TAGGED) => {
            return Err("the key after it carries an anchor or tag".to_owned());
        }
        Some(next) => page.start(next),
        None => dash(page, parent, place.index + 1)?,
    };
    if page.text[page.line_end(end).min(next_start)..next_start].contains('#') {
        let kept = page.line_start(start) + before.trim_end().len();
        return Ok(Patch { start: kept, end: page.line_end(end), text: String::new() });
    }
    Ok(Patch { start, end: next_start, text: String::new() })
}

fn whole_lines(page: &Page<'_>, start: usize, end: usize, kept_until: Option<usize>) -> Patch {
    let from = page.line_start(start);
    let to =
        kept_until.map_or_else(|| page.next_line(end), |end| page.line_start(end)).max(page.next_line(end));
    let cut = |start: usize, end: usize| Patch { start, end, text: String::new() };
    if to == page.text.len() && !page.text.ends_with('\n') {
        // The text had no line break at its end, and keeps having none.
        let before = page.text[..from].strip_suffix('\n').unwrap_or(&page.text[..from]);
        return cut(before.strip_suffix('\r').unwrap_or(before).len(), to);
    }
    cut(from, to)
}

/// Leaves `{}` or `[]` of a container in block style.
pub(super) fn clear(page: &Page<'_>, place: Place) -> Result<Patch, String> {
    replace_inline(page, place, if page.kind(place.node) == Kind::Map { "{}" } else { "[]" })
}
