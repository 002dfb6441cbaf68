//! `--staged`: the git index instead of the files, and only findings of what is staged.

use std::collections::BTreeSet;
use std::path::Path;

use rampart_model::{Object, Origin, Place as ProblemPlace};
use rampart_report::{Finding, place};

use super::Triaged;
use crate::git::{Checkout, Repository};

/// The index as files, and which of them are staged.
pub(super) struct Staged {
    pub(super) checkout: Checkout,
    /// The user's paths, from the root of the repository.
    pub(super) paths: Vec<String>,
    files: BTreeSet<String>,
}

impl Staged {
    pub(super) fn open(paths: &[String]) -> anyhow::Result<Self> {
        let repository = Repository::here()?;
        Ok(Self {
            paths: paths.iter().map(|path| repository.path(path)).collect::<anyhow::Result<_>>()?,
            files: repository.staged()?,
            checkout: repository.index()?,
        })
    }

    /// Leaves out findings and problems that are not about staged files.
    pub(super) fn keep(&self, triaged: &mut Triaged) {
        let (loaded, evaluation) = (&mut triaged.evaluated.loaded, &mut triaged.evaluated.evaluation);
        loaded.problems.retain(|problem| match &problem.place {
            ProblemPlace::Text { source, .. } => self.has_any_of(source.name()),
            ProblemPlace::Path(path) => self.has_any_of(path),
        });
        evaluation.findings.retain(|finding| {
            let object = loaded.inventory.object(finding.object);
            self.has_file(object, finding) || self.has_origin(object)
        });
    }

    fn has_file(&self, object: Object<'_>, finding: &Finding) -> bool {
        self.files.contains(plain(place(object, &finding.path()).file))
    }

    /// A rendered object is staged when anything in its chart or kustomization is.
    fn has_origin(&self, object: Object<'_>) -> bool {
        matches!(object.origin(), Origin::Rendered { from, .. } if self.has_any_of(from))
    }

    /// True when a staged file is this one or lies in this directory.
    fn has_any_of(&self, path: &str) -> bool {
        let path = Path::new(plain(path));
        self.files.iter().any(|file| path == Path::new(".") || Path::new(file).starts_with(path))
    }
}

fn plain(path: &str) -> &str {
    path.strip_prefix("./").unwrap_or(path)
}
