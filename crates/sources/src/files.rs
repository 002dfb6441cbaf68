//! Paths to an inventory.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rampart_document::{Limits, Parsed, Source, parse_json, parse_json_lines, parse_yaml};
use rampart_model::{Coverage, Inventory, InventoryBuilder, Origin, State, Template};
use rayon::prelude::*;

use crate::discover::{Discovered, discover};
use crate::render::{Rendered, helm_templates};
use rampart_model::Problem;

use crate::{HelmOptions, helm, kustomize, origins, read};

/// One input as the user named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A file, directory, chart, kustomization or pattern.
    Path(String),
    /// Standard input.
    Stdin,
}

impl Input {
    /// `-` is standard input, everything else a path.
    pub fn parse(argument: &str) -> Self {
        if argument == "-" { Self::Stdin } else { Self::Path(argument.to_owned()) }
    }
}

/// How inputs are read.
#[derive(Debug, Clone)]
pub struct Options {
    /// What was given is all there is: references to objects outside it are dangling, not unknown.
    pub complete: bool,
    /// Namespace of objects that name none.
    pub namespace: Option<String>,
    /// How charts are rendered.
    pub helm: HelmOptions,
    /// How long a renderer may take over one chart or kustomization before it is stopped.
    pub render_timeout: Duration,
    /// Limits on documents.
    pub limits: Limits,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            complete: false,
            namespace: None,
            helm: HelmOptions::default(),
            render_timeout: Duration::from_secs(60),
            limits: Limits::default(),
        }
    }
}

/// How far [`load`] is, for whoever shows it; read from another thread.
#[derive(Debug, Default)]
pub struct Progress {
    /// Texts to read; 0 until they are known.
    pub total: AtomicU64,
    /// Texts read.
    pub done: AtomicU64,
}

/// What was read.
#[derive(Debug)]
pub struct Loaded {
    /// The objects.
    pub inventory: Inventory,
    /// What could not be read, in input order.
    pub problems: Vec<Problem>,
    /// Files that were read.
    pub files: usize,
    /// Bytes of manifests that were read, rendered ones included.
    pub bytes: u64,
    /// Files inside charts and kustomizations, read through their renderer.
    pub left_to_renderers: usize,
    /// Library charts, which render nothing by themselves.
    pub libraries: usize,
}

enum Work {
    File(PathBuf),
    Stdin,
    Chart(PathBuf),
    Kustomization(PathBuf),
    /// Values of a chart, read for what they hold; its objects come from the renderer.
    Values(PathBuf),
}

impl Work {
    fn chart(&self) -> Option<&Path> {
        if let Self::Chart(path) = self { Some(path) } else { None }
    }
}

/// One text after parsing, with where it came from.
struct Piece {
    source: Source,
    parsed: Parsed,
    origin: Origin,
    templates: Vec<Template>,
    /// Holds values of a chart and no objects.
    values: bool,
}

/// Reads all inputs on all cores. Never fails as a whole: what cannot be read is a problem and a gap in the coverage.
pub fn load(inputs: &[Input], options: &Options, progress: &Progress) -> Loaded {
    let mut found = Discovered::default();
    let mut work: Vec<Work> = Vec::new();
    for input in inputs {
        match input {
            Input::Stdin => work.push(Work::Stdin),
            Input::Path(path) => {
                discover(path, &mut found);
                work.extend(found.files.drain(..).map(Work::File));
                work.extend(found.kustomizations.drain(..).map(Work::Kustomization));
                work.extend(found.charts.drain(..).map(Work::Chart));
            }
        }
    }
    let before = work.len();
    work.retain(|work| !matches!(work, Work::Chart(path) if helm::is_library(path)));
    let libraries = before - work.len();
    let charts: Vec<&Path> = work.iter().filter_map(Work::chart).collect();
    let values = helm::values_files(&charts, &options.helm);
    work.extend(values.into_iter().map(Work::Values));
    progress.total.store(work.len() as u64, Ordering::Relaxed);
    let read = |work: &Work| {
        let piece = perform(work, options);
        progress.done.fetch_add(1, Ordering::Relaxed);
        piece
    };
    let pieces: Vec<Result<Piece, Problem>> = work.par_iter().map(read).collect();
    let mut problems = found.problems;
    let mut coverage = if options.complete { Coverage::complete() } else { Coverage::partial() };
    let mut builder = InventoryBuilder::new();
    let mut sources = Vec::new();
    let mut bytes = 0;
    let mut values_files = 0;
    for piece in pieces {
        match piece {
            // What is wrong with values is for the renderer to say.
            Ok(Piece { source, parsed, values: true, .. }) => {
                values_files += 1;
                sources.push(source);
                builder.values_unit(parsed.tree);
            }
            Ok(Piece { source, parsed, origin, templates, .. }) => {
                bytes += source.text().len() as u64;
                problems.extend(
                    parsed.diagnostics.into_iter().map(|diagnostic| Problem::text(&source, diagnostic)),
                );
                sources.push(source);
                builder.rendered_unit(parsed.tree, origin, templates);
            }
            Err(problem) => problems.push(problem),
        }
    }
    if let Some(problem) = problems.iter().find(|problem| problem.level == rampart_document::Level::Error) {
        coverage.set(
            "*",
            None,
            State::Partial(format!("part of the input was not read ({})", problem.message)),
        );
    }
    builder.coverage(coverage);
    if let Some(namespace) = &options.namespace {
        builder.default_namespace(namespace.clone());
    }
    let (inventory, diagnostics) = builder.build();
    problems
        .extend(diagnostics.into_iter().map(|(unit, diagnostic)| Problem::text(&sources[unit], diagnostic)));
    let (files, left_to_renderers) = (sources.len() - values_files, found.left_to_renderers);
    Loaded { inventory, problems, files, bytes, left_to_renderers, libraries }
}

fn perform(work: &Work, options: &Options) -> Result<Piece, Problem> {
    match work {
        Work::File(path) => read::text(path).map(|source| piece(source, options)),
        Work::Stdin => read::stdin().map(|source| piece(source, options)),
        Work::Chart(path) => {
            helm::render(path, &options.helm, options.namespace.as_deref(), options.render_timeout)
                .map(|rendered| from_renderer(rendered, options))
        }
        Work::Kustomization(path) => {
            kustomize::render(path, options.render_timeout).map(|rendered| from_renderer(rendered, options))
        }
        Work::Values(path) => read::text(path).map(|source| Piece { values: true, ..piece(source, options) }),
    }
}

fn from_renderer(rendered: Rendered, options: &Options) -> Piece {
    let parsed = parse_yaml(&rendered.source, &options.limits);
    let templates = match rendered.by {
        "helm" => helm_templates(&parsed.tree, Path::new(&rendered.from)),
        _ => origins::templates(&parsed.tree, Path::new(&rendered.from)),
    };
    let origin = Origin::Rendered { by: rendered.by, from: rendered.from };
    Piece { source: rendered.source, parsed, origin, templates, values: false }
}

fn piece(source: Source, options: &Options) -> Piece {
    let parsed = parse(&source, &options.limits);
    Piece { source, parsed, origin: Origin::File, templates: Vec::new(), values: false }
}

/// Chooses the reader by name and content. JSON in a `.yaml` file is read as YAML, which includes it.
fn parse(source: &Source, limits: &Limits) -> Parsed {
    let extension = source.name().rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    let looks_like_json = || source.text().trim_start().starts_with(['{', '[']);
    match extension.as_deref() {
        Some("json") => parse_json(source, limits),
        Some("jsonl" | "ndjson") => parse_json_lines(source, limits),
        Some("yaml" | "yml") => parse_yaml(source, limits),
        _ if looks_like_json() => parse_json_lines(source, limits),
        _ => parse_yaml(source, limits),
    }
}
