//! Other programs, with a bound on their time and output.

use std::io::{self, Read};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Most bytes of output that are taken.
const MAX_OUTPUT: u64 = 2 << 30;
/// Most bytes of error messages that are kept.
const MAX_ERRORS: u64 = 1 << 20;

/// How a program ended.
pub(crate) enum Ended {
    /// By itself.
    Exited { success: bool, stdout: Vec<u8>, stderr: Vec<u8> },
    /// It was stopped after the time given.
    TimedOut,
}

/// Runs a program without standard input for at most `limit`.
///
/// # Errors
/// It cannot be started or waited for.
pub(crate) fn run(program: &str, arguments: &[String], limit: Duration) -> io::Result<Ended> {
    let mut child = Command::new(program)
        .args(arguments)
        // A program that fetches something must not ask a person who does not see the question.
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let deadline = Instant::now() + limit;
    let (stdout, stderr) =
        (collect(child.stdout.take(), MAX_OUTPUT), collect(child.stderr.take(), MAX_ERRORS));
    let wait = |receiver: &mpsc::Receiver<Vec<u8>>| {
        receiver.recv_timeout(deadline.saturating_duration_since(Instant::now()))
    };
    let (Ok(stdout), Ok(stderr)) = (wait(&stdout), wait(&stderr)) else {
        child.kill()?;
        child.wait()?;
        return Ok(Ended::TimedOut);
    };
    let status = child.wait()?;
    Ok(Ended::Exited { success: status.success(), stdout, stderr })
}

/// Reads a stream to its end on a thread of its own. The thread outlives a timeout when a grandchild keeps the stream.
fn collect(stream: Option<impl Read + Send + 'static>, most: u64) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(stream) = stream {
            let mut stream = stream.take(most);
            // What came before a read error is all there is; the exit status tells the rest.
            let _ = stream.read_to_end(&mut bytes);
            let _ = io::copy(&mut stream.into_inner(), &mut io::sink());
        }
        // Nobody listens any more after a timeout.
        let _ = sender.send(bytes);
    });
    receiver
}
