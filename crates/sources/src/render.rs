//! Running a renderer that is installed.

use std::io::ErrorKind;
use std::process::Command;

use rampart_document::Source;

use rampart_model::Problem;

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
