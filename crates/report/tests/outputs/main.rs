//! Every output on the same reports: valid by the official schema, complete, and safe with hostile names.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod documents;
mod github;
mod html;
mod junit;
mod policy_report;
mod sarif;
mod secrets;
mod tables;
mod world;

use std::path::{Path, PathBuf};

use serde_json::Value;

fn schema_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemas").join(name)
}

/// A schema as a validator; every offence of a value is listed.
fn validate(schema: &Value, value: &Value) {
    let validator = jsonschema::validator_for(schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}

fn schema(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(schema_file(name)).unwrap()).unwrap()
}
