use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::{Duration, Instant};

use rampart_document::Level;
use rampart_model::{Problem, Version};
use rampart_report::{Evaluations, Finding, Report, RuleInfo, Severity, TextOptions, Verdict, problem_text};
use rampart_rules::{Context, Env, Evaluation, Options, Rule, evaluate};
use rampart_sources::{HelmOptions, Input, Loaded, load};

use crate::arguments::{FailOn, ProfileName, ScanArguments};
use crate::config::Config;
use crate::progress::Watch;
use crate::{exit, misfits, output, select, terminal};

/// `rampart scan`.
pub(crate) fn run(arguments: &ScanArguments) -> anyhow::Result<u8> {
    let started = Instant::now();
    let config = Config::load(arguments.config.as_deref())?;
    let outputs = output::open(&arguments.output)?;
    let strict_profile = arguments.profile.or(config.profile) == Some(ProfileName::Strict);
    let choose = |given: &[String], configured: &[String]| {
        if given.is_empty() { configured.to_vec() } else { given.to_vec() }
    };
    let rules = select::rules(
        strict_profile,
        &choose(&arguments.select, &config.select),
        &choose(&arguments.ignore, &config.ignore),
    )?;
    if let Some(jobs) = arguments.jobs {
        rayon::ThreadPoolBuilder::new().num_threads(usize::from(jobs)).build_global()?;
    }
    let watch = Watch::start(arguments.quiet);
    let mut loaded = load(&inputs(arguments), &read_options(arguments, &config), &watch.progress);
    let settings = config.settings;
    let version = arguments.kubernetes_version.or(config.kubernetes_version).unwrap_or(Version::NEWEST);
    let env = Env { version, strict: strict_profile, settings: &settings, now: now() };
    let context = Context::new(env, &loaded.inventory, &config.carriers);
    let mut evaluation =
        evaluate(&context, &Options { rules: rules.clone(), list_passed: arguments.show_passed });
    let misfits = misfits::problems(&loaded.inventory, &evaluation.findings, version);
    loaded.problems.extend(misfits);
    watch.stop();
    report_problems(&loaded, arguments)?;
    let lowest = arguments.severity.or(config.severity).unwrap_or(Severity::Info);
    let fail_on = arguments.fail_on.or(config.fail_on).unwrap_or(FailOn::Severity(Severity::High));
    let code = exit_code(&loaded.problems, &evaluation, fail_on, arguments.strict);
    let all = evaluation.findings.len();
    evaluation.findings.retain(|finding| finding.detail.severity >= lowest);
    let report = Report {
        version: env!("CARGO_PKG_VERSION"),
        inputs: arguments.paths.clone(),
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

fn inputs(arguments: &ScanArguments) -> Vec<Input> {
    arguments.paths.iter().map(|path| Input::parse(path)).collect()
}

fn read_options(arguments: &ScanArguments, config: &Config) -> rampart_sources::Options {
    let helm = HelmOptions {
        values: arguments.helm_values.clone(),
        set: arguments.helm_set.clone(),
        arguments: arguments.helm_arg.clone(),
    };
    rampart_sources::Options {
        complete: arguments.complete || config.complete,
        namespace: arguments.namespace.clone().or_else(|| config.namespace.clone()),
        helm,
        render_timeout: Duration::from_secs(arguments.render_timeout),
        ..rampart_sources::Options::default()
    }
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

/// The warning that comes once for each object of two overlays.
const DUPLICATE: &str = "duplicate-object";
/// Warnings of it that are shown before the rest is only counted.
const DUPLICATES_SHOWN: usize = 5;

fn report_problems(loaded: &Loaded, arguments: &ScanArguments) -> anyhow::Result<()> {
    let options: TextOptions = terminal::stderr();
    let mut stderr = anstream::stderr().lock();
    let shown = |problem: &&Problem| problem.level == Level::Error || !arguments.quiet;
    let mut twins = 0;
    for problem in loaded.problems.iter().filter(shown) {
        twins += usize::from(problem.code == DUPLICATE);
        if problem.code != DUPLICATE || twins <= DUPLICATES_SHOWN || arguments.verbose {
            writeln!(stderr, "{}\n", problem_text(problem, &options))?;
        }
    }
    if twins > DUPLICATES_SHOWN && !arguments.verbose {
        let more = twins - DUPLICATES_SHOWN;
        writeln!(stderr, "{more} more objects are defined again; -v and -o json list them\n")?;
    }
    if arguments.verbose {
        let ignored = loaded.inventory.ignored();
        writeln!(
            stderr,
            "read {} texts, {} bytes; {ignored} documents are no Kubernetes objects; {} files belong to charts and kustomizations; {} library charts render nothing",
            loaded.files, loaded.bytes, loaded.left_to_renderers, loaded.libraries
        )?;
    }
    Ok(())
}

fn exit_code(problems: &[Problem], evaluation: &Evaluation, fail_on: FailOn, strict: bool) -> u8 {
    let fails = |finding: &Finding| {
        finding.detail.verdict == Verdict::Fail
            && matches!(fail_on, FailOn::Severity(least) if finding.detail.severity >= least)
    };
    if problems.iter().any(|problem| problem.level == Level::Error) {
        exit::BAD_INPUT
    } else if evaluation.findings.iter().any(fails) {
        exit::FINDINGS
    } else if strict && evaluation.findings.iter().any(|finding| finding.detail.verdict == Verdict::Unknown) {
        exit::INCOMPLETE
    } else {
        0
    }
}
