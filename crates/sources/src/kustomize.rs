//! Which kustomizations to build, and which files belong to one.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use rampart_document::{Level, Limits, Node, Source, parse_yaml};

use crate::discover::Discovered;
use crate::read;
use crate::render::{Rendered, Renderer, run_first};
use rampart_model::Problem;

/// The names that make a directory a kustomization.
pub(crate) const FILE_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// The file that makes `directory` a kustomization.
pub(crate) fn kustomization_file(directory: &Path) -> Option<PathBuf> {
    FILE_NAMES.iter().map(|name| directory.join(name)).find(|path| path.is_file())
}

/// The kustomizations of a directory tree, sorted out.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// Those that no other one uses: building them builds all.
    pub(crate) roots: Vec<PathBuf>,
    /// Files that some kustomization names (resources, patches, values …).
    named: BTreeSet<PathBuf>,
    directories: BTreeSet<PathBuf>,
}

impl Plan {
    /// True when a file is read through a kustomization: it is named by one, or lies beside a kustomization file.
    pub(crate) fn owns(&self, path: &Path) -> bool {
        self.named.contains(&normal(path))
            || path.parent().is_some_and(|parent| self.directories.contains(&normal(parent)))
    }
}

/// Reads the kustomization files of `directories` and finds the roots: not used by another one, and not a component
/// (a component cannot be built alone).
pub(crate) fn plan(directories: &BTreeSet<PathBuf>, found: &mut Discovered) -> Plan {
    let mut plan =
        Plan { directories: directories.iter().map(|path| normal(path)).collect(), ..Plan::default() };
    let mut components = BTreeSet::new();
    // The problem of its file tells more than the renderer would.
    let mut broken = BTreeSet::new();
    for directory in directories {
        let Some(path) = kustomization_file(directory) else { continue };
        let source = match read::text(&path) {
            Ok(source) => source,
            Err(problem) => {
                found.problems.push(problem);
                broken.insert(normal(directory));
                continue;
            }
        };
        let parsed = parse_yaml(&source, &Limits::default());
        if parsed.diagnostics.iter().any(|diagnostic| diagnostic.level == Level::Error) {
            broken.insert(normal(directory));
        }
        found
            .problems
            .extend(parsed.diagnostics.into_iter().map(|diagnostic| Problem::text(&source, diagnostic)));
        for root in parsed.tree.documents() {
            if root.get("kind").and_then(Node::scalar_text) == Some("Component") {
                components.insert(normal(directory));
            }
            strings(root, &mut |text| {
                plan.named.insert(normal(&directory.join(text)));
            });
        }
    }
    let is_root = |path: &&PathBuf| {
        let path = normal(path);
        !plan.named.contains(&path) && !components.contains(&path) && !broken.contains(&path)
    };
    plan.roots = directories.iter().filter(is_root).cloned().collect();
    plan
}

/// Every string in the document that could be a path: short, on one line.
fn strings(node: Node<'_>, visit: &mut impl FnMut(&str)) {
    match node.scalar_text() {
        Some(text) if text.len() < 512 && !text.contains('\n') && !text.is_empty() => visit(text),
        _ => {
            node.items().for_each(|item| strings(item, visit));
            node.entries().for_each(|(.., value)| strings(value, visit));
        }
    }
}

/// A path without `.` and with `..` resolved by name, for comparing.
pub(crate) fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if out.file_name().is_some() => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

/// Builds one kustomization with `kustomize build` or `kubectl kustomize`, whichever is installed.
pub(crate) fn render(directory: &Path, limit: Duration) -> Result<Rendered, Problem> {
    let path = directory.display().to_string();
    let candidates = [
        Renderer { program: "kustomize", arguments: vec!["build".into(), path.clone()] },
        Renderer { program: "kubectl", arguments: vec!["kustomize".into(), path.clone()] },
    ];
    let output = run_first(&candidates, &path, "kustomization", "install kustomize or kubectl", limit)?;
    Ok(Rendered { by: "kustomize", from: path, source: Source::new(directory.display().to_string(), output) })
}
