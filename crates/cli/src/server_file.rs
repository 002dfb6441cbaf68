//! Configuration files of the API server: what keeps it from starting is shown where it stands, and ends the command.

use anyhow::{Context as _, anyhow, bail};
use rampart_document::{Diagnostic, Limits, Node, Source, Span, parse_yaml};
use rampart_report::problem_text;

use crate::terminal;

/// Reads one document; `code` names the kind of its errors.
pub(crate) fn read<T>(
    file: &str,
    code: &'static str,
    reader: impl FnOnce(Node<'_>) -> Result<T, Vec<(Span, String)>>,
) -> anyhow::Result<(Source, T)> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?;
    let source = Source::new(file.to_owned(), text);
    let parsed = parse_yaml(&source, &Limits::default());
    let shown = |diagnostics: Vec<Diagnostic>| {
        let texts: Vec<String> = diagnostics
            .into_iter()
            .map(|one| problem_text(&rampart_model::Problem::text(&source, one), &terminal::stderr()))
            .collect();
        anyhow!("{}", texts.join("\n\n")).context(format!("the API server would not load {file}"))
    };
    if !parsed.diagnostics.is_empty() {
        return Err(shown(parsed.diagnostics));
    }
    let Some(root) = parsed.tree.documents().next() else { bail!("{file} is empty") };
    let value = reader(root).map_err(|errors| {
        shown(errors.into_iter().map(|(span, what)| Diagnostic::error(code, span, what)).collect())
    })?;
    Ok((source.clone(), value))
}
