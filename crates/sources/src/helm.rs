//! Charts through the installed `helm`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rampart_document::{Limits, Node, Source, parse_yaml};

use crate::read;
use crate::render::{Rendered, Renderer, run_first};
use rampart_model::Problem;

/// How charts are rendered.
#[derive(Debug, Clone, Default)]
pub struct HelmOptions {
    /// Values files, in order (`-f`).
    pub values: Vec<String>,
    /// Single values (`--set`).
    pub set: Vec<String>,
    /// Further arguments of `helm template`, as they are.
    pub arguments: Vec<String>,
}

/// True for a chart that only helps others: `type: library`. It renders nothing by itself.
pub(crate) fn is_library(directory: &Path) -> bool {
    let Ok(source) = read::text(&directory.join("Chart.yaml")) else { return false };
    let tree = parse_yaml(&source, &Limits::default()).tree;
    tree.documents().any(|root| root.get("type").and_then(Node::scalar_text) == Some("library"))
}

/// The values of charts: `values*.yaml` beside `Chart.yaml`, and the files that were given. Files that cannot be read are
/// left out: the renderer reports them.
pub(crate) fn values_files(charts: &[&Path], options: &HelmOptions) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = Vec::new();
    for chart in charts {
        let entries = std::fs::read_dir(chart).into_iter().flatten().flatten();
        let is_values = |path: &PathBuf| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
            name.starts_with("values") && (name.ends_with(".yaml") || name.ends_with(".yml"))
        };
        files.extend(entries.map(|entry| entry.path()).filter(is_values));
    }
    files.sort();
    if !charts.is_empty() {
        files.extend(options.values.iter().map(PathBuf::from));
    }
    let mut seen = BTreeSet::new();
    files.retain(|path| path.is_file() && seen.insert(path.canonicalize().unwrap_or_else(|_| path.clone())));
    files
}

/// Renders one chart with `helm template`.
pub(crate) fn render(
    directory: &Path,
    options: &HelmOptions,
    namespace: Option<&str>,
    limit: Duration,
) -> Result<Rendered, Problem> {
    let path = directory.display().to_string();
    let mut arguments: Vec<String> =
        ["template", "release-name", path.as_str(), "--include-crds"].map(String::from).into();
    if let Some(namespace) = namespace {
        arguments.extend(["--namespace".to_owned(), namespace.to_owned()]);
    }
    for values in &options.values {
        arguments.extend(["--values".to_owned(), values.clone()]);
    }
    for set in &options.set {
        arguments.extend(["--set".to_owned(), set.clone()]);
    }
    arguments.extend(options.arguments.iter().cloned());
    let candidates = [Renderer { program: "helm", arguments }];
    let output = run_first(&candidates, &path, "chart", "install helm", limit)?;
    Ok(Rendered { by: "helm", from: path.clone(), source: Source::new(path, output) })
}
