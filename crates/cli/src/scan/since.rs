//! `--since REVISION`: findings that the revision has, too, are known.

use rampart_triage::Snapshot;

use super::{Inputs, Plan, evaluate, triage};
use crate::config::Config;
use crate::git::Repository;
use crate::input::{ReadArguments, is_broken};
use crate::progress::Watch;

/// Findings of a revision: the same paths under the same rules. Paths that it does not have yet hold nothing. The second
/// answer is true when part of it could not be read.
pub(crate) fn findings_of(
    revision: &str,
    (paths, namespace): (&[String], Option<&str>),
    read: &ReadArguments,
    config: &Config,
    plan: &Plan,
    inputs: &Inputs,
) -> anyhow::Result<(Snapshot, bool)> {
    let repository = Repository::here()?;
    let paths: Vec<String> = paths.iter().map(|path| repository.path(path)).collect::<anyhow::Result<_>>()?;
    let checkout = repository.revision(revision)?;
    let paths: Vec<String> = paths.into_iter().filter(|path| checkout.has(path)).collect();
    if paths.is_empty() {
        return Ok((Snapshot::default(), false));
    }
    let _inside = checkout.enter()?;
    let watch = Watch::start(read.quiet);
    let loaded = read.load(&paths, namespace, config, &watch.progress);
    let triaged = triage(evaluate(plan, loaded, false), plan, inputs);
    watch.stop();
    Ok((triaged.snapshot(), is_broken(&triaged.evaluated.loaded.problems)))
}
