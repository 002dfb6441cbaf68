//! A test process that is killed while its cluster is up.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rampart_testkit::cluster::{ControlPlane, Options};

const LIMIT: Duration = Duration::from_secs(240);
const RECORD: &str = "VICTIM_RECORD";

pub(crate) fn is_running(id: u32) -> bool {
    // A process that nobody has collected yet runs no more.
    std::fs::read_link(format!("/proc/{id}/exe")).is_ok()
}

/// Runs the test `victim` of this binary in a process of its own, kills that, and waits until its programs are gone, `programs` in
/// number. Returns the directory that it used.
pub(crate) fn kill(programs: usize) -> String {
    let record = tempfile::NamedTempFile::new().unwrap();
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "victim"])
        .env(RECORD, record.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let limit = Instant::now() + LIMIT;
    let mut lines: Vec<String> = Vec::new();
    while lines.is_empty() {
        assert!(Instant::now() < limit, "the victim's cluster did not start");
        std::thread::sleep(Duration::from_millis(50));
        assert!(victim.try_wait().unwrap().is_none(), "the victim ended by itself");
        lines = std::fs::read_to_string(record.path()).unwrap().lines().map(str::to_owned).collect();
    }
    let directory = lines.remove(0);
    let ids: Vec<u32> = lines.iter().map(|id| id.parse().unwrap()).collect();
    assert_eq!(ids.iter().filter(|&&id| is_running(id)).count(), programs);
    victim.kill().unwrap();
    victim.wait().unwrap();
    while ids.iter().any(|&id| is_running(id)) {
        assert!(Instant::now() < limit, "still running: {ids:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
    directory
}

/// The body of the test `victim`.
pub(crate) fn wait_for_death(options: &Options) {
    let Ok(record) = std::env::var(RECORD) else { return };
    let cluster = ControlPlane::start(options).unwrap();
    let mut lines = vec![cluster.directory().display().to_string()];
    lines.extend(cluster.process_ids().iter().map(u32::to_string));
    // A rename, so that nobody reads half of it.
    let whole = Path::new(&record).with_extension("whole");
    std::fs::write(&whole, lines.join("\n")).unwrap();
    std::fs::rename(whole, record).unwrap();
    std::thread::sleep(LIMIT);
}
