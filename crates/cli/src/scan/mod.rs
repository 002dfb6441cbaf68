//! `rampart scan`: load -> evaluate -> triage -> outputs -> exit code.
//!
//! Everything that the user can get wrong is refused by [`Plan::new`] and [`output::open`], before anything is read.

mod evaluate;
mod exit_code;
mod plan;
mod report;
mod triage;

use std::time::Instant;

use rampart_report::Severity;

use crate::arguments::{FailOn, ScanArguments};
use crate::config::Config;
use crate::input::report_problems;
use crate::output;
use crate::progress::Watch;

pub(crate) use evaluate::{Evaluated, evaluate};
pub(crate) use plan::Plan;
pub(crate) use report::rule_info;
pub(crate) use triage::{Triaged, triage};

/// `rampart scan`.
pub(crate) fn run(arguments: &ScanArguments) -> anyhow::Result<u8> {
    let started = Instant::now();
    let read = &arguments.input.read;
    let config = Config::load(read.config.as_deref())?;
    let plan = Plan::new(&arguments.rules, &config)?;
    let outputs = output::open(&arguments.output)?;
    let lowest = arguments.severity.or(config.severity).unwrap_or(Severity::Info);
    let fail_on = arguments.fail_on.or(config.fail_on).unwrap_or(FailOn::Severity(Severity::High));
    read.start_threads()?;
    let watch = Watch::start(read.quiet);
    let loaded = read.load(&arguments.input.paths, arguments.namespace.as_deref(), &config, &watch.progress);
    let evaluated = evaluate(&plan, loaded, arguments.show_passed);
    watch.stop();
    let mut triaged = triage(evaluated);
    report_problems(&triaged.evaluated.loaded, read.quiet, arguments.verbose)?;
    let code = exit_code::of(&triaged, fail_on, arguments.strict);
    let hidden = triaged.hide_below(lowest);
    let mut report = report::of(&plan, &triaged, arguments.input.paths.clone());
    (report.hidden, report.elapsed) = (hidden, Some(started.elapsed()));
    for output in &outputs {
        output.write(&report, arguments.verbose)?;
    }
    Ok(code)
}
