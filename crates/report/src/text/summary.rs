use std::io::{self, Write};

use rampart_document::Level;

use crate::text::Text;
use crate::{Counts, Severity};

/// Counts by severity and group, what was checked, what was not, and what to do next.
pub(super) fn write(text: &Text<'_>, by_rule: bool, out: &mut dyn Write) -> io::Result<()> {
    let report = text.report;
    if !report.findings.is_empty() {
        table(text, out)?;
        writeln!(out)?;
    }
    let (workloads, templates) = report.templates;
    let mut line = format!(
        "{}, {}",
        count(report.inventory.len(), "object"),
        count(report.evaluations.total(), "evaluation")
    );
    if templates < workloads {
        line.push_str(&format!(", {workloads} pod templates ({templates} distinct)"));
    }
    line.push_str(&format!(", {} unknown", report.evaluations.unknown));
    let excepted = report.totals().excepted;
    if excepted > 0 {
        line.push_str(&format!(", excepted {excepted}"));
    }
    if let Some(elapsed) = report.elapsed {
        line.push_str(&format!(", in {}", human(elapsed)));
    }
    writeln!(out, "{}", text.styles.heading.paint(&line))?;
    if report.findings.len() == excepted && report.hidden == 0 && report.known == 0 {
        let rules = count(report.rules.len(), "rule");
        let verdict = if report.inventory.is_empty() {
            "nothing was checked: no Kubernetes objects found"
        } else if excepted > 0 {
            "no other findings"
        } else {
            "no findings"
        };
        writeln!(out, "{verdict}; {rules} ran")?;
    }
    if report.known > 0 {
        let none = if report.findings.len() == excepted { "no new findings; " } else { "" };
        writeln!(out, "{none}{} known to the baseline not shown", count(report.known, "finding"))?;
    }
    if report.hidden > 0 {
        writeln!(out, "{} below the asked severity not shown", count(report.hidden, "finding"))?;
    }
    let errors = report.problems.iter().filter(|problem| problem.level == Level::Error).count();
    if errors > 0 {
        writeln!(out, "not read in full: {} (listed on standard error)", count(errors, "input problem"))?;
    }
    if by_rule {
        writeln!(out, "grouped by rule because there are many; -v lists every finding by object")?;
    }
    let open = report.findings.iter().filter(|finding| finding.excepted.is_none());
    if let Some(finding) = open.max_by_key(|finding| finding.detail.severity) {
        writeln!(out, "next: rampart explain {}", finding.detail.rule)?;
    }
    Ok(())
}

/// Columns of a number, and the words above on terminals too narrow for the whole ones.
const CELL: usize = 8;
const NARROW_CELL: usize = 4;
const NARROW: [&str; 6] = ["crit", "high", "med", "low", "info", "unkn"];

fn table(text: &Text<'_>, out: &mut dyn Write) -> io::Result<()> {
    let groups = text.report.by_group();
    let width = groups.keys().map(|name| name.len()).max().unwrap_or(0).max(5);
    let severities = Severity::ALL.map(|severity| (severity.as_str(), text.styles.severity(severity)));
    let heads = severities.into_iter().chain([("unknown", text.styles.unknown)]);
    let narrow = text.options.width < width + NARROW.len() * (CELL + 2);
    let cell = if narrow { NARROW_CELL } else { CELL };
    write!(out, "{:width$}", "")?;
    for ((word, style), short) in heads.zip(NARROW) {
        let word = if narrow { short } else { word };
        write!(out, "  {}", style.paint(&format!("{word:>cell$}")))?;
    }
    writeln!(out)?;
    for (name, counts) in &groups {
        row(text, name, (width, cell), counts, out)?;
    }
    if groups.len() > 1 {
        row(text, "total", (width, cell), &text.report.totals(), out)?;
    }
    Ok(())
}

fn row(
    text: &Text<'_>,
    name: &str,
    (width, cell): (usize, usize),
    counts: &Counts,
    out: &mut dyn Write,
) -> io::Result<()> {
    write!(out, "{name:width$}")?;
    for number in counts.failed.iter().chain([&counts.unknown]) {
        let digits = format!("{number:>cell$}");
        write!(out, "  {}", if *number == 0 { text.styles.dim.paint(&digits) } else { digits })?;
    }
    writeln!(out)
}

/// `1 object`, `3,402 evaluations`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{grouped} {noun}{}", if number == 1 { "" } else { "s" })
}

fn human(elapsed: std::time::Duration) -> String {
    if elapsed.as_millis() < 10_000 {
        format!("{} ms", elapsed.as_millis())
    } else {
        format!("{:.1} s", elapsed.as_secs_f64())
    }
}
