use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::text::by_object::rank;
use crate::text::{Distinct, Text, excerpt};
use crate::{Finding, Severity, Verdict};

/// Places listed for a rule before the rest is only counted.
const PLACES: usize = 3;

/// What is said of one rule at one severity; kept in a few words, however many findings it has.
struct Entry<'a> {
    /// The first finding of each of the first groups.
    shown: Vec<&'a Finding>,
    groups: usize,
    findings: usize,
}

/// By rule, the worst first: one excerpt and a few places each.
pub(super) fn write(text: &Text<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut by_rule: BTreeMap<_, Entry<'_>> = BTreeMap::new();
    let mut distinct = Distinct::default();
    // What is accepted is counted below; the others need the room.
    for finding in text.report.findings.iter().filter(|finding| finding.excepted.is_none()) {
        let entry =
            by_rule.entry(rank(finding)).or_insert(Entry { shown: Vec::new(), groups: 0, findings: 0 });
        entry.findings += 1;
        if distinct.is_new(finding) {
            entry.groups += 1;
            if entry.shown.len() < PLACES {
                entry.shown.push(finding);
            }
        }
    }
    for entry in by_rule.values() {
        rule(text, entry, out)?;
    }
    Ok(())
}

fn rule(text: &Text<'_>, entry: &Entry<'_>, out: &mut dyn Write) -> io::Result<()> {
    let &Entry { ref shown, groups, findings } = entry;
    let Some(first) = shown.first() else { return Ok(()) };
    let detail = &first.detail;
    let title = text.report.rules.get(detail.rule).map_or(detail.rule, |rule| rule.title);
    let noun = if findings == 1 { "finding" } else { "findings" };
    let count = if groups == findings {
        format!("{findings} {noun}")
    } else {
        format!("{findings} {noun} from {groups} distinct templates")
    };
    let heading = text.styles.heading.paint(&format!("{}  {title}", detail.rule));
    writeln!(out, "{} {heading}  {count}", text.badge(first))?;
    if detail.verdict == Verdict::Fail && detail.severity >= Severity::Medium && !detail.sensitive {
        let place = text.place(first);
        let lines = excerpt::excerpt(&place, text.styles.on(), text.options.width.saturating_sub(3));
        for line in lines.lines() {
            writeln!(out, "   {line}")?;
        }
    }
    for finding in shown {
        let at = text.place(finding).text();
        writeln!(
            out,
            "   {}  {}: {}",
            text.styles.dim.paint(&at),
            text.object(finding),
            finding.detail.what
        )?;
    }
    if findings > PLACES {
        let more = findings - shown.len();
        writeln!(
            out,
            "   {}",
            text.styles.dim.paint(&format!("{more} more; --select {} -v lists them", detail.rule))
        )?;
    }
    write!(out, "{}", text.advice(detail.rule, "   "))?;
    writeln!(out)
}
