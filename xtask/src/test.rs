//! `cargo xtask test`: everything that must hold before a change lands.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, bail};

/// One command of the list, with the words that name it in the output.
struct Step {
    name: &'static str,
    program: &'static str,
    arguments: &'static [&'static str],
}

const STEPS: &[Step] = &[
    Step { name: "format", program: "cargo", arguments: &["fmt", "--all", "--check"] },
    Step {
        name: "clippy",
        program: "cargo",
        arguments: &["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"],
    },
    Step { name: "tests", program: "cargo", arguments: &["test", "--workspace"] },
];

/// Runs all steps; the first failure ends the run.
pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    step("tidy", || crate::tidy::run(root))?;
    step("generated files", || crate::generate(root, true))?;
    for Step { name, program, arguments } in STEPS {
        step(name, || command(root, program, arguments))?;
    }
    step("licences and advisories", || deny(root))
}

fn step(name: &str, work: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
    crate::say(&format!("== {name}"));
    let started = Instant::now();
    work().with_context(|| format!("{name} failed"))?;
    crate::say(&format!("== {name}: ok, {:.1} s", started.elapsed().as_secs_f64()));
    Ok(())
}

fn command(root: &Path, program: &str, arguments: &[&str]) -> anyhow::Result<()> {
    let status = Command::new(program).args(arguments).current_dir(root).status();
    let status = status.with_context(|| format!("cannot run {program}"))?;
    if !status.success() {
        bail!("`{program} {}` ended with {status}", arguments.join(" "));
    }
    Ok(())
}

/// cargo-deny is optional: a fresh machine need not have it.
fn deny(root: &Path) -> anyhow::Result<()> {
    let installed = Command::new("cargo")
        .args(["deny", "--version"])
        .output()
        .is_ok_and(|output| output.status.success());
    if !installed {
        crate::say("skipped: cargo-deny is not installed (cargo install cargo-deny)");
        return Ok(());
    }
    command(root, "cargo", &["deny", "check", "bans", "licenses", "sources"])
}
