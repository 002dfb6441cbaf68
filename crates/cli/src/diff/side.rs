use std::io::Read as _;
use std::path::Path;

use rampart_report::SCHEMA;
use rampart_triage::{BASELINE_SCHEMA, Snapshot};

use super::DiffArguments;
use crate::config::Config;
use crate::input::{is_broken, report_problems};
use crate::progress::Watch;
use crate::scan::{Inputs, Plan, evaluate, findings_of, read_snapshot, triage};

/// Reads the sides of a comparison.
pub(super) struct Sides<'a> {
    pub(super) arguments: &'a DiffArguments,
    pub(super) config: &'a Config,
    pub(super) plan: &'a Plan,
    pub(super) inputs: &'a Inputs,
    /// Part of a side could not be read.
    pub(super) broken: bool,
}

impl Sides<'_> {
    /// A report, a baseline, or something to scan.
    pub(super) fn side(&mut self, name: &str) -> anyhow::Result<Snapshot> {
        if is_snapshot(Path::new(name)) {
            return read_snapshot(Path::new(name));
        }
        self.tree(&[name.to_owned()])
    }

    /// What is in the files now.
    pub(super) fn tree(&mut self, paths: &[String]) -> anyhow::Result<Snapshot> {
        let read = &self.arguments.read;
        let watch = Watch::start(read.quiet);
        let loaded = read.load(paths, self.arguments.namespace.as_deref(), self.config, &watch.progress);
        let triaged = triage(evaluate(self.plan, loaded, false), self.plan, self.inputs);
        watch.stop();
        report_problems(&triaged.evaluated.loaded, read.quiet, false)?;
        self.broken |= is_broken(&triaged.evaluated.loaded.problems);
        Ok(triaged.snapshot())
    }

    /// What was in the files at a revision.
    pub(super) fn revision(&mut self, revision: &str, paths: &[String]) -> anyhow::Result<Snapshot> {
        let what = (paths, self.arguments.namespace.as_deref());
        let (snapshot, broken) =
            findings_of(revision, what, &self.arguments.read, self.config, self.plan, self.inputs)?;
        self.broken |= broken;
        Ok(snapshot)
    }
}

/// True for files that say near their start that they are a report or a baseline.
fn is_snapshot(path: &Path) -> bool {
    let mut start = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(4096).read_to_end(&mut start));
    let text = String::from_utf8_lossy(&start);
    read.is_ok()
        && text.trim_start().starts_with('{')
        && [SCHEMA, BASELINE_SCHEMA].iter().any(|schema| text.contains(schema))
}
