//! GitLab code quality: a list of issues that merge requests show.

use std::collections::HashSet;
use std::io::{self, Write};

use serde_json::{Value, json};

use crate::order::worst_first;
use crate::text::{first_sentence, plain};
use crate::{Finding, Report, Severity, Verdict, fingerprint, place};

/// Writes the findings as a GitLab code quality report, the worst first. Accepted findings are left out, because the
/// format has no word for them.
///
/// # Errors
/// When `out` fails.
pub fn write_gitlab(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "[")?;
    let mut seen = HashSet::new();
    let mut first = true;
    for index in worst_first(report) {
        let finding = &report.findings[index as usize];
        if finding.excepted.is_some() {
            continue;
        }
        let print = fingerprint(report.inventory.object(finding.object), finding);
        // GitLab wants each fingerprint once; an object that was read twice has two equal findings.
        if !seen.insert(print.clone()) {
            continue;
        }
        out.write_all(if std::mem::take(&mut first) { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut *out, &issue(report, finding, &print))?;
    }
    writeln!(out, "\n]")
}

fn issue(report: &Report<'_>, finding: &Finding, print: &str) -> Value {
    let detail = &finding.detail;
    let object = report.inventory.object(finding.object);
    let at = place(object, &finding.path());
    let begin = at.start.map_or(1, |(line, _)| line);
    let end = at.end.map_or(begin, |(line, _)| line.max(begin));
    let todo = report.rules.get(detail.rule).map(|rule| plain(&first_sentence(&rule.todo)));
    let unknown = if detail.verdict == Verdict::Unknown { "unknown: " } else { "" };
    let description = match todo.filter(|todo| !todo.is_empty()) {
        Some(todo) => format!("{unknown}{} ({object}). {todo}", detail.what),
        None => format!("{unknown}{} ({object})", detail.what),
    };
    json!({
        "description": description,
        "check_name": detail.rule,
        "fingerprint": print,
        "severity": severity(finding),
        "categories": ["Security"],
        "location": {"path": report.base.path(at.file), "lines": {"begin": begin, "end": end}},
    })
}

fn severity(finding: &Finding) -> &'static str {
    match (finding.detail.verdict, finding.detail.severity) {
        (Verdict::Unknown, _) | (_, Severity::Info) => "info",
        (_, Severity::Critical) => "blocker",
        (_, Severity::High) => "critical",
        (_, Severity::Medium) => "major",
        (_, Severity::Low) => "minor",
    }
}
