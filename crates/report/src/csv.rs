//! CSV: one row for each finding and fact, for spreadsheets.

use std::io::{self, Write};

use crate::{Fact, Finding, Report, Safety, Verdict, fingerprint, place};

const HEAD: [&str; 19] = [
    "verdict",
    "severity",
    "rule",
    "title",
    "group",
    "apiVersion",
    "kind",
    "namespace",
    "name",
    "path",
    "file",
    "line",
    "column",
    "what",
    "frameworks",
    "fix",
    "excepted",
    "fingerprint",
    "list",
];

/// Writes the report as CSV (RFC 4180, CRLF, a header row). `verdict` is fail, unknown, fact or pass; `excepted` says why
/// a finding was accepted; `list` is the list a fact belongs to. Cells that a spreadsheet would run as a formula start with an apostrophe.
///
/// # Errors
/// When `out` fails.
pub fn write_csv(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut writer = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(out);
    writer.write_record(HEAD)?;
    for finding in report.findings {
        writer.write_record(row(report, finding).iter().map(|cell| harmless(cell)))?;
    }
    for fact in report.facts {
        writer.write_record(fact_row(report, fact).iter().map(|cell| harmless(cell)))?;
    }
    for &(rule, id) in report.passed {
        let mut cells = about(report, "pass", "", rule, id);
        cells.resize(HEAD.len(), String::new());
        writer.write_record(cells.iter().map(|cell| harmless(cell)))?;
    }
    writer.flush()
}

/// The columns up to `name`.
fn about(
    report: &Report<'_>,
    verdict: &str,
    severity: &str,
    id: &str,
    object: rampart_model::ObjectId,
) -> Vec<String> {
    let rule = report.rules.get(id);
    let object = report.inventory.object(object);
    [
        verdict,
        severity,
        id,
        rule.map_or("", |rule| rule.title),
        rule.map_or("", |rule| rule.group),
        object.api_version(),
        object.kind(),
        object.effective_namespace().unwrap_or(""),
        object.name(),
    ]
    .map(str::to_owned)
    .into()
}

fn row(report: &Report<'_>, finding: &Finding) -> Vec<String> {
    let detail = &finding.detail;
    let object = report.inventory.object(finding.object);
    let path = finding.path();
    let at = place(object, &path);
    let verdict = if detail.verdict == Verdict::Fail { "fail" } else { "unknown" };
    let controls: Vec<String> = report
        .rules
        .get(detail.rule)
        .into_iter()
        .flat_map(|rule| &rule.frameworks)
        .flat_map(|(name, ids)| ids.iter().map(move |id| format!("{name}/{id}")))
        .collect();
    let fix = detail.fix.as_ref().map_or(String::new(), |fix| {
        let safety = if fix.safety == Safety::Safe { "safe" } else { "review" };
        format!("{safety}: {}", fix.title)
    });
    let mut cells = about(report, verdict, detail.severity.as_str(), detail.rule, finding.object);
    cells.extend([
        path.as_str().to_owned(),
        at.file.to_owned(),
        at.start.map_or_else(String::new, |(line, _)| line.to_string()),
        at.start.map_or_else(String::new, |(_, column)| column.to_string()),
        detail.what.to_string(),
        controls.join(" "),
        fix,
        report.exception(finding).map_or_else(String::new, crate::Exception::text),
        fingerprint(object, finding),
        String::new(),
    ]);
    cells
}

fn fact_row(report: &Report<'_>, fact: &Fact) -> Vec<String> {
    let path = fact.path();
    let at = place(report.inventory.object(fact.object), &path);
    let mut cells = about(report, "fact", "", fact.text.rule, fact.object);
    cells.extend([
        path.as_str().to_owned(),
        at.file.to_owned(),
        at.start.map_or_else(String::new, |(line, _)| line.to_string()),
        at.start.map_or_else(String::new, |(_, column)| column.to_string()),
        fact.text.what.clone(),
    ]);
    cells.resize(HEAD.len() - 1, String::new());
    cells.push(fact.text.list.to_owned());
    cells
}

/// Spreadsheets run cells that start like this, and names come from whoever wrote the manifest.
fn harmless(cell: &str) -> String {
    let runs = cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && cell != "-";
    if runs { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_cell_is_a_formula() {
        assert_eq!(super::harmless("=HYPERLINK(1)"), "'=HYPERLINK(1)");
        assert_eq!((super::harmless("-"), super::harmless("a=b")), ("-".to_owned(), "a=b".to_owned()));
    }
}
