//! Trees of the git repository around the current directory: its index and its revisions, as plain files in a directory
//! that goes away. Neither the user's files nor the repository are changed.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, anyhow, bail};
use tempfile::TempDir;

/// The repository around the current directory.
#[derive(Debug)]
pub(crate) struct Repository {
    root: PathBuf,
    /// From the root to the current directory.
    prefix: PathBuf,
}

/// Files of an index or a revision, and where one would stand in it.
#[derive(Debug)]
pub(crate) struct Checkout {
    directory: TempDir,
}

/// The current directory is another one as long as this lives.
#[derive(Debug)]
pub(crate) struct Inside {
    back: PathBuf,
}

impl Repository {
    /// Finds the repository.
    pub(crate) fn here() -> anyhow::Result<Self> {
        let root = git(None, &["rev-parse", "--show-toplevel"], None)?;
        let prefix = git(None, &["rev-parse", "--show-prefix"], None)?;
        Ok(Self { root: PathBuf::from(line(&root)), prefix: PathBuf::from(line(&prefix)) })
    }

    /// The files as they are staged for the next commit.
    pub(crate) fn index(&self) -> anyhow::Result<Checkout> {
        self.check_out(None)
    }

    /// The files of a revision: a branch, a tag, a commit, anything that git understands.
    pub(crate) fn revision(&self, name: &str) -> anyhow::Result<Checkout> {
        let asked = format!("{name}^{{commit}}");
        let arguments = ["rev-parse", "--verify", "--quiet", "--end-of-options", &asked];
        let Ok(commit) = git(Some(&self.root), &arguments, None) else {
            bail!("`{name}` is no revision of {}", self.root.display());
        };
        let index = tempfile::tempdir().context("cannot make a temporary directory")?;
        let index = index.path().join("index");
        git(Some(&self.root), &["read-tree", line(&commit)], Some(&index))?;
        self.check_out(Some(&index))
    }

    fn check_out(&self, index: Option<&Path>) -> anyhow::Result<Checkout> {
        let directory = tempfile::tempdir().context("cannot make a temporary directory")?;
        let prefix = format!("--prefix={}/", directory.path().display());
        git(Some(&self.root), &["checkout-index", "--all", "--quiet", &prefix], index)?;
        Ok(Checkout { directory })
    }

    /// The files whose staged contents differ from the last commit, from the root.
    pub(crate) fn staged(&self) -> anyhow::Result<BTreeSet<String>> {
        let arguments = ["diff", "--cached", "--name-only", "--no-renames", "--diff-filter=d", "-z"];
        let output = git(Some(&self.root), &arguments, None)?;
        Ok(output.split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect())
    }

    /// A path as the user gave it, from the repository's root; `.` for the root itself.
    pub(crate) fn path(&self, given: &str) -> anyhow::Result<String> {
        let outside = || anyhow!("{given} is not in the repository {}", self.root.display());
        if given == "-" {
            bail!("standard input is in no git repository; give a path");
        }
        let given_path = Path::new(given);
        let joined = if given_path.is_absolute() {
            let real = given_path.canonicalize().unwrap_or_else(|_| given_path.to_owned());
            real.strip_prefix(&self.root).map_err(|_| outside())?.to_owned()
        } else {
            self.prefix.join(given_path)
        };
        let mut parts: Vec<&std::ffi::OsStr> = Vec::new();
        for component in joined.components() {
            match component {
                Component::Normal(name) => parts.push(name),
                Component::ParentDir if parts.pop().is_none() => return Err(outside()),
                _ => {}
            }
        }
        let path = parts.iter().collect::<PathBuf>();
        Ok(if parts.is_empty() { ".".to_owned() } else { path.display().to_string() })
    }
}

impl Checkout {
    /// Makes the tree the current directory, so that its files have the names they have in the repository.
    pub(crate) fn enter(&self) -> anyhow::Result<Inside> {
        let back = std::env::current_dir().context("cannot tell the current directory")?;
        std::env::set_current_dir(self.directory.path()).context("cannot enter a temporary directory")?;
        Ok(Inside { back })
    }

    /// Whether the tree has something at a path, or the path is a pattern.
    pub(crate) fn has(&self, path: &str) -> bool {
        path.contains(['*', '?', '[']) || self.directory.path().join(path).exists()
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        // The directory was there a moment ago; if it is gone, relative paths would have failed anyway.
        let _ = std::env::set_current_dir(&self.back);
    }
}

/// The first line of an output.
fn line(output: &str) -> &str {
    output.strip_suffix('\n').unwrap_or(output)
}

/// Runs git and gives its standard output.
fn git(directory: Option<&Path>, arguments: &[&str], index: Option<&Path>) -> anyhow::Result<String> {
    let mut command = Command::new("git");
    if let Some(directory) = directory {
        command.arg("-C").arg(directory);
    }
    if let Some(index) = index {
        command.env("GIT_INDEX_FILE", index);
    }
    let output = command.args(arguments).output().context("cannot run git; it must be installed for this")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.trim().trim_start_matches("fatal: ");
        bail!("git {} failed: {said}", arguments[0]);
    }
    String::from_utf8(output.stdout).context("git named a file that is not UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_from_the_root() {
        let repository = Repository { root: PathBuf::from("/repo"), prefix: PathBuf::from("deploy/") };
        for (given, want) in [
            (".", Some("deploy")),
            ("..", Some(".")),
            ("a/./b.yaml", Some("deploy/a/b.yaml")),
            ("../x/*.yaml", Some("x/*.yaml")),
            ("/repo/deploy/y", Some("deploy/y")),
            ("/elsewhere", None),
            ("../../x", None),
            ("-", None),
        ] {
            assert_eq!(repository.path(given).ok().as_deref(), want, "{given}");
        }
    }
}
