#![no_main]
//! The fast path for plain documents gives the very tree that the library gives, or leaves the document to it.

use libfuzzer_sys::fuzz_target;
use rampart_document::fuzzing::both_ways;

fuzz_target!(|text: &str| {
    if let Some((fast, library)) = both_ways(text) {
        assert_eq!(fast, library);
    }
});
