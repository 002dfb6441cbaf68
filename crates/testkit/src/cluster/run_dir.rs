//! The directory that a running cluster keeps its files in.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use super::{Error, node};

const PREFIX: &str = "rampart-cluster-";
/// A directory this young may belong to a process that has not locked it yet.
const SETTLED: Duration = Duration::from_secs(120);

/// A temporary directory, removed on drop, or a given one, kept.
#[derive(Debug)]
pub(crate) struct RunDir {
    path: PathBuf,
    /// Held as long as the directory is in use; the kernel releases it when the process dies.
    _lock: File,
    _temporary: Option<TempDir>,
}

impl RunDir {
    /// A new temporary directory; first removes those of processes that were killed.
    pub(crate) fn temporary() -> Result<Self, Error> {
        let parent = std::env::temp_dir();
        sweep(&parent);
        let temporary =
            tempfile::Builder::new().prefix(PREFIX).tempdir_in(&parent).map_err(Error::file(&parent))?;
        Self::open(temporary.path().to_path_buf(), Some(temporary))
    }

    /// A given directory, made if it is missing.
    pub(crate) fn kept(path: &Path) -> Result<Self, Error> {
        fs::create_dir_all(path).map_err(Error::file(path))?;
        Self::open(path.to_path_buf(), None)
    }

    fn open(path: PathBuf, temporary: Option<TempDir>) -> Result<Self, Error> {
        let lock_file = path.join("lock");
        let lock = File::create(&lock_file).map_err(Error::file(&lock_file))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, _lock: lock, _temporary: temporary }),
            Err(TryLockError::WouldBlock) => {
                Err(Error::file(&lock_file)(std::io::ErrorKind::ResourceBusy.into()))
            }
            Err(TryLockError::Error(error)) => Err(Error::file(&lock_file)(error)),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file and returns its path.
    pub(crate) fn write(&self, name: &str, content: &str) -> Result<PathBuf, Error> {
        let path = self.path.join(name);
        fs::write(&path, content).map_err(Error::file(&path))?;
        Ok(path)
    }
}

/// Removes directories whose owner is gone. Best effort: what cannot be removed harms nobody.
fn sweep(parent: &Path) {
    let (Ok(entries), Ok(mounts)) = (fs::read_dir(parent), fs::read_to_string("/proc/self/mounts")) else {
        return;
    };
    for entry in entries.flatten() {
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        let age = entry.metadata().and_then(|data| data.modified()).ok().and_then(|time| time.elapsed().ok());
        if age.is_none_or(|age| age < SETTLED) {
            continue;
        }
        // Removing a directory also empties what is mounted in it.
        if mounts.contains(&*entry.path().to_string_lossy()) {
            continue;
        }
        let orphaned = File::open(entry.path().join("lock")).is_ok_and(|lock| lock.try_lock().is_ok());
        if orphaned {
            node::remove_cgroups(&entry.path());
            drop(fs::remove_dir_all(entry.path()));
        }
    }
}
