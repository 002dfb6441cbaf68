//! Writes data as YAML that people read: block style, long texts as literal blocks.

use serde_json::Value;

/// One document, without `---`, with a line break at its end.
pub(crate) fn document(value: &Value) -> String {
    let mut out = String::new();
    write(value, 0, &mut out);
    out
}

fn write(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                out.push_str(&" ".repeat(indent));
                entry(&scalar(key), value, indent, out);
            }
        }
        Value::Array(items) => {
            for item in items {
                out.push_str(&" ".repeat(indent));
                out.push('-');
                let mut inner = String::new();
                match item {
                    Value::Object(map) if !map.is_empty() => {
                        write(item, indent + 2, &mut inner);
                        // The first key stands beside the dash.
                        out.push(' ');
                        out.push_str(inner.trim_start_matches(' '));
                    }
                    _ => {
                        leaf(item, indent, &mut inner);
                        out.push_str(&inner);
                    }
                }
            }
        }
        other => leaf(other, indent, out),
    }
}

fn entry(key: &str, value: &Value, indent: usize, out: &mut String) {
    out.push_str(key);
    out.push(':');
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push('\n');
            write(value, indent + 2, out);
        }
        Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
            out.push('\n');
            write(value, indent, out);
        }
        _ => leaf(value, indent, out),
    }
}

/// A value after its key or dash, with the line's end.
fn leaf(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::String(text) if text.contains('\n') => {
            let keep = if text.ends_with('\n') { "" } else { "-" };
            out.push_str(&format!(" |{keep}\n"));
            for line in text.trim_end_matches('\n').lines() {
                if !line.is_empty() {
                    out.push_str(&" ".repeat(indent + 2));
                    out.push_str(line);
                }
                out.push('\n');
            }
        }
        Value::String(text) => out.push_str(&format!(" {}\n", scalar(text))),
        // Lists of plain values fit on a line.
        Value::Array(items) => {
            let texts = items.iter().map(|item| item.as_str().map_or_else(|| item.to_string(), scalar));
            out.push_str(&format!(" [{}]\n", texts.collect::<Vec<_>>().join(", ")));
        }
        other => out.push_str(&format!(" {other}\n")),
    }
}

/// Plain when no reader could take it for something else, else quoted as in JSON.
fn scalar(text: &str) -> String {
    let first = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'/');
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" -_./()".contains(&byte));
    let word = matches!(
        text.to_ascii_lowercase().as_str(),
        "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n"
    );
    if first && plain && !word && !text.ends_with(' ') {
        text.to_owned()
    } else {
        Value::from(text).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rampart_document::{Limits, Source, parse_yaml};
    use serde_json::json;

    #[test]
    fn reads_back() {
        let value = json!({"a": {"b c": [1, "x", "yes", "v1"], "text": "one\n  two\n\nthree", "empty": {}, "none": []},
            "list": [{"k": "v", "l": ["*"]}, {"m": {"n": "1.5", "o": true}}], "kept": "x\n", "q": "a: b"});
        let text = document(&value);
        let parsed = parse_yaml(&Source::new("t", text.as_str()), &Limits::default());
        assert!(parsed.diagnostics.is_empty(), "{text}\n{:?}", parsed.diagnostics);
        assert_eq!(parsed.tree.documents().next().map(|root| root.to_json()), Some(value), "{text}");
    }
}
