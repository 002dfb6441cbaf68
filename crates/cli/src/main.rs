//! The `rampart` binary: arguments, configuration, exit codes; the only place that knows all rooms.

mod arguments;
mod audit_policy;
mod authn;
mod config;
mod custom;
mod diff;
mod emit;
mod explain;
mod fix;
mod frameworks;
mod git;
mod harden;
mod input;
mod misfits;
mod net;
mod output;
#[cfg(test)]
mod pipelines;
mod progress;
mod rbac;
mod rules;
mod scan;
mod schema;
mod select;
mod server_file;
mod terminal;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use arguments::{Arguments, Command};

/// Exit codes; scripts depend on them.
pub(crate) mod exit {
    /// Findings at or above `--fail-on`; the answer no.
    pub(crate) const FINDINGS: u8 = 1;
    /// Wrong usage or configuration, or input that could not be read.
    pub(crate) const BAD_INPUT: u8 = 2;
    /// Something needed was unknown, and `--strict` was given; the answer unknown.
    pub(crate) const INCOMPLETE: u8 = 3;
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments) {
        Ok(code) => ExitCode::from(code),
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let mut stderr = anstream::stderr();
            // Nothing can be done when standard error is gone too.
            let _ = writeln!(stderr, "error: {error:#}");
            ExitCode::from(exit::BAD_INPUT)
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<u8> {
    arguments.color.write_global();
    match arguments.command {
        Command::Scan(arguments) => scan::run(&arguments),
        Command::Diff(arguments) => diff::run(&arguments),
        Command::Fix(arguments) => fix::run(&arguments),
        Command::Harden(arguments) => harden::run(&arguments),
        Command::Rbac(command) => rbac::run(&command),
        Command::Authn(command) => authn::run(command),
        Command::Net(command) => net::run(&command),
        Command::AuditPolicy(command) => audit_policy::run(&command),
        Command::Rules(arguments) => rules::run(&arguments),
        Command::Frameworks(arguments) => frameworks::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Schema(arguments) => schema::run(&arguments),
        Command::Version => {
            writeln!(anstream::stdout(), "rampart {}", env!("CARGO_PKG_VERSION"))?;
            Ok(0)
        }
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Arguments::command(), "rampart", &mut std::io::stdout());
            Ok(0)
        }
    }
}

/// The reader of our output went away (`rampart … | head`): not an error.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<std::io::Error>().is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
    })
}
