//! Running a renderer that is installed.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rampart_document::{Source, Span, Tree};
use rampart_model::{Link, Problem, Template};

use crate::run::{Ended, run};

/// A program that turns a directory into manifests.
pub(crate) struct Renderer {
    pub(crate) program: &'static str,
    pub(crate) arguments: Vec<String>,
}

/// What a renderer printed.
pub(crate) struct Rendered {
    pub(crate) by: &'static str,
    pub(crate) from: String,
    pub(crate) source: Source,
}

/// Lines of a renderer's error that are shown; helm repeats itself.
const ERROR_LINES: usize = 3;

/// Runs the first of `candidates` that is installed. The problem says what to install, or what the program said.
pub(crate) fn run_first(
    candidates: &[Renderer],
    path: &str,
    what: &str,
    install: &str,
    limit: Duration,
) -> Result<String, Problem> {
    let failed = |message: String| Problem::path("not-rendered", path, message);
    for Renderer { program, arguments } in candidates {
        match run(program, arguments, limit) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(failed(format!("cannot run {program}: {error}"))),
            Ok(Ended::TimedOut) => {
                let message = format!(
                    "{program} was stopped: it took longer than {} s over this {what}",
                    limit.as_secs()
                );
                return Err(failed(message)
                    .help("it may wait for something remote; --render-timeout gives it more time"));
            }
            Ok(Ended::Exited { success: true, stdout, .. }) => {
                return String::from_utf8(stdout)
                    .map_err(|_| failed(format!("{program} printed invalid UTF-8")));
            }
            Ok(Ended::Exited { stderr, .. }) => {
                let error = String::from_utf8_lossy(&stderr);
                let message = format!("{program} could not render this {what}: {}", shorten(&error));
                return Err(failed(message).help(advice(&error)));
            }
        }
    }
    let programs: Vec<&str> = candidates.iter().map(|candidate| candidate.program).collect();
    let message = format!("this {what} was not checked: {} is not installed", programs.join(" or "));
    Err(failed(message).help(format!("{install}, or scan its rendered output")))
}

/// The lines of a renderer's error that tell something.
fn shorten(error: &str) -> String {
    let lines = error.lines().map(str::trim).filter(|line| !line.is_empty());
    let told = lines.filter(|line| !line.starts_with("Use --debug"));
    let told: Vec<&str> =
        told.map(|line| line.strip_prefix("Error: ").unwrap_or(line)).take(ERROR_LINES).collect();
    told.join(" / ")
}

/// What to do about a renderer's error.
fn advice(error: &str) -> &'static str {
    if error.contains("missing in charts/") {
        "run `helm dependency build` in the chart first"
    } else {
        "what it would produce was not checked"
    }
}

/// Lines looked at for helm's comment at the start of a document.
const HEAD_LINES: usize = 4;

/// The templates that the documents of `helm template`'s output came from: helm writes `# Source: CHART/PATH` before
/// each. A template in a packed dependency is told by its archive.
pub(crate) fn helm_templates(tree: &Tree, chart: &Path) -> Vec<Template> {
    let mut templates = Vec::new();
    for span in tree.document_spans() {
        let text = tree.source().slice(span);
        let comment = text.lines().take(HEAD_LINES).find_map(|line| line.strip_prefix("# Source: "));
        let Some((_, inside)) = comment.and_then(|path| path.trim().split_once('/')) else { continue };
        let path = template_file(chart, inside);
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let source = Source::new(path.display().to_string(), text);
        templates.push(Template { span: widen(span), source, link: Link::Lines });
    }
    templates
}

/// A value that ends with its document still belongs to it.
pub(crate) fn widen(span: Span) -> Span {
    Span { end: span.end.saturating_add(1), ..span }
}

/// The file on disk of a template: itself, or the archive of the dependency that holds it.
fn template_file(chart: &Path, inside: &str) -> PathBuf {
    let path = chart.join(inside);
    if path.exists() {
        return path;
    }
    let mut directory = chart.to_owned();
    let mut parts = inside.split('/').peekable();
    while let Some(part) = parts.next() {
        directory.push(part);
        if let ("charts", Some(name)) = (part, parts.peek())
            && !directory.join(name).exists()
        {
            return archive(&directory, name).unwrap_or(path);
        }
    }
    path
}

/// `NAME-VERSION.tgz` in a `charts` directory; versions start with a digit, perhaps after a `v`.
fn archive(directory: &Path, name: &str) -> Option<PathBuf> {
    let is_it = |file: &str| {
        let version = file.strip_prefix(name).and_then(|rest| rest.strip_prefix('-'));
        version.and_then(|version| version.strip_suffix(".tgz")).is_some_and(|version| {
            version.strip_prefix('v').unwrap_or(version).starts_with(|c: char| c.is_ascii_digit())
        })
    };
    let entries = std::fs::read_dir(directory).ok()?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    paths.filter(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(is_it)).min()
}
