//! The examples of rule pages: fenced `yaml` blocks whose first word says what the rule makes of them.

use rampart_document::{Limits, Source, parse_yaml};
use serde_json::{Value, json};

/// A fenced `yaml` block of a page.
#[derive(Debug, Clone)]
pub struct Block {
    /// Line of its fence, from 1.
    pub line: usize,
    /// The first word after `yaml`: `fail`, `pass`, `unknown` or `fixed`.
    pub kind: String,
    /// The words after it.
    pub attributes: Vec<String>,
    /// Its lines.
    pub text: String,
}

/// The blocks of a page, in order.
///
/// # Panics
/// A block says none of the four words.
#[must_use]
pub fn blocks(page: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut inside = false;
    for (index, line) in page.lines().enumerate() {
        if inside && line.starts_with("```") {
            inside = false;
        } else if let (true, Some(block)) = (inside, blocks.last_mut()) {
            block.text.push_str(line);
            block.text.push('\n');
        } else if let Some(info) = line.strip_prefix("```yaml") {
            let mut words = info.split_whitespace().map(str::to_owned);
            let kind = words.next().unwrap_or_default();
            assert!(
                ["fail", "pass", "unknown", "fixed"].contains(&kind.as_str()),
                "line {}: a yaml block says fail, pass, unknown or fixed, not `{kind}`",
                index + 1
            );
            blocks.push(Block { line: index + 1, kind, attributes: words.collect(), text: String::new() });
            inside = true;
        }
    }
    blocks
}

/// The documents of a block as data, each laid over a minimal Pod when it has no kind.
///
/// # Panics
/// The text is not YAML.
#[must_use]
pub fn documents(text: &str) -> Vec<Value> {
    let parsed = parse_yaml(&Source::new("example", text), &Limits::default());
    assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
    parsed.tree.documents().map(|root| overlay(root.to_json())).collect()
}

fn overlay(mut value: Value) -> Value {
    if value.get("kind").is_some() {
        return value;
    }
    let minimal = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "example", "namespace": "shop"},
        "spec": {"containers": [{}]}});
    fill(&mut value, &minimal);
    for list in ["containers", "initContainers", "ephemeralContainers"] {
        let items = value["spec"].get_mut(list).and_then(Value::as_array_mut);
        for (index, container) in items.into_iter().flatten().enumerate() {
            let name = format!("c{index}");
            fill(container, &json!({"name": name, "image": "registry.example.com/app:1.0"}));
        }
    }
    value
}

fn fill(value: &mut Value, defaults: &Value) {
    let (Some(map), Some(defaults)) = (value.as_object_mut(), defaults.as_object()) else { return };
    for (key, default) in defaults {
        match map.get_mut(key) {
            Some(own) => fill(own, default),
            None => {
                map.insert(key.clone(), default.clone());
            }
        }
    }
}
