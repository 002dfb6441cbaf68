//! The file as it is written. Its schema is `schemas/rules-v1.schema.json`.

use std::collections::BTreeMap;

use serde::Deserialize;

/// What `apiVersion` must say.
pub(super) const API_VERSION: &str = "rampart.dev/rules/v1";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct File {
    pub(super) api_version: String,
    pub(super) rules: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) severity: String,
    #[serde(default)]
    pub(super) group: Option<String>,
    #[serde(default, rename = "match")]
    pub(super) matching: Matching,
    pub(super) expression: String,
    #[serde(default)]
    pub(super) message: Option<String>,
    #[serde(default)]
    pub(super) message_expression: Option<String>,
    #[serde(default)]
    pub(super) path: Option<String>,
    #[serde(default)]
    pub(super) why: String,
    #[serde(default)]
    pub(super) todo: String,
    #[serde(default)]
    pub(super) frameworks: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub(super) tests: Vec<Example>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Matching {
    pub(super) pods: bool,
    pub(super) api_groups: Vec<String>,
    pub(super) kinds: Vec<String>,
    pub(super) namespaces: Vec<String>,
    pub(super) labels: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Example {
    pub(super) name: String,
    pub(super) verdict: String,
    pub(super) object: serde_json::Value,
}
