//! `rampart fix`: load -> evaluate -> choose -> prove -> write.
//!
//! Exit codes: 0 done, whatever is left (`rampart scan` judges that); 1 with `--dry-run` when something would change; 2 wrong
//! usage, input that could not be read, or files that could not be written.

pub(crate) mod built;
mod choose;
mod diff;
mod summary;
mod tree;
mod write;

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{anyhow, bail};
use clap::Args;
use rampart_model::Object;
use rampart_repair::{FileChange, Outcome, Project, repair};
use rampart_report::{Finding, Severity};

use crate::arguments::{RuleArguments, severity};
use crate::config::Config;
use crate::input::{InputArguments, is_broken, report_problems};
use crate::progress::Watch;
use crate::scan::{Inputs, Plan, evaluate, triage};
use crate::{exit, select, terminal};

pub(crate) use choose::{ask, can_ask};
pub(crate) use diff::write_diff;
pub(crate) use write::Transaction;

pub(crate) const EXAMPLES: &str = "\
Examples:
  rampart fix --dry-run                      what would change, as a patch
  rampart fix deploy/                        fixes that keep behaviour, in place
  rampart fix deploy/ --review               also those that may change it, one by one
  rampart fix deploy/ --review --yes         all of them
  rampart fix --select privileged --review   one rule
  rampart fix deploy/ --output fixed/        into another directory
  cat pod.yaml | rampart fix - > new.yaml    standard input to standard output

Every fix is proved first: the changed text is read again, its rule must pass and no other rule may find
something as bad. Comments, order and quotes stay. Either all files are written or none.

Exit codes: 0 done; 1 --dry-run and something would change; 2 wrong usage, unreadable input, or files
that could not be written.";

#[derive(Debug, Args)]
pub(crate) struct FixArguments {
    #[command(flatten)]
    pub(crate) input: InputArguments,

    #[command(flatten)]
    pub(crate) rules: RuleArguments,

    /// Also make fixes that may change what the program does, asking about each
    #[arg(long)]
    review: bool,

    /// With --review: make them all without asking
    #[arg(long, requires = "review")]
    yes: bool,

    /// Print what would change as a patch and write nothing
    #[arg(long, conflicts_with = "output")]
    dry_run: bool,

    /// Write the changed tree there and leave the input as it is
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,

    /// Fix only findings at or above this severity
    #[arg(long, value_parser = severity, value_name = "SEVERITY", env = "RAMPART_SEVERITY", help_heading = "Rules")]
    severity: Option<Severity>,

    /// Namespace of objects that name none
    #[arg(short, long, value_name = "NAME", help_heading = "Input")]
    namespace: Option<String>,

    /// File of accepted findings, which are left [default: rampart-exceptions.yaml beside rampart.yaml]
    #[arg(long, value_name = "FILE", env = "RAMPART_EXCEPTIONS", help_heading = "Rules")]
    exceptions: Option<String>,

    /// List every fix and everything that is left, with its place
    #[arg(short, long, help_heading = "Output")]
    verbose: bool,
}

/// `rampart fix`.
pub(crate) fn run(arguments: &FixArguments) -> anyhow::Result<u8> {
    let read = &arguments.input.read;
    let paths = &arguments.input.paths;
    let config = Config::load(read.config.as_deref())?;
    let mut plan = Plan::new(&arguments.rules, &config)?;
    let wanted = plan.rules.clone();
    guard(&mut plan)?;
    let accepted = Inputs::exceptions(arguments.exceptions.as_deref(), &config, &plan)?.quiet();
    let from_stdin = paths.iter().any(|path| path == "-");
    check_usage(arguments, from_stdin)?;
    read.start_threads()?;
    let watch = Watch::start(read.quiet);
    let loaded = read.load(paths, arguments.namespace.as_deref(), &config, &watch.progress);
    let triaged = triage(evaluate(&plan, loaded, false), &plan, &accepted);
    watch.stop();
    let loaded = &triaged.evaluated.loaded;
    report_problems(loaded, read.quiet, arguments.verbose)?;
    let project = Project {
        inventory: &loaded.inventory,
        carriers: &plan.carriers,
        env: plan.env(),
        rules: &plan.rules,
    };
    let lowest = arguments.severity.or(config.severity).unwrap_or(Severity::Info);
    let wants = |_: Object<'_>, finding: &Finding| {
        finding.detail.severity >= lowest && wanted.iter().any(|rule| rule.id == finding.detail.rule)
    };
    let mut reviewer = choose::Reviewer::new(arguments.review, arguments.yes || arguments.dry_run);
    let outcome = repair(&project, triaged.findings(), &wants, &mut |offer| reviewer.choose(offer));
    reviewer.finish()?;
    let changed = finish(arguments, &outcome, from_stdin)?;
    Ok(if is_broken(&loaded.problems) {
        exit::BAD_INPUT
    } else if arguments.dry_run && changed {
        exit::FINDINGS
    } else {
        0
    })
}

/// Adds every rule of the profile: a fix must not bring what another rule finds.
pub(crate) fn guard(plan: &mut Plan) -> anyhow::Result<()> {
    let chosen = std::mem::replace(
        &mut plan.rules,
        select::rules(plan.strict, (&[], &[]), None, &plan.settings, &[])?,
    );
    for rule in chosen {
        if !plan.rules.iter().any(|known| known.id == rule.id) {
            plan.rules.push(rule);
        }
    }
    Ok(())
}

fn check_usage(arguments: &FixArguments, from_stdin: bool) -> anyhow::Result<()> {
    if from_stdin && arguments.input.paths.len() > 1 {
        bail!("`-` cannot be fixed together with files: its result goes to standard output");
    }
    if from_stdin && arguments.output.is_some() {
        bail!("the result of `-` goes to standard output; leave --output out");
    }
    let asks = arguments.review && !arguments.yes && !arguments.dry_run;
    if asks && (from_stdin || !choose::can_ask()) {
        bail!("--review asks on a terminal; add --yes to take every fix, or --dry-run to see them");
    }
    Ok(())
}

/// Writes or shows what was made; true when something changes.
fn finish(arguments: &FixArguments, outcome: &Outcome, from_stdin: bool) -> anyhow::Result<bool> {
    let mut done = outcome.fixed.iter().collect::<Vec<_>>();
    let mut undone = Vec::new();
    if arguments.dry_run {
        write_diff(&outcome.files, &terminal::stdout(false), &mut anstream::stdout().lock())?;
    } else if from_stdin {
        let text = match outcome.files.first() {
            Some(FileChange { new, .. }) => new.clone().unwrap_or_default(),
            None => outcome
                .inventory
                .units()
                .first()
                .map_or_else(String::new, |unit| unit.tree.source().text().to_owned()),
        };
        std::io::stdout().lock().write_all(text.as_bytes())?;
    } else if let Some(directory) = &arguments.output {
        tree::write(&arguments.input.paths, &outcome.files, directory)?;
    } else {
        let written = Transaction::stage(&outcome.files)?.commit()?;
        undone = built::check(written, &outcome.inventory, &built::sources(outcome), &arguments.input.read)?;
        done.retain(|fixed| fixed.kustomizations.iter().all(|directory| !undone.contains(directory)));
    }
    if !arguments.input.read.quiet {
        // The result itself is on standard output in these cases.
        let aside = arguments.dry_run || from_stdin;
        let options = if aside { terminal::stderr() } else { terminal::stdout(false) };
        let summary = summary::Summary { outcome, done, undone, arguments, options };
        if aside {
            summary.write(&mut anstream::stderr().lock())?;
        } else {
            summary.write(&mut anstream::stdout().lock())?;
        }
    }
    Ok(!outcome.files.is_empty())
}

impl FixArguments {
    fn asked_for_review(&self) -> bool {
        self.review
    }
}

/// What stops everything when a file that is to change is not the one that was read.
fn changed_meanwhile(name: &str) -> anyhow::Error {
    anyhow!("{name} was changed while it was being fixed; nothing was written, run rampart fix again")
}
