//! The shared corpora: public cases beside the repository. Not part of it; tests that need them skip without.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Once;

/// The directory `../shared` beside the workspace, or `RAMPART_SHARED`; `None`, said once on standard error, when it is
/// not there.
#[must_use]
pub fn shared() -> Option<PathBuf> {
    static SAID: Once = Once::new();
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let path = std::env::var_os("RAMPART_SHARED").map_or_else(beside, PathBuf::from);
    if path.join("corpora").is_dir() {
        return Some(path);
    }
    // Past the capture of the test harness, so that a skip is visible.
    SAID.call_once(|| {
        let line = "skipped: tests over public corpora need the folder ../shared (or RAMPART_SHARED)";
        drop(writeln!(std::io::stderr(), "{line}"));
    });
    None
}
