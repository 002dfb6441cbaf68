use std::collections::BTreeMap;
use std::mem::ManuallyDrop;
use std::time::Instant;

use rampart_model::{Problem, Version};
use rampart_report::{Evaluations, Finding, Report, RuleInfo, Severity, Verdict};
use rampart_rules::{Context, Env, Evaluation, Options, Rule, evaluate};

use crate::arguments::{FailOn, ProfileName, ScanArguments};
use crate::config::Config;
use crate::input::{is_broken, report_problems};
use crate::progress::Watch;
use crate::{exit, misfits, output, select};

/// `rampart scan`.
pub(crate) fn run(arguments: &ScanArguments) -> anyhow::Result<u8> {
    let started = Instant::now();
    let read = &arguments.input.read;
    let config = Config::load(read.config.as_deref())?;
    let outputs = output::open(&arguments.output)?;
    let strict_profile = arguments.profile.or(config.profile) == Some(ProfileName::Strict);
    let choose = |given: &[String], configured: &[String]| {
        if given.is_empty() { configured.to_vec() } else { given.to_vec() }
    };
    let rules = select::rules(
        strict_profile,
        &choose(&arguments.select, &config.select),
        &choose(&arguments.ignore, &config.ignore),
        &config.settings,
    )?;
    read.start_threads()?;
    let watch = Watch::start(read.quiet);
    let paths = &arguments.input.paths;
    // The process ends after the report: giving back a hundred thousand objects one by one would only cost time.
    let mut loaded =
        ManuallyDrop::new(read.load(paths, arguments.namespace.as_deref(), &config, &watch.progress));
    let settings = config.settings;
    let version = arguments.kubernetes_version.or(config.kubernetes_version).unwrap_or(Version::NEWEST);
    let env = Env { version, strict: strict_profile, settings: &settings, now: now() };
    let context = ManuallyDrop::new(Context::new(env, &loaded.inventory, &config.carriers));
    let options = Options { rules: rules.clone(), list_passed: arguments.show_passed };
    let mut evaluation = ManuallyDrop::new(evaluate(&context, &options));
    let misfits = misfits::problems(&loaded.inventory, &evaluation.findings, version);
    loaded.problems.extend(misfits);
    watch.stop();
    report_problems(&loaded, read.quiet, arguments.verbose)?;
    let lowest = arguments.severity.or(config.severity).unwrap_or(Severity::Info);
    let fail_on = arguments.fail_on.or(config.fail_on).unwrap_or(FailOn::Severity(Severity::High));
    let code = exit_code(&loaded.problems, &evaluation, fail_on, arguments.strict);
    let all = evaluation.findings.len();
    evaluation.findings.retain(|finding| finding.detail.severity >= lowest);
    let report = Report {
        version: env!("CARGO_PKG_VERSION"),
        inputs: paths.clone(),
        inventory: &loaded.inventory,
        findings: &evaluation.findings,
        passed: &evaluation.passed,
        rules: rules.iter().map(|rule| (rule.id, rule_info(rule))).collect(),
        problems: &loaded.problems,
        evaluations: evaluations(&evaluation),
        templates: (evaluation.workloads, evaluation.templates),
        hidden: all - evaluation.findings.len(),
        elapsed: Some(started.elapsed()),
    };
    for output in &outputs {
        output.write(&report, arguments.verbose)?;
    }
    Ok(code)
}

fn now() -> Option<i64> {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs()).ok()
}

/// What renderers may say about a rule.
pub(crate) fn rule_info(rule: &Rule) -> RuleInfo {
    let mut frameworks: BTreeMap<&'static str, Vec<&'static str>> = BTreeMap::new();
    if let Some(row) = rule.row() {
        for (name, ids) in [("pss", row.pss), ("cis", row.cis), ("nsa", row.nsa), ("mitre", row.mitre)] {
            if !ids.is_empty() {
                frameworks.insert(name, ids.split(';').collect());
            }
        }
    }
    RuleInfo {
        id: rule.id,
        title: rule.row().map_or(rule.id, |row| row.title),
        group: rule.group.as_str(),
        why: rule.section("Why"),
        todo: rule.section("What to do"),
        frameworks,
    }
}

fn evaluations(evaluation: &Evaluation) -> Evaluations {
    let mut sum = Evaluations::default();
    for tally in evaluation.tallies.values() {
        sum.passed += tally.passed;
        sum.failed += tally.failed;
        sum.unknown += tally.unknown;
    }
    sum
}

fn exit_code(problems: &[Problem], evaluation: &Evaluation, fail_on: FailOn, strict: bool) -> u8 {
    let fails = |finding: &Finding| {
        finding.detail.verdict == Verdict::Fail
            && matches!(fail_on, FailOn::Severity(least) if finding.detail.severity >= least)
    };
    if is_broken(problems) {
        exit::BAD_INPUT
    } else if evaluation.findings.iter().any(fails) {
        exit::FINDINGS
    } else if strict && evaluation.findings.iter().any(|finding| finding.detail.verdict == Verdict::Unknown) {
        exit::INCOMPLETE
    } else {
        0
    }
}
