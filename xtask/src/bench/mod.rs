//! `cargo xtask bench`: whole-process figures on generated clusters, peers beside us, and the parts with allocations.

mod data;
mod measure;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

pub(crate) use measure::child;

use crate::say;
use measure::{Figures, median};

/// Arguments of `cargo xtask bench`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Numbers of objects.
    #[arg(long, value_delimiter = ',', default_values_t = [100, 2_500, 10_000, 100_000])]
    sizes: Vec<u32>,
    /// Counted runs of each command; the median is printed.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Another tool on the same files: `kube-score=PATH`, `kube-linter=PATH`, `polaris=PATH`, `trivy=PATH`; any other
    /// name runs `PATH DIRECTORY`.
    #[arg(long, value_name = "NAME=PATH")]
    peer: Vec<String>,
    /// Largest size at which peers run.
    #[arg(long, default_value_t = 10_000)]
    peer_limit: u32,
    /// Leave out the parts (parse, index, rules, render).
    #[arg(long)]
    no_parts: bool,
}

/// Runs everything and prints one table.
pub(crate) fn run(root: &Path, arguments: &Arguments) -> anyhow::Result<()> {
    let binary = build(root)?;
    let work = root.join("target/bench");
    std::fs::create_dir_all(&work)?;
    say(&format!(
        "median of {} runs after one warm-up; text to a file; room: 4 times the input + 30 MB",
        arguments.runs
    ));
    say(&format!(
        "{:>9}  {:>9}  {:<16}  {:>9}  {:>9}  {:>9}  {:>8}  {:>7}",
        "objects", "input MB", "command", "wall ms", "cpu ms", "peak MB", "room MB", "ratio"
    ));
    let program = binary.display().to_string();
    row(0, 0.0, "version", figures(&[program.clone(), "version".to_owned()], arguments.runs)?, None);
    let single = root.join("examples/shop/front/web.yaml");
    let megabytes = std::fs::metadata(&single)?.len() as f64 / 1e6;
    row(1, megabytes, "one file", figures(&scan(&program, "default", &single, &work), arguments.runs)?, None);
    for &size in &arguments.sizes {
        let data = data::cluster(root, &work, size)?;
        let megabytes = data::bytes(&data)? as f64 / 1e6;
        row(
            size,
            megabytes,
            "default",
            figures(&scan(&program, "default", &data, &work), arguments.runs)?,
            None,
        );
        let base = figures(&scan(&program, "strict", &data, &work), arguments.runs)?;
        row(size, megabytes, "strict", base, None);
        for peer in arguments.peer.iter().filter(|_| size <= arguments.peer_limit) {
            let (name, path) = peer.split_once('=').context("--peer takes NAME=PATH")?;
            let theirs = figures(&peer_command(name, path, &data)?, arguments.runs.min(3))?;
            row(size, megabytes, name, theirs, Some(theirs.wall / base.wall));
        }
    }
    outputs(root, &work, &program, arguments.runs)?;
    let size = std::fs::metadata(&binary)?.len() as f64 / 1e6;
    say(&format!(
        "the binary has {size:.1} MB; ratio is the wall time against ours under the strict profile"
    ));
    if !arguments.no_parts {
        parts(root)?;
    }
    Ok(())
}

/// Our scan of `input` with its text report in a file.
fn scan(program: &str, profile: &str, input: &Path, work: &Path) -> Vec<String> {
    let report = format!("text={}", work.join("report.txt").display());
    let input = input.display().to_string();
    [program, "scan", "--profile", profile, &input, "-o", &report].map(str::to_owned).into()
}

/// Objects with about 50,000 strict findings.
const OUTPUTS_AT: u32 = 13_000;

/// The outputs that pipelines ask for, one at a time.
fn outputs(root: &Path, work: &Path, program: &str, runs: usize) -> anyhow::Result<()> {
    let data = data::cluster(root, work, OUTPUTS_AT)?;
    let megabytes = data::bytes(&data)? as f64 / 1e6;
    for format in ["text", "html", "sarif"] {
        let command = output(program, format, &data, work);
        row(OUTPUTS_AT, megabytes, &format!("strict {format}"), figures(&command, runs)?, None);
    }
    Ok(())
}

/// Our strict scan of `input` with another report in a file, and nothing else to write.
fn output(program: &str, format: &str, input: &Path, work: &Path) -> Vec<String> {
    let report = format!("{format}={}", work.join(format!("report.{format}")).display());
    let input = input.display().to_string();
    [program, "scan", "--profile", "strict", &input, "-o", &report].map(str::to_owned).into()
}

fn row(size: u32, megabytes: f64, command: &str, figures: Figures, ratio: Option<f64>) {
    let ratio = ratio.map_or_else(String::new, |ratio| format!("{ratio:.1}x"));
    let (wall, cpu, peak) = (figures.wall * 1e3, figures.cpu * 1e3, figures.peak / 1e6);
    let room = 4.0 * megabytes + 30.0;
    say(&format!(
        "{size:>9}  {megabytes:>9.2}  {command:<16}  {wall:>9.1}  {cpu:>9.1}  {peak:>9.1}  {room:>8.1}  {ratio:>7}"
    ));
}

/// Builds the release binary and tells where it is.
fn build(root: &Path) -> anyhow::Result<PathBuf> {
    let arguments = ["build", "--release", "--quiet", "--package", "rampart-cli"];
    let status = Command::new("cargo").args(arguments).current_dir(root).status()?;
    if !status.success() {
        bail!("the release build failed");
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    Ok(target.join("release/rampart"))
}

fn figures(command: &[String], runs: usize) -> anyhow::Result<Figures> {
    measure::once(command)?;
    let all: Vec<Figures> =
        (0..runs.max(1)).map(|_| measure::once(command)).collect::<anyhow::Result<_>>()?;
    Ok(Figures {
        wall: median(all.iter().map(|one| one.wall)),
        cpu: median(all.iter().map(|one| one.cpu)),
        peak: median(all.iter().map(|one| one.peak)),
    })
}

fn peer_command(name: &str, path: &str, data: &Path) -> anyhow::Result<Vec<String>> {
    let directory = data.display().to_string();
    let words = match name {
        "kube-score" => {
            let mut words = vec![path.to_owned(), "score".to_owned()];
            words.extend(data::files(data)?.into_iter().map(|file| file.display().to_string()));
            return Ok(words);
        }
        "kube-linter" => vec![path.to_owned(), "lint".to_owned(), directory],
        "polaris" => vec![path.to_owned(), "audit".to_owned(), "--audit-path".to_owned(), directory],
        "trivy" => vec![path.to_owned(), "config".to_owned(), directory],
        _ => vec![path.to_owned(), directory],
    };
    Ok(words)
}

fn parts(root: &Path) -> anyhow::Result<()> {
    say("\nparts on 2,500 objects, with allocations:");
    let data = data::cluster(root, &root.join("target/bench"), 2_500)?;
    let status = Command::new("cargo")
        .args(["bench", "--quiet", "--package", "rampart-cli", "--bench", "parts"])
        .env("RAMPART_BENCH_DATA", &data)
        .current_dir(root)
        .status()?;
    if !status.success() {
        bail!("the bench of the parts failed");
    }
    Ok(())
}
