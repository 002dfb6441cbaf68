//! `rampart diff`: what changed between two reports, trees or revisions.

mod side;
mod text;

use std::io::Write as _;

use anyhow::bail;
use clap::Args;
use rampart_report::Severity;
use rampart_triage::{Difference, Snapshot, compare};

use crate::arguments::{FailOn, RuleArguments, fail_on, severity};
use crate::config::Config;
use crate::exit;
use crate::input::ReadArguments;
use crate::scan::{Inputs, Plan};
use side::Sides;

pub(crate) const EXAMPLES: &str = "\
Examples:
  rampart diff old.json new.json         two JSON reports (scan -o json)
  rampart diff old.json deploy/          a report and what is here now
  rampart diff deploy-v1/ deploy-v2/     two trees
  rampart diff --since main deploy/      a git revision and what is here now

Exit codes: 0 no new findings at or above --fail-on; 1 some; 2 wrong usage or unreadable input.";

/// `rampart diff`.
#[derive(Debug, Args)]
pub(crate) struct DiffArguments {
    /// OLD and NEW: JSON reports, baselines, files, directories, charts; with --since the paths to compare
    #[arg(value_name = "OLD NEW | PATH")]
    sides: Vec<String>,

    /// Compare with this git revision
    #[arg(long, value_name = "REVISION")]
    since: Option<String>,

    /// text or json
    #[arg(short, long, value_name = "FORMAT", default_value = "text", value_parser = ["text", "json"])]
    output: String,

    /// Compare only findings at or above this severity
    #[arg(long, value_parser = severity, value_name = "SEVERITY", env = "RAMPART_SEVERITY")]
    severity: Option<Severity>,

    /// Exit with 1 when a new finding is at or above this severity, or never
    #[arg(long, value_parser = fail_on, value_name = "SEVERITY|never", env = "RAMPART_FAIL_ON")]
    fail_on: Option<FailOn>,

    /// File of accepted findings [default: rampart-exceptions.yaml beside rampart.yaml]
    #[arg(long, value_name = "FILE", env = "RAMPART_EXCEPTIONS")]
    exceptions: Option<String>,

    /// Namespace of objects that name none
    #[arg(short, long, value_name = "NAME")]
    namespace: Option<String>,

    #[command(flatten)]
    rules: RuleArguments,

    #[command(flatten)]
    read: ReadArguments,
}

/// `rampart diff`.
pub(crate) fn run(arguments: &DiffArguments) -> anyhow::Result<u8> {
    let config = Config::load(arguments.read.config.as_deref())?;
    let plan = Plan::new(&arguments.rules, &config)?;
    let inputs = Inputs::exceptions(arguments.exceptions.as_deref(), &config, &plan)?.quiet();
    arguments.read.start_threads()?;
    let sides = Sides { arguments, config: &config, plan: &plan, inputs: &inputs, broken: false };
    let (difference, names, broken) = sides.compare()?;
    let mut out = std::io::stdout().lock();
    if arguments.output == "json" {
        serde_json::to_writer_pretty(&mut out, &difference.to_json(&names.0, &names.1))?;
        writeln!(out)?;
    } else {
        text::write(&difference, &names, &mut out)?;
    }
    let fails = match arguments.fail_on.or(config.fail_on).unwrap_or(FailOn::Severity(Severity::High)) {
        FailOn::Never => false,
        FailOn::Severity(least) => difference.changes.iter().any(|change| change.is_new_failure(least)),
    };
    Ok(match (broken, fails) {
        (true, _) => exit::BAD_INPUT,
        (false, true) => exit::FINDINGS,
        (false, false) => 0,
    })
}

/// The difference, the names of both sides, and whether part of a side could not be read.
type Compared = (Difference, (String, String), bool);

impl Sides<'_> {
    fn compare(mut self) -> anyhow::Result<Compared> {
        let arguments = self.arguments;
        let (old, new, names) = match (&arguments.since, arguments.sides.as_slice()) {
            (Some(revision), paths) => {
                let here = [".".to_owned()];
                let paths = if paths.is_empty() { &here[..] } else { paths };
                let old = self.revision(revision, paths)?;
                (old, self.tree(paths)?, (revision.clone(), paths.join(" ")))
            }
            (None, [old, new]) => (self.side(old)?, self.side(new)?, (old.clone(), new.clone())),
            (None, sides) => {
                bail!("expected OLD and NEW (or --since REVISION), got {} of them", sides.len())
            }
        };
        let least = arguments.severity.or(self.config.severity).unwrap_or(Severity::Info);
        let only = |mut snapshot: Snapshot| {
            snapshot.records.retain(|record| record.severity >= least);
            snapshot
        };
        Ok((compare(&only(old), &only(new)), names, self.broken))
    }
}
