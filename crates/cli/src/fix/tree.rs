//! `--output DIR`: the input as it would be, somewhere else.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use rampart_repair::FileChange;
use rampart_sources::files_below;

/// Copies the files of the inputs to `directory` with their changes. Paths are kept from the directory that all of them
/// have in common: `rampart fix deploy --output fixed` writes `deploy/a.yaml` to `fixed/a.yaml`.
pub(crate) fn write(inputs: &[String], changes: &[FileChange], directory: &Path) -> anyhow::Result<()> {
    let mut files: BTreeMap<PathBuf, Option<&FileChange>> = BTreeMap::new();
    let mut roots = Vec::new();
    for input in inputs {
        for path in files_below(input) {
            files.insert(whole(&path)?, None);
        }
        let path = Path::new(input);
        if path.is_dir() {
            roots.push(whole(path)?);
        }
    }
    for change in changes {
        files.insert(whole(Path::new(&change.name))?, Some(change));
    }
    let parents = files.keys().filter_map(|path| path.parent()).map(Path::to_owned);
    let Some(root) = roots.into_iter().chain(parents).reduce(|a, b| common(&a, &b)) else { return Ok(()) };
    let target = |path: &Path| path.strip_prefix(&root).map(|tail| directory.join(tail)).ok();
    if let Some(taken) = files.keys().filter_map(|path| target(path)).find(|path| path.exists()) {
        bail!("{} exists already; --output wants a directory of its own", taken.display());
    }
    for (path, change) in &files {
        let Some(to) = target(path) else { continue };
        let write = || {
            fs::create_dir_all(to.parent().unwrap_or(directory))?;
            match change {
                None => fs::copy(path, &to).map(drop),
                Some(FileChange { new: None, .. }) => Ok(()),
                Some(FileChange { old, new: Some(text), .. }) => {
                    fs::write(&to, text)?;
                    match old {
                        Some(_) => fs::set_permissions(&to, fs::metadata(path)?.permissions()),
                        None => Ok(()),
                    }
                }
            }
        };
        write().with_context(|| format!("cannot write {}", to.display()))?;
    }
    Ok(())
}

/// The path from the root of the file system, without `.` and `..`.
fn whole(path: &Path) -> anyhow::Result<PathBuf> {
    let parent = path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
    let real = match path.file_name() {
        Some(name) if !path.is_dir() => fs::canonicalize(parent).map(|parent| parent.join(name)),
        _ => fs::canonicalize(path),
    };
    real.with_context(|| format!("cannot read {}", path.display()))
}

fn common(a: &Path, b: &Path) -> PathBuf {
    a.components().zip(b.components()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
}
