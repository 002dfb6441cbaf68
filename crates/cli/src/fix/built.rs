//! Kustomizations are built again after their sources changed: only that tells what the change does.

use std::collections::{BTreeMap, BTreeSet};

use rampart_model::{Inventory, Object, Origin};
use rampart_repair::Outcome;
use rampart_sources::Progress;

use super::write::Written;
use crate::config::Config;
use crate::input::{ReadArguments, is_broken};

/// Kustomizations by directory, with the source files that were written.
pub(crate) type Sources<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// The kustomizations whose sources a run of fixes changes.
pub(crate) fn sources(outcome: &Outcome) -> Sources<'_> {
    let mut files = Sources::new();
    for fixed in &outcome.fixed {
        for directory in &fixed.kustomizations {
            files.entry(directory).or_default().insert(&fixed.file);
        }
    }
    files
}

/// Builds every kustomization whose sources were written and puts the sources of those back whose result is not what was
/// proved. Gives their directories.
pub(crate) fn check(
    mut written: Written,
    proved: &Inventory,
    kustomizations: &Sources<'_>,
    read: &ReadArguments,
) -> anyhow::Result<Vec<String>> {
    let mut undone = Vec::new();
    for (&directory, files) in kustomizations {
        let paths = [directory.to_owned()];
        let namespace = Some(proved.default_namespace());
        let built = read.load(&paths, namespace, &Config::default(), &Progress::default());
        if is_broken(&built.problems) || !same(proved, &built.inventory, directory) {
            written.undo(|name| files.contains(name))?;
            undone.push(directory.to_owned());
        }
    }
    Ok(undone)
}

/// True when the objects of a kustomization are the proved ones.
fn same(proved: &Inventory, built: &Inventory, directory: &str) -> bool {
    let of_directory = |object: &Object<'_>| match object.origin() {
        Origin::Rendered { from, .. } => from == directory,
        _ => false,
    };
    let mut wanted = 0;
    let all_there = proved.objects().filter(of_directory).all(|object| {
        wanted += 1;
        let twin = built.find(object.group_kind(), object.effective_namespace(), object.name());
        twin.is_some_and(|twin| twin.node().same_data(object.node()))
    });
    all_there && wanted == built.len()
}
