//! Developer tasks: `cargo xtask`.

mod bench;
mod cluster;
mod gen_catalogue;
mod gen_from_binary;
mod gen_rules;
mod lifecycle;
mod schema;
mod test;
mod tidy;

use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};

/// Developer tasks of Rampart.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Everything that must hold before a change lands: format, clippy, tests, tidy, generated files, licences.
    Test,
    /// Check the conventions that a program can check.
    Tidy,
    /// Write generated files; with --check, fail when one is not current.
    Gen {
        /// Compare instead of writing.
        #[arg(long)]
        check: bool,
    },
    /// A real Kubernetes cluster to work with by hand.
    Cluster {
        /// What to do.
        #[command(subcommand)]
        command: cluster::Command,
    },
    /// Measure speed and memory on generated clusters, beside other tools when given.
    Bench(bench::Arguments),
    /// Run one command and print wall seconds, CPU seconds and peak bytes (used by bench).
    #[command(hide = true)]
    Measure {
        /// The command.
        #[arg(last = true)]
        command: Vec<String>,
    },
    /// Rebuild the tables of API types: `--swagger 1.36=PATH …`.
    #[command(disable_help_flag = true)]
    Schema {
        /// Passed on.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Rebuild the table of deprecated API versions: `--source DIR …`.
    #[command(disable_help_flag = true)]
    Lifecycle {
        /// Passed on.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().task {
        Task::Test => test::run(&root()),
        Task::Tidy => tidy::run(&root()),
        Task::Gen { check } => generate(&root(), check),
        Task::Cluster { command } => cluster::run(command),
        Task::Bench(arguments) => bench::run(&root(), &arguments),
        Task::Measure { command } => bench::child(&command),
        Task::Schema { arguments } => schema::run(&arguments),
        Task::Lifecycle { arguments } => lifecycle::run(&root(), &arguments),
    }
}

/// Writes or checks every generated file.
fn generate(root: &Path, check: bool) -> anyhow::Result<()> {
    gen_catalogue::run(root, check)?;
    gen_from_binary::run(root, check)
}

/// One line for the developer.
#[expect(clippy::print_stdout, reason = "a developer's tool talks to the terminal")]
fn say(line: &str) {
    println!("{line}");
}

/// The workspace root.
fn root() -> PathBuf {
    let mut path = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    path.pop();
    path
}
