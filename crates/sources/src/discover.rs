//! From the paths of the command line to the files, charts and kustomizations to read, in a fixed order.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

use crate::kustomize;
use rampart_model::Problem;

/// What [`discover`] found, each list sorted by path.
#[derive(Debug, Default)]
pub(crate) struct Discovered {
    pub(crate) files: Vec<PathBuf>,
    pub(crate) charts: Vec<PathBuf>,
    pub(crate) kustomizations: Vec<PathBuf>,
    pub(crate) problems: Vec<Problem>,
    /// Files inside charts and kustomizations, which are read through their renderer.
    pub(crate) left_to_renderers: usize,
}

/// Resolves one argument: a file, a directory, or a shell pattern.
pub(crate) fn discover(argument: &str, found: &mut Discovered) {
    let path = Path::new(argument);
    if path.is_dir() {
        return directory(path, found);
    }
    if path.exists() || path.is_symlink() {
        return file(path, found);
    }
    let matches = if argument.contains(['*', '?', '[']) { glob::glob(argument).ok() } else { None };
    let mut any = false;
    for entry in matches.into_iter().flatten() {
        any = true;
        match entry {
            Ok(path) if path.is_dir() => directory(&path, found),
            Ok(path) => file(&path, found),
            Err(error) => {
                let path = error.path().display().to_string();
                found.problems.push(Problem::path(
                    "unreadable",
                    path,
                    format!("cannot read: {}", error.error()),
                ));
            }
        }
    }
    if !any {
        let problem = Problem::path("not-found", argument, "no such file or directory");
        found
            .problems
            .push(problem.help("give a file, a directory, a pattern in quotes, or - for standard input"));
    }
}

fn file(path: &Path, found: &mut Discovered) {
    match path.file_name().and_then(|name| name.to_str()) {
        Some("Chart.yaml") => found.charts.push(parent(path)),
        Some(name) if kustomize::FILE_NAMES.contains(&name) => found.kustomizations.push(parent(path)),
        _ => found.files.push(path.to_owned()),
    }
}

fn parent(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn directory(root: &Path, found: &mut Discovered) {
    let mut files = Vec::new();
    let mut charts = BTreeSet::new();
    let mut kustomizations = BTreeSet::new();
    // follow_links finds linked files; the walker reports loops instead of following them.
    let walk =
        WalkBuilder::new(root).follow_links(true).require_git(false).sort_by_file_path(Path::cmp).build();
    for entry in walk {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                found.problems.push(walk_problem(root, &error));
                continue;
            }
        };
        let Some(kind) = entry.file_type().filter(|kind| !kind.is_dir()) else { continue };
        let path = entry.into_path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if !kind.is_file() {
            // A pipe or a device: the reader tells why it is left out.
            if is_manifest_name(name) {
                files.push(path);
            }
        } else if name == "Chart.yaml" {
            charts.insert(parent(&path));
        } else if kustomize::FILE_NAMES.contains(&name) {
            kustomizations.insert(parent(&path));
        } else if is_manifest_name(name) {
            files.push(path);
        }
    }
    // A chart inside another chart is its dependency and rendered with it.
    let inside = |path: &Path, roots: &BTreeSet<PathBuf>| {
        path.ancestors().skip(1).any(|ancestor| {
            roots.contains(ancestor) || (ancestor == Path::new("") && roots.contains(Path::new(".")))
        })
    };
    let top_charts: BTreeSet<PathBuf> =
        charts.iter().filter(|chart| !inside(chart, &charts)).cloned().collect();
    kustomizations.retain(|path| !inside(path, &top_charts) && !top_charts.contains(path));
    let plan = kustomize::plan(&kustomizations, found);
    let before = files.len();
    files.retain(|path| !inside(path, &top_charts) && !plan.owns(path));
    found.left_to_renderers += before - files.len();
    found.files.extend(files);
    found.charts.extend(top_charts);
    found.kustomizations.extend(plan.roots);
}

/// The regular files of a path as git sees them, sorted; the path itself when it is a file, the matches of a pattern.
pub fn files_below(argument: &str) -> Vec<PathBuf> {
    let path = Path::new(argument);
    if path.exists() {
        let walk =
            WalkBuilder::new(path).follow_links(true).require_git(false).sort_by_file_path(Path::cmp).build();
        let entries = walk.flatten().filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()));
        return entries.map(ignore::DirEntry::into_path).collect();
    }
    let matches = glob::glob(argument).into_iter().flatten().flatten();
    matches.flat_map(|path| files_below(&path.display().to_string())).collect()
}

fn is_manifest_name(name: &str) -> bool {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    name == "kubeconfig"
        || matches!(extension.as_deref(), Some("yaml" | "yml" | "json" | "jsonl" | "ndjson" | "kubeconfig"))
}

fn walk_problem(root: &Path, error: &ignore::Error) -> Problem {
    let path = error_path(error).unwrap_or(root).display().to_string();
    if let Some(ancestor) = loop_ancestor(error) {
        let message = format!("this link leads back to {} and was not followed", ancestor.display());
        return Problem::path("link-loop", path, message).warning();
    }
    let message = match error.io_error() {
        Some(io) if io.kind() == std::io::ErrorKind::NotFound => "this link leads nowhere".to_owned(),
        Some(io) => format!("cannot read: {io}"),
        None => format!("cannot read: {error}"),
    };
    Problem::path("unreadable", path, message)
}

fn error_path(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::Loop { child, .. } => Some(child),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => error_path(err),
        _ => None,
    }
}

fn loop_ancestor(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::Loop { ancestor, .. } => Some(ancestor),
        ignore::Error::WithPath { err, .. }
        | ignore::Error::WithDepth { err, .. }
        | ignore::Error::WithLineNumber { err, .. } => loop_ancestor(err),
        _ => None,
    }
}
