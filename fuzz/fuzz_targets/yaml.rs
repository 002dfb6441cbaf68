#![no_main]
//! Any bytes: decoding and YAML never panic, keep their limits, and say valid JSON.

mod common;

use libfuzzer_sys::fuzz_target;
use rampart_document::{Limits, Source, decode, lossy, parse_yaml};

fuzz_target!(|bytes: &[u8]| {
    let text = match decode(bytes) {
        Ok(text) => text,
        Err(diagnostic) => {
            let text = lossy(bytes);
            assert!(diagnostic.span.range().end <= text.len(), "{diagnostic:?}");
            return;
        }
    };
    let source = Source::new("fuzz", text);
    let parsed = parse_yaml(&source, &Limits::default());
    common::check(&parsed, &source);
    common::round_trip(&parsed);
});
