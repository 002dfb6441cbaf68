//! Values as text that reads back as the same value.

use serde_json::Value;

use crate::{Kind, Style, scalar};

/// How new text is laid out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    /// Spaces from a key to the keys of a mapping below it.
    pub(super) step: usize,
    /// Spaces from a key to the dashes of a list below it.
    pub(super) dash: usize,
}

/// True for what is written on one line in block style.
pub(super) fn is_inline(value: &Value) -> bool {
    match value {
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => true,
    }
}

/// `key: value` as lines, the first without indentation, the rest indented for a key at `indent`.
pub(super) fn entry(key: &str, value: &Value, indent: usize, layout: Layout) -> Vec<String> {
    let name = text(key, false, None);
    if is_inline(value) {
        return vec![format!("{name}: {}", inline(value, false, None))];
    }
    let mut lines = vec![format!("{name}:")];
    lines.extend(below(value, indent, layout));
    lines
}

/// The lines of a container below a key at `indent`.
pub(super) fn below(value: &Value, indent: usize, layout: Layout) -> Vec<String> {
    let own = indent + if value.is_array() { layout.dash } else { layout.step };
    let mut lines = block(value, own, layout);
    if let Some(first) = lines.first_mut() {
        first.insert_str(0, &" ".repeat(own));
    }
    lines
}

/// A value as block lines: the first without indentation, the rest for a container that starts at `indent`.
pub(super) fn block(value: &Value, indent: usize, layout: Layout) -> Vec<String> {
    let parts: Vec<Vec<String>> = match value {
        _ if is_inline(value) => return vec![inline(value, false, None)],
        Value::Object(map) => map.iter().map(|(key, value)| entry(key, value, indent, layout)).collect(),
        Value::Array(list) => list.iter().map(|item| self::item(item, indent, layout)).collect(),
        _ => Vec::new(),
    };
    let mut lines = Vec::new();
    for (index, mut part) in parts.into_iter().enumerate() {
        if index > 0
            && let Some(first) = part.first_mut()
        {
            first.insert_str(0, &" ".repeat(indent));
        }
        lines.append(&mut part);
    }
    lines
}

/// `- value` as lines, the first without indentation, for a dash at `indent`.
pub(super) fn item(value: &Value, indent: usize, layout: Layout) -> Vec<String> {
    let mut lines = block(value, indent + 2, layout);
    if let Some(first) = lines.first_mut() {
        first.insert_str(0, "- ");
    }
    lines
}

/// A value on one line: scalars in YAML style, containers in flow style.
pub(super) fn inline(value: &Value, flow: bool, like: Option<Style>) -> String {
    match value {
        Value::String(string) => text(string, flow, like),
        Value::Array(list) => {
            let items: Vec<_> = list.iter().map(|item| inline(item, true, None)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(map) => {
            let entries: Vec<_> = map.iter().map(|(key, value)| flow_entry(key, value)).collect();
            format!("{{{}}}", entries.join(", "))
        }
        other => other.to_string(),
    }
}

/// `key: value` inside a flow mapping.
pub(super) fn flow_entry(key: &str, value: &Value) -> String {
    format!("{}: {}", text(key, true, None), inline(value, true, None))
}

/// A string, in the quotes of the one it replaces where they can hold it, plain where nothing reads it otherwise.
fn text(string: &str, flow: bool, like: Option<Style>) -> String {
    let printable = !string
        .chars()
        .any(|c| c.is_control() || matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}'));
    match like {
        Some(Style::SingleQuoted) if printable => format!("'{}'", string.replace('\'', "''")),
        Some(Style::DoubleQuoted) => quoted(string),
        _ if printable && is_plain(string, flow) => string.to_owned(),
        _ => quoted(string),
    }
}

/// A string in double quotes; JSON's escapes are YAML's too.
pub(super) fn quoted(string: &str) -> String {
    let mut out = String::with_capacity(string.len() + 2);
    for c in Value::from(string).to_string().chars() {
        match c {
            '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out
}

/// True when the plain form is text for readers of YAML 1.1 and 1.2 alike, in any place.
fn is_plain(string: &str, flow: bool) -> bool {
    let mut chars = string.chars();
    let (Some(first), last) = (chars.next(), string.chars().next_back()) else { return false };
    let starts = first.is_alphanumeric() || matches!(first, '/' | '_' | '.');
    let holds =
        |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':' | '@' | '+' | '=' | ' ');
    let numeric = string.bytes().any(|byte| byte.is_ascii_digit())
        && string.bytes().all(|byte| byte.is_ascii_digit() || b"-+:._eETtZz ".contains(&byte));
    let ends = !matches!(last, Some(' ' | ':'));
    let several = string.contains(": ") || string.starts_with("...") || flow && string.contains(':');
    starts
        && ends
        && !several
        && !numeric
        && string.chars().all(holds)
        && scalar::plain_kind(string) == Kind::Str
}

/// A value as JSON: on one line, or `pretty` with this unit of indentation, the lines after the first indented by
/// `indent` more.
pub(super) fn json(
    value: &Value,
    pretty: Option<&str>,
    compact: bool,
    indent: &str,
    newline: &str,
) -> String {
    let (open, close, parts): (_, _, Vec<String>) = match value {
        Value::Object(map) if !map.is_empty() => {
            let colon = if compact { ":" } else { ": " };
            let inner = format!("{indent}{}", pretty.unwrap_or_default());
            let entry = |(key, value): (&String, &Value)| {
                format!(
                    "{}{colon}{}",
                    Value::from(key.as_str()),
                    json(value, pretty, compact, &inner, newline)
                )
            };
            ('{', '}', map.iter().map(entry).collect())
        }
        Value::Array(list) if !list.is_empty() => {
            let inner = format!("{indent}{}", pretty.unwrap_or_default());
            ('[', ']', list.iter().map(|item| json(item, pretty, compact, &inner, newline)).collect())
        }
        other => return other.to_string(),
    };
    match pretty {
        Some(unit) => {
            let separator = format!(",{newline}{indent}{unit}");
            format!("{open}{newline}{indent}{unit}{}{newline}{indent}{close}", parts.join(&separator))
        }
        None => format!("{open}{}{close}", parts.join(if compact { "," } else { ", " })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_quoted_only_where_needed() {
        for (string, want) in [
            ("nginx:1.27", "nginx:1.27"),
            ("yes", "\"yes\""),
            ("0777", "\"0777\""),
            ("12:30", "\"12:30\""),
            ("2001-01-01", "\"2001-01-01\""),
            ("", "\"\""),
            ("a: b", "\"a: b\""),
            ("*", "\"*\""),
            ("a\nb", "\"a\\nb\""),
            ("RuntimeDefault", "RuntimeDefault"),
            ("/tmp", "/tmp"),
            ("- x", "\"- x\""),
            ("...", "\"...\""),
            ("a #b", "\"a #b\""),
        ] {
            assert_eq!(inline(&string.into(), false, None), want);
        }
        assert_eq!(inline(&"it's".into(), false, Some(Style::SingleQuoted)), "'it''s'");
    }
}
