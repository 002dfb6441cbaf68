#![no_main]
//! Any text: our JSON reader takes what serde_json takes and reads the same data, duplicate keys and depth apart.

mod common;

use libfuzzer_sys::fuzz_target;
use rampart_document::{Limits, Source, parse_json, parse_json_lines};

fuzz_target!(|text: &str| {
    let source = Source::new("fuzz", text);
    let limits = Limits::default();
    let parsed = parse_json(&source, &limits);
    common::check(&parsed, &source);
    common::round_trip(&parsed);
    common::check(&parse_json_lines(&source, &limits), &source);
    let reference = serde_json::from_str::<serde_json::Value>(text);
    match (reference, parsed.diagnostics.first()) {
        (Ok(reference), None) => {
            let ours = parsed.tree.documents().next().map_or(serde_json::Value::Null, |root| root.to_json());
            // -0 is an integer here and a float there; the value is the same.
            assert!(common::same(&ours, &reference), "{ours} {reference}");
        }
        (Ok(_), Some(diagnostic)) => {
            assert!(matches!(diagnostic.code, "duplicate-key" | "too-deep"), "{diagnostic:?}");
        }
        // Several values after each other are read here, and refused there.
        (Err(error), None) => {
            let values = serde_json::Deserializer::from_str(text).into_iter::<serde_json::Value>();
            let several = values.collect::<Result<Vec<_>, _>>().is_ok_and(|values| values.len() != 1);
            assert!(several, "serde_json refuses it: {error}");
        }
        (Err(_), Some(_)) => {}
    }
});
