//! Developer tasks: `cargo xtask`.

mod gen_catalogue;
mod schema;

use std::path::PathBuf;

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
    /// Write generated files; with --check, fail when one is not current.
    Gen {
        /// Compare instead of writing.
        #[arg(long)]
        check: bool,
    },
    /// Rebuild the tables of API types: `--swagger 1.36=PATH …`.
    #[command(disable_help_flag = true)]
    Schema {
        /// Passed on.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().task {
        Task::Gen { check } => gen_catalogue::run(&root(), check),
        Task::Schema { arguments } => schema::run(&arguments),
    }
}

/// The workspace root.
fn root() -> PathBuf {
    let mut path = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    path.pop();
    path
}
