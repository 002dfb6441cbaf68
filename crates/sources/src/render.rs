//! Running a renderer that is installed.

use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

use rampart_document::{Source, Span, Tree};
use rampart_model::{Problem, Template};

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
) -> Result<String, Problem> {
    for candidate in candidates {
        let output = match Command::new(candidate.program).args(&candidate.arguments).output() {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => {
                return Err(Problem::path(
                    "not-rendered",
                    path,
                    format!("cannot run {}: {error}", candidate.program),
                ));
            }
            Ok(output) => output,
        };
        if output.status.success() {
            return String::from_utf8(output.stdout).map_err(|_| {
                Problem::path("not-rendered", path, format!("{} printed invalid UTF-8", candidate.program))
            });
        }
        let error = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<&str> =
            error.lines().filter(|line| !line.trim().is_empty()).take(ERROR_LINES).collect();
        let message = format!("{} could not render this {what}: {}", candidate.program, lines.join(" / "));
        return Err(
            Problem::path("not-rendered", path, message).help("what it would produce was not checked")
        );
    }
    let programs: Vec<&str> = candidates.iter().map(|candidate| candidate.program).collect();
    let message = format!("this {what} was not checked: {} is not installed", programs.join(" or "));
    Err(Problem::path("not-rendered", path, message).help(format!("{install}, or scan its rendered output")))
}

/// Lines looked at for helm's comment at the start of a document.
const HEAD_LINES: usize = 4;

/// The templates that the documents of `helm template`'s output came from: helm writes `# Source: CHART/PATH` before
/// each. A template that cannot be read (a packed dependency) still names its file.
pub(crate) fn helm_templates(tree: &Tree, chart: &Path) -> Vec<Template> {
    let mut templates = Vec::new();
    for span in tree.document_spans() {
        let text = tree.source().slice(span);
        let comment = text.lines().take(HEAD_LINES).find_map(|line| line.strip_prefix("# Source: "));
        let Some((_, inside)) = comment.and_then(|path| path.trim().split_once('/')) else { continue };
        let path = chart.join(inside);
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        templates.push(Template { span: widen(span), source: Source::new(path.display().to_string(), text) });
    }
    templates
}

/// A value that ends with its document still belongs to it.
fn widen(span: Span) -> Span {
    Span { end: span.end.saturating_add(1), ..span }
}
