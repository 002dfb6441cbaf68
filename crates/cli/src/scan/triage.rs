use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::{Context as _, bail};
use rampart_document::Source;
use rampart_report::{Exception, Finding, Severity};
use rampart_triage::{
    Accepting, Day, ExceptionsFile, RuleNames, Snapshot, accept, hide_known, write_baseline,
};

use super::{Evaluated, Plan};
use crate::arguments::TriageArguments;
use crate::config::{Config, not_understood};

/// What decides which findings count: read and checked before the scan, so that a mistake in it costs no time.
pub(crate) struct Inputs {
    exceptions: Option<ExceptionsFile>,
    pub(crate) baseline: Option<Snapshot>,
    /// Where the baseline of this run goes.
    write: Option<(String, File)>,
    names: RuleNames,
    today: Option<Day>,
    /// Tell exceptions that accept nothing; not when only a part is looked at.
    tell_unused: bool,
}

impl Inputs {
    /// Reads what arguments and configuration name.
    pub(crate) fn open(arguments: &TriageArguments, config: &Config, plan: &Plan) -> anyhow::Result<Self> {
        let mut inputs = Self::exceptions(arguments.exceptions.as_deref(), config, plan)?;
        inputs.tell_unused = !arguments.staged;
        let configured = config.baseline.as_deref().filter(|_| arguments.since.is_none());
        let baseline = arguments.baseline.as_deref().map(Path::new).or(configured);
        // A baseline that is being written shall hold everything again.
        if let Some(path) = baseline.filter(|_| arguments.write_baseline.is_none()) {
            inputs.baseline = Some(read_snapshot(path)?);
        }
        if let Some(path) = &arguments.write_baseline {
            let file = OpenOptions::new().write(true).create(true).truncate(false).open(path);
            inputs.write = Some((path.clone(), file.with_context(|| format!("cannot write {path}"))?));
        }
        Ok(inputs)
    }

    /// Only exceptions: what comparing two runs needs.
    pub(crate) fn exceptions(named: Option<&str>, config: &Config, plan: &Plan) -> anyhow::Result<Self> {
        let builtin = rampart_rules::all().map(|rule| (rule.id, rule.group.as_str()));
        let names = RuleNames::new(builtin.chain(plan.custom_names.iter().copied()))
            .ran(plan.rules.iter().map(|rule| rule.id).chain(plan.custom.iter().map(|rule| rule.id)));
        let path = named.map(Path::new).or(config.exceptions.as_deref());
        let exceptions = path.map(|path| read_exceptions(path, &names)).transpose()?;
        let today = plan.now.map(Day::of_seconds);
        Ok(Self { exceptions, baseline: None, write: None, names, today, tell_unused: true })
    }

    /// Says nothing of exceptions that accept nothing.
    #[must_use]
    pub(crate) fn quiet(mut self) -> Self {
        self.tell_unused = false;
        self
    }
}

fn read_exceptions(path: &Path, names: &RuleNames) -> anyhow::Result<ExceptionsFile> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
    ExceptionsFile::parse(&Source::new(name.as_str(), text), names)
        .map_err(|problem| not_understood(&problem, &name))
}

/// Reads a baseline or a JSON report.
pub(crate) fn read_snapshot(path: &Path) -> anyhow::Result<Snapshot> {
    let name = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
    Snapshot::read(&text).with_context(|| format!("{name} was not understood"))
}

/// Findings with what people said about them.
#[derive(Debug)]
pub(crate) struct Triaged {
    pub(crate) evaluated: Evaluated,
    /// What accepted findings point to.
    pub(crate) exceptions: Vec<Exception>,
    /// Findings left out because the baseline knows them.
    pub(crate) known: usize,
    /// Evaluations that passed were asked for.
    pub(crate) list_passed: bool,
}

/// Marks what was accepted; what is wrong with exceptions joins the problems of the input.
pub(crate) fn triage(mut evaluated: Evaluated, plan: &Plan, inputs: &Inputs) -> Triaged {
    let accepting = Accepting {
        file: inputs.exceptions.as_ref(),
        rules: &inputs.names,
        carriers: &plan.carriers,
        today: inputs.today,
        tell_unused: inputs.tell_unused,
    };
    let (loaded, evaluation) = (&mut evaluated.loaded, &mut evaluated.evaluation);
    let outcome = accept(&loaded.inventory, &mut evaluation.findings, &accepting);
    loaded.problems.extend(outcome.problems);
    Triaged { evaluated, exceptions: outcome.exceptions, known: 0, list_passed: false }
}

impl Triaged {
    /// The findings that are left, accepted ones among them.
    pub(crate) fn findings(&self) -> &[Finding] {
        &self.evaluated.evaluation.findings
    }

    /// All findings, to compare with those of another run.
    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot::of(&self.evaluated.loaded.inventory, self.findings())
    }

    /// Leaves out what a baseline knows.
    pub(crate) fn hide_known(&mut self, baseline: &Snapshot) {
        let inventory = &self.evaluated.loaded.inventory;
        self.known += hide_known(inventory, &mut self.evaluated.evaluation.findings, baseline);
    }

    /// Leaves out findings below a severity and says how many.
    pub(crate) fn hide_below(&mut self, lowest: Severity) -> usize {
        let findings = &mut self.evaluated.evaluation.findings;
        let all = findings.len();
        findings.retain(|finding| finding.detail.severity >= lowest);
        all - findings.len()
    }

    /// Writes the baseline, when one was asked for, and counts all that is in it as known.
    pub(crate) fn write_baseline(&mut self, inputs: &Inputs) -> anyhow::Result<()> {
        let Some((path, file)) = &inputs.write else { return Ok(()) };
        if crate::input::is_broken(&self.evaluated.loaded.problems) {
            bail!("part of the input was not read, so {path} was not written; mend the errors above");
        }
        let snapshot = self.snapshot();
        let write = || -> std::io::Result<()> {
            file.set_len(0)?;
            let mut out = BufWriter::new(file);
            write_baseline(&snapshot, &mut out)?;
            out.flush()
        };
        write().with_context(|| format!("cannot write {path}"))?;
        self.hide_known(&snapshot);
        Ok(())
    }
}
