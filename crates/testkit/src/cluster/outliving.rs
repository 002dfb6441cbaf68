//! Clusters that outlive the process that started them: found and stopped through their directory.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::Error;
use super::binary::target_directory;

/// One process id a line, in the order to stop them.
const RECORD: &str = "processes";
const STOP_LIMIT: Duration = Duration::from_secs(20);

pub(crate) fn record(directory: &Path, ids: &[u32]) -> Result<(), Error> {
    let lines: String = ids.iter().map(|id| format!("{id}\n")).collect();
    let path = directory.join(RECORD);
    fs::write(&path, lines).map_err(Error::file(&path))
}

/// Ids of the programs that run in a directory given as [`super::Options::outlive_in`]. A process that got the id of a program that
/// is gone is not one of them.
#[must_use]
pub fn running_in(directory: &Path) -> Vec<u32> {
    let programs = target_directory().join("cluster");
    let is_ours = |id: &u32| {
        fs::read_link(format!("/proc/{id}/exe")).is_ok_and(|program| program.starts_with(&programs))
    };
    let record = fs::read_to_string(directory.join(RECORD)).unwrap_or_default();
    record.lines().filter_map(|line| line.parse().ok()).filter(is_ours).collect()
}

/// Stops what runs in such a directory and removes it; returns how many programs ran.
///
/// # Errors
/// A program does not end, or the directory cannot be removed.
pub fn stop_in(directory: &Path) -> Result<usize, Error> {
    let ids = running_in(directory);
    for signal in [Signal::TERM, Signal::KILL] {
        for id in running_in(directory) {
            // Fails only when the program has just ended.
            let _ = i32::try_from(id).ok().and_then(Pid::from_raw).map(|id| kill_process(id, signal));
        }
        let limit = Instant::now() + STOP_LIMIT;
        while !running_in(directory).is_empty() && Instant::now() < limit {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    if !running_in(directory).is_empty() {
        return Err(Error::Form(format!("still running: {:?}", running_in(directory))));
    }
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::file(directory)(error)),
        _ => Ok(ids.len()),
    }
}
