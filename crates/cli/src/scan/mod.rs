//! `rampart scan`: load -> evaluate -> triage -> outputs -> exit code.
//!
//! Everything that the user can get wrong is refused by [`Plan::new`], [`Inputs::open`] and [`output::open`], before
//! anything is read.

mod evaluate;
mod exit_code;
mod plan;
mod report;
mod score;
mod since;
mod staged;
mod triage;

use std::io::Write as _;
use std::time::Instant;

use rampart_report::{RuleInfo, Severity};

use crate::arguments::{FailOn, ScanArguments};
use crate::config::Config;
use crate::input::report_problems;
use crate::output;
use crate::progress::Watch;
use staged::Staged;

pub(crate) use evaluate::{Evaluated, evaluate};
pub(crate) use plan::{Plan, now};
pub(crate) use report::rule_info;
pub(crate) use since::findings_of;
pub(crate) use triage::{Inputs, Triaged, read_snapshot, triage};

/// `rampart scan`.
pub(crate) fn run(arguments: &ScanArguments) -> anyhow::Result<u8> {
    run_with(arguments, |_, _| Vec::new())
}

/// A scan whose findings another engine adds to, with what the report may say about that engine's rules.
pub(crate) fn run_with(
    arguments: &ScanArguments,
    add: impl FnOnce(&Plan, &mut Evaluated) -> Vec<RuleInfo>,
) -> anyhow::Result<u8> {
    let started = Instant::now();
    let read = &arguments.input.read;
    let config = Config::load(read.config.as_deref())?;
    let plan = Plan::new(&arguments.rules, &config)?;
    let mut inputs = Inputs::open(&arguments.triage, &config, &plan)?;
    let outputs = output::open(&arguments.output)?;
    let lowest = arguments.severity.or(config.severity).unwrap_or(Severity::Info);
    let fail_on = arguments.fail_on.or(config.fail_on).unwrap_or(FailOn::Severity(Severity::High));
    read.start_threads()?;
    let namespace = arguments.namespace.as_deref();
    if let Some(revision) = &arguments.triage.since {
        inputs.baseline = Some(known_since(revision, arguments, &config, &plan, &inputs)?);
    }
    let staged = arguments.triage.staged.then(|| Staged::open(&arguments.input.paths)).transpose()?;
    let inside = staged.as_ref().map(|staged| staged.checkout.enter()).transpose()?;
    let paths = staged.as_ref().map_or(&arguments.input.paths, |staged| &staged.paths);
    let watch = Watch::start(read.quiet);
    let loaded = read.load(paths, namespace, &config, &watch.progress);
    drop(inside);
    let mut evaluated = evaluate(&plan, loaded, arguments.show_passed || !plan.frameworks.is_empty());
    let added = add(&plan, &mut evaluated);
    watch.stop();
    let mut triaged = triage(evaluated, &plan, &inputs);
    triaged.list_passed = arguments.show_passed;
    let mut frameworks = score::all(&plan, &triaged);
    if let Some(staged) = &staged {
        staged.keep(&mut triaged);
    }
    report_problems(&triaged.evaluated.loaded, read.quiet, arguments.verbose)?;
    if let Some(baseline) = &inputs.baseline {
        triaged.hide_known(baseline);
    }
    triaged.write_baseline(&inputs)?;
    let code = exit_code::of(&triaged, fail_on, arguments.strict);
    let hidden = triaged.hide_below(lowest);
    score::show(&plan, &triaged, &mut frameworks);
    let mut report = report::of(&plan, &triaged, &frameworks, paths.clone());
    (report.hidden, report.elapsed) = (hidden, Some(started.elapsed()));
    report.rules.extend(added.into_iter().map(|rule| (rule.id, rule)));
    report.compared = inputs.baseline.is_some();
    for output in &outputs {
        output.write(&report, arguments.verbose)?;
    }
    Ok(code)
}

/// What `--since` knows; says so when part of the revision could not be read.
fn known_since(
    revision: &str,
    arguments: &ScanArguments,
    config: &Config,
    plan: &Plan,
    inputs: &Inputs,
) -> anyhow::Result<rampart_triage::Snapshot> {
    let read = &arguments.input.read;
    let what = (arguments.input.paths.as_slice(), arguments.namespace.as_deref());
    let (snapshot, broken) = findings_of(revision, what, read, config, plan, inputs)?;
    if broken && !read.quiet {
        writeln!(
            anstream::stderr(),
            "part of {revision} could not be read; its findings count as new here\n"
        )?;
    }
    Ok(snapshot)
}
