//! Clusters that outlive the process that started them: found and stopped through their directory.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::Error;
use super::binary::target_directory;
use super::node;
use super::process::signal;

/// One process id a line.
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
    // No orderly stop: the data goes too.
    ids.iter().for_each(|&id| signal(id, Signal::KILL));
    let limit = Instant::now() + STOP_LIMIT;
    while !running_in(directory).is_empty() && Instant::now() < limit {
        std::thread::sleep(Duration::from_millis(20));
    }
    if !running_in(directory).is_empty() {
        return Err(Error::Form(format!("still running: {:?}", running_in(directory))));
    }
    node::remove_cgroups(directory);
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::file(directory)(error)),
        _ => Ok(ids.len()),
    }
}
