//! One program of the cluster as a child process.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::Error;

/// Lines of a log that an error shows.
const SHOWN_LINES: usize = 12;
/// Time to end in good order before it is killed.
const ORDERLY_STOP: Duration = Duration::from_secs(10);

/// A running program; killed on drop unless it was released.
#[derive(Debug)]
pub(crate) struct Program {
    name: &'static str,
    child: Child,
    /// The program ends when this closes, so it cannot outlive a test that is killed.
    _guard: Option<ChildStdin>,
    released: bool,
    log: PathBuf,
}

impl Program {
    /// Starts `binary NAME ARGUMENTS`, output to `NAME.log` in `directory`. `outlive`: it can go on after
    /// this process, once it is released.
    pub(crate) fn start(
        binary: &Path,
        name: &'static str,
        arguments: &[String],
        directory: &Path,
        outlive: bool,
    ) -> Result<Self, Error> {
        let log = directory.join(format!("{name}.log"));
        let output = File::options().create(true).append(true).open(&log).map_err(Error::file(&log))?;
        let errors = output.try_clone().map_err(Error::file(&log))?;
        let mut command = Command::new(binary);
        command.arg(name).args(arguments).current_dir(directory).stdout(output).stderr(errors);
        // Less memory for more collection: tests hold little data.
        command.env("GOGC", "50");
        if outlive {
            command.stdin(Stdio::null()).env("RAMPART_CLUSTER_GUARD", "session");
        } else {
            command.stdin(Stdio::piped()).env("RAMPART_CLUSTER_GUARD", "stdin");
        }
        let mut child = command.spawn().map_err(Error::file(binary))?;
        let guard = child.stdin.take();
        Ok(Self { name, child, _guard: guard, released: false, log })
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// An error when the program has ended.
    pub(crate) fn check_alive(&mut self) -> Result<(), Error> {
        match self.child.try_wait() {
            Ok(None) => Ok(()),
            Ok(Some(status)) => Err(self.failed(format!("ended early, {status}"))),
            Err(error) => Err(self.failed(error.to_string())),
        }
    }

    /// An error about this program with the end of its log.
    pub(crate) fn failed(&self, what: String) -> Error {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        let shown = &lines[lines.len().saturating_sub(SHOWN_LINES)..];
        Error::Program { program: self.name, what, log: shown.join("\n") }
    }

    /// Asks the program to end and waits; kills it when it takes too long.
    pub(crate) fn stop(mut self) {
        if let Some(id) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            // Fails only when the program has ended already.
            let _ = kill_process(id, Signal::TERM);
        }
        let limit = Instant::now() + ORDERLY_STOP;
        while Instant::now() < limit && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(10));
        }
        self.kill();
    }

    /// From now on it lives without us.
    pub(crate) fn release(&mut self) {
        self.released = true;
    }

    /// Kills without waiting; [`Drop`] waits. For stopping several at once.
    pub(crate) fn kill(&mut self) {
        if !self.released {
            drop(self.child.kill());
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
        if !self.released {
            drop(self.child.wait());
        }
    }
}

/// A loopback port that was free a moment ago, outside the range that the kernel gives to outgoing connections
/// (net.ipv4.ip_local_port_range starts at 32768), so that only another cluster could take it before our program does.
pub(crate) fn free_port() -> Result<u16, Error> {
    use std::hash::{BuildHasher as _, RandomState};
    let random = RandomState::new();
    for attempt in 0..1000_u16 {
        let spread = u16::try_from(random.hash_one(attempt) % 17_000).unwrap_or_default();
        let port = 15_000 + spread;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    Err(Error::Form("no free port between 15000 and 32000".to_owned()))
}
