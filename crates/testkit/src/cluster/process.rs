//! One program of the cluster as a child process.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::Error;

/// Lines of a log that an error shows.
const SHOWN_LINES: usize = 12;
/// Time to end in good order before it is killed.
const ORDERLY_STOP: Duration = Duration::from_secs(10);

/// How the programs of one cluster are started.
#[derive(Debug)]
pub(crate) struct Launcher {
    /// The Go program.
    pub(crate) binary: PathBuf,
    /// Working directory, logs included.
    pub(crate) directory: PathBuf,
    /// Programs can go on after this process, once they are released.
    pub(crate) outlive: bool,
    /// A process in the network namespace to start them in.
    pub(crate) space: Option<u32>,
}

impl Launcher {
    fn command(&self) -> Command {
        let Some(id) = self.space else { return Command::new(&self.binary) };
        // Replaces itself by the program, so the process id is the program's.
        let mut command = Command::new("nsenter");
        command.arg(format!("--net=/proc/{id}/ns/net")).arg("--").arg(&self.binary);
        command
    }

    /// Starts `BINARY NAME ARGUMENTS`.
    pub(crate) fn start(&self, name: &'static str, arguments: &[String]) -> Result<Program, Error> {
        let mut command = self.command();
        command.arg(name).args(arguments);
        Program::spawn(self, name, command, None)
    }

    /// Joins a listener of ours to an address in the network namespace.
    pub(crate) fn relay(&self, listener: TcpListener, port: u16) -> Result<Program, Error> {
        let mut command = self.command();
        command.arg("relay").arg(format!("127.0.0.1:{port}"));
        Program::spawn(self, "relay", command, Some(listener.into()))
    }

    /// Starts a script as the first process of namespaces of its own for processes, mounts and network: when it ends, so does
    /// everything that it started, and no mount or interface is left.
    pub(crate) fn isolated(&self, name: &'static str, script: &Path) -> Result<Program, Error> {
        let mut command = Command::new("unshare");
        command
            .args(["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"])
            .arg(&self.binary);
        command.args(["init", "sh"]).arg(script);
        Program::spawn(self, name, command, None)
    }
}

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
    /// Starts a command, errors and, unless the command says otherwise, output to `NAME.log` in the launcher's directory.
    fn spawn(
        launcher: &Launcher,
        name: &'static str,
        mut command: Command,
        output: Option<OwnedFd>,
    ) -> Result<Self, Error> {
        let log = launcher.directory.join(format!("{name}.log"));
        let errors = File::options().create(true).append(true).open(&log).map_err(Error::file(&log))?;
        let output = match output {
            Some(output) => Stdio::from(output),
            None => Stdio::from(errors.try_clone().map_err(Error::file(&log))?),
        };
        command.current_dir(&launcher.directory).stdout(output).stderr(errors);
        // Less memory for more collection: tests hold little data.
        command.env("GOGC", "50");
        if launcher.outlive {
            command.stdin(Stdio::null()).env("RAMPART_CLUSTER_GUARD", "session");
        } else {
            command.stdin(Stdio::piped()).env("RAMPART_CLUSTER_GUARD", "stdin");
        }
        let mut child = command.spawn().map_err(Error::file(Path::new(command.get_program())))?;
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
        signal(self.child.id(), Signal::TERM);
        self.wait();
    }

    /// Waits for the end of a program that is about to end.
    pub(crate) fn wait(&mut self) {
        let limit = Instant::now() + ORDERLY_STOP;
        while Instant::now() < limit && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// From now on it lives without us.
    pub(crate) fn release(&mut self) {
        self.released = true;
    }

    pub(crate) fn is_released(&self) -> bool {
        self.released
    }

    /// Kills without waiting, unless it was released; [`Drop`] waits. For stopping several at once.
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

/// Sends a signal to a process that is ours and not collected yet.
pub(crate) fn signal(id: u32, signal: Signal) {
    if let Some(id) = i32::try_from(id).ok().and_then(Pid::from_raw) {
        // Fails only when the process has just ended.
        let _ = kill_process(id, signal);
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
