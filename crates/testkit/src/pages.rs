//! The examples of rule pages: fenced YAML blocks that are tests.

#![expect(clippy::unwrap_used, reason = "a page that is written wrongly fails its test by panicking")]

use rampart_document::{Limits, Source, parse_yaml};
use rampart_model::{Coverage, Inventory, InventoryBuilder, Origin, Version};
use serde_json::{Value, json};

/// The clock of the examples: 2026-01-01T00:00:00Z.
pub const NOW: i64 = 1_767_225_600;

/// A fenced block of a page.
#[derive(Debug, Clone)]
pub struct Block {
    /// Line of its fence, from 1.
    pub line: usize,
    /// `fail`, `pass`, `unknown` or `fixed`.
    pub kind: String,
    /// The words after the kind.
    pub attributes: Vec<String>,
    /// What stands in it.
    pub text: String,
}

impl Block {
    /// True when it carries this attribute.
    pub fn has(&self, word: &str) -> bool {
        self.attributes.iter().any(|attribute| attribute == word)
    }

    /// The inventory of these documents, as the attributes `complete` and `live` want it.
    pub fn inventory(&self, documents: &[Value]) -> Inventory {
        let text: String = documents.iter().map(|document| format!("---\n{document}\n")).collect();
        self.inventory_of(&text)
    }

    /// The inventory of a text, as the attributes `complete` and `live` want it.
    pub fn inventory_of(&self, text: &str) -> Inventory {
        let parsed = parse_yaml(&Source::new("example", text), &Limits::default());
        let mut builder = InventoryBuilder::new();
        let live = Origin::Cluster { resource_version: "1".to_owned() };
        builder.unit(parsed.tree, if self.has("live") { live } else { Origin::File });
        if self.has("complete") || self.has("live") {
            builder.coverage(Coverage::complete());
        }
        builder.build().0
    }

    /// The Kubernetes versions to run it under: the newest, or both ends of what `k8s>=` and `k8s<` allow.
    pub fn versions(&self) -> Vec<Version> {
        let bound = |prefix: &str| {
            self.attributes
                .iter()
                .find_map(|attribute| attribute.strip_prefix(prefix))
                .map(|text| Version::parse(text).unwrap())
        };
        let newest = Version::NEWEST.minor();
        match (bound("k8s>="), bound("k8s<")) {
            (None, None) => vec![Version::NEWEST],
            (from, to) => {
                let from = from.map_or(1, Version::minor);
                let to = to.map_or(newest, |to| to.minor() - 1);
                vec![Version::new(from), Version::new(to)]
            }
        }
    }

    /// The settings that `setting:NAME=JSON` gives.
    pub fn settings(&self) -> Value {
        let mut map = serde_json::Map::new();
        for setting in self.attributes.iter().filter_map(|attribute| attribute.strip_prefix("setting:")) {
            let (name, value) = setting.split_once('=').unwrap();
            map.insert(name.to_owned(), serde_json::from_str(value).unwrap());
        }
        Value::Object(map)
    }
}

/// The YAML blocks of a page, in order.
pub fn blocks(doc: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut inside = false;
    for (index, line) in doc.lines().enumerate() {
        if inside && line.starts_with("```") {
            inside = false;
        } else if inside {
            let block = blocks.last_mut().unwrap();
            block.text.push_str(line);
            block.text.push('\n');
        } else if let Some(info) = line.strip_prefix("```yaml ") {
            let mut words = info.split_whitespace().map(str::to_owned);
            let kind = words.next().unwrap();
            assert!(
                ["fail", "pass", "unknown", "fixed"].contains(&kind.as_str()),
                "line {}: {kind}",
                index + 1
            );
            blocks.push(Block { line: index + 1, kind, attributes: words.collect(), text: String::new() });
            inside = true;
        } else {
            assert!(
                !line.starts_with("```yaml"),
                "line {}: a yaml block says fail, pass, unknown or fixed",
                index + 1
            );
        }
    }
    blocks
}

/// The documents of a block as data, each laid over a minimal Pod when it has no kind.
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
