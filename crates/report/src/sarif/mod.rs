//! SARIF 2.1.0, as code scanning services read it.
//!
//! Limits are those of GitHub: a run with more than 25,000 results is refused as a whole and 5,000 are shown, so the worst
//! come first, no more are written, and a notification says what was left out.

mod fix;
mod notes;
mod result;
mod rules;

use std::io::{self, Write};

use rampart_document::{Position, Source, Span};
use serde_json::{Value, json};

use crate::order::worst_first;
use crate::{Base, Report};

/// Results that GitHub accepts in one run.
const MAX_RESULTS: usize = 25_000;
/// Results of those that it shows.
const SHOWN_RESULTS: usize = 5_000;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Writes the report as SARIF 2.1.0, result by result, so memory does not grow with the report.
///
/// # Errors
/// When `out` fails.
pub fn write_sarif(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{{\"$schema\": \"{SCHEMA}\", \"version\": \"2.1.0\", \"runs\": [{{")?;
    write!(
        out,
        "\"tool\": {{\"driver\": {{\"name\": \"Rampart\", \"semanticVersion\": {}, ",
        json!(report.version)
    )?;
    write!(out, "\"informationUri\": \"https://github.com/rampart-dev/rampart\", \"rules\": [")?;
    values(out, report.rules.values().map(rules::descriptor))?;
    writeln!(out, "]}}}},")?;
    writeln!(out, "\"automationDetails\": {{\"id\": \"rampart/\"}},")?;
    writeln!(out, "\"columnKind\": \"unicodeCodePoints\",")?;
    if let Some(uri) = report.base.root_uri() {
        writeln!(out, "\"originalUriBaseIds\": {{\"SRCROOT\": {{\"uri\": {}}}}},", json!(uri))?;
    }
    write!(out, "\"invocations\": [{{\"executionSuccessful\": true, \"toolExecutionNotifications\": [")?;
    values(out, notes::all(report))?;
    writeln!(out, "]}}],")?;
    write!(out, "\"results\": [")?;
    let ids: Vec<&str> = report.rules.keys().copied().collect();
    let order = worst_first(report);
    let chosen = order.iter().take(MAX_RESULTS).map(|&index| &report.findings[index as usize]);
    values(out, chosen.map(|finding| result::result(report, &ids, finding)))?;
    writeln!(out, "]")?;
    writeln!(out, "}}]}}")
}

fn values(out: &mut dyn Write, values: impl Iterator<Item = Value>) -> io::Result<()> {
    for (index, value) in values.enumerate() {
        out.write_all(if index == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut *out, &value)?;
    }
    Ok(())
}

/// `artifactLocation`: relative to the repository where it lies in there.
fn artifact(base: &Base, file: &str) -> Value {
    match base.uri(file) {
        (uri, true) => json!({"uri": uri, "uriBaseId": "SRCROOT"}),
        (uri, false) => json!({"uri": uri}),
    }
}

/// A region by lines and columns, which count characters from 1; the end is exclusive.
fn region(source: &Source, span: Span) -> Value {
    let (start, end) = (source.position(span.start), source.position(span.end));
    points((start.line, start.column), end)
}

fn points((line, column): (u32, u32), end: Position) -> Value {
    json!({"startLine": line, "startColumn": column, "endLine": end.line, "endColumn": end.column})
}
