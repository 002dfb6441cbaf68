//! One run of a command from outside: wall time, CPU time and peak memory as the kernel accounts for it.

use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, bail};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;

/// What one run took: seconds, seconds, bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    pub(crate) wall: f64,
    pub(crate) cpu: f64,
    pub(crate) peak: f64,
}

/// The middle value.
pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Runs a command in a child of its own, because the kernel keeps the peak of all children together.
pub(crate) fn once(command: &[String]) -> anyhow::Result<Figures> {
    let own = std::env::current_exe()?;
    let output =
        Command::new(own).arg("measure").arg("--").args(command).stderr(Stdio::inherit()).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    match numbers[..] {
        [wall, cpu, peak] if output.status.success() => Ok(Figures { wall, cpu, peak }),
        _ => bail!("`{}` could not be measured", command.join(" ")),
    }
}

/// `xtask measure -- COMMAND`: runs it with its output thrown away and prints wall, CPU and peak.
pub(crate) fn child(command: &[String]) -> anyhow::Result<()> {
    let (program, arguments) = command.split_first().context("no command")?;
    let started = Instant::now();
    // The exit code is not looked at: scanners say with it what they found.
    Command::new(program)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .with_context(|| format!("cannot run {program}"))?;
    let wall = started.elapsed().as_secs_f64();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let cpu = (usage.user_time().num_microseconds() + usage.system_time().num_microseconds()) as f64 / 1e6;
    crate::say(&format!("{wall} {cpu} {}", usage.max_rss() * 1024));
    Ok(())
}
