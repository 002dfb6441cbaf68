#![no_main]
//! Any bytes as a log: audit events and flows are read without a panic, and every line is used or counted.

use std::io::Write as _;

use libfuzzer_sys::fuzz_target;
use rampart_sources::records::{audit, flows};

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut file) = tempfile::NamedTempFile::new() else { return };
    if file.write_all(bytes).is_err() {
        return;
    }
    let paths = [file.path().display().to_string()];
    let mut events = 0;
    if let Ok(summary) = audit::read(&paths, |_| events += 1) {
        assert_eq!(summary.records, events);
    }
    let mut connections = 0;
    if let Ok(summary) = flows::read(&paths, |_| connections += 1) {
        assert_eq!(summary.records, connections);
    }
});
