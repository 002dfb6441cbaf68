use std::io::{self, Write};

use anstyle::Style;
use rampart_report::{Severity, Verdict};
use rampart_triage::{Change, Changed, Difference};

/// The answer first, then what changed, the worst first.
pub(super) fn write(
    difference: &Difference,
    names: &(String, String),
    out: &mut dyn Write,
) -> io::Result<()> {
    let bold = if is_colored() { Style::new().bold() } else { Style::new() };
    let count = |change| difference.count(change);
    let mut line = format!(
        "{} new, {} fixed, {} changed, {} unchanged",
        count(Change::New),
        count(Change::Fixed),
        count(Change::Severity),
        difference.unchanged
    );
    if count(Change::Excepted) > 0 {
        line.push_str(&format!(", {} accepted", count(Change::Excepted)));
    }
    writeln!(out, "{bold}{line}{bold:#}  ({} -> {})", names.0, names.1)?;
    let parts = [
        (Change::New, "new"),
        (Change::Severity, "changed severity"),
        (Change::Fixed, "fixed"),
        (Change::Excepted, "accepted"),
    ];
    for (change, heading) in parts {
        let of_change: Vec<&Changed> =
            difference.changes.iter().filter(|changed| changed.change == change).collect();
        if !of_change.is_empty() {
            writeln!(out, "\n{bold}{heading}{bold:#}")?;
        }
        for changed in of_change {
            one(changed, out)?;
        }
    }
    if let Some(worst) = difference.changes.iter().find(|changed| changed.change == Change::New) {
        writeln!(out, "\nnext: rampart explain {}", worst.record.rule)?;
    }
    Ok(())
}

fn one(changed: &Changed, out: &mut dyn Write) -> io::Result<()> {
    let record = &changed.record;
    let was = changed
        .was
        .map(|(verdict, severity)| format!(" (was {})", level(verdict, severity)))
        .unwrap_or_default();
    let what = if record.what.is_empty() { String::new() } else { format!(": {}", record.what) };
    let place = record.place();
    let at = if place.is_empty() { String::new() } else { format!("  {place}") };
    let level = level(record.verdict, record.severity);
    writeln!(out, "  {level:8}{was}  {}  {}{what}{at}", record.rule, record.object)
}

fn level(verdict: Verdict, severity: Severity) -> &'static str {
    if verdict == Verdict::Unknown { "unknown" } else { severity.as_str() }
}

fn is_colored() -> bool {
    anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
}
