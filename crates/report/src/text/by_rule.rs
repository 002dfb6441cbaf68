use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::text::by_object::{Group, rank};
use crate::text::{Text, excerpt};
use crate::{Severity, Verdict};

/// Places listed for a rule before the rest is only counted.
const PLACES: usize = 3;

/// By rule, the worst first: one excerpt and a few places each.
pub(super) fn write(text: &Text<'_>, groups: &[Group<'_>], out: &mut dyn Write) -> io::Result<()> {
    let mut by_rule: BTreeMap<_, Vec<&Group<'_>>> = BTreeMap::new();
    for group in groups {
        by_rule.entry(rank(group.first)).or_default().push(group);
    }
    for groups in by_rule.values() {
        rule(text, groups, out)?;
    }
    Ok(())
}

fn rule(text: &Text<'_>, groups: &[&Group<'_>], out: &mut dyn Write) -> io::Result<()> {
    let detail = &groups[0].first.detail;
    let findings: usize = groups.iter().map(|group| 1 + group.others.len()).sum();
    let title = text.report.rules.get(detail.rule).map_or(detail.rule, |rule| rule.title);
    let noun = if findings == 1 { "finding" } else { "findings" };
    let count = if groups.len() == findings {
        format!("{findings} {noun}")
    } else {
        format!("{findings} {noun} from {} distinct templates", groups.len())
    };
    let heading = text.styles.heading.paint(&format!("{}  {title}", detail.rule));
    writeln!(out, "{} {heading}  {count}", text.badge(groups[0].first))?;
    if detail.verdict == Verdict::Fail && detail.severity >= Severity::Medium && !detail.sensitive {
        let place = text.place(groups[0].first);
        let lines = excerpt::excerpt(&place, text.styles.on(), text.options.width.saturating_sub(3));
        for line in lines.lines() {
            writeln!(out, "   {line}")?;
        }
    }
    for group in groups.iter().take(PLACES) {
        let at = text.place(group.first).text();
        writeln!(
            out,
            "   {}  {}: {}",
            text.styles.dim.paint(&at),
            text.object(group.first),
            group.first.detail.what
        )?;
    }
    if findings > PLACES {
        let more = findings - groups.len().min(PLACES);
        writeln!(
            out,
            "   {}",
            text.styles.dim.paint(&format!("{more} more; --select {} -v lists them", detail.rule))
        )?;
    }
    write!(out, "{}", text.advice(detail.rule, "   "))?;
    writeln!(out)
}
