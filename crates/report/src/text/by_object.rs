use std::collections::{HashMap, HashSet};
use std::io::{self, Write};
use std::sync::Arc;

use crate::text::{Text, excerpt};
use crate::{Detail, ExceptionId, Finding, Report, Severity, Verdict};

/// A finding to show once, and the findings on other objects whose equal template gave the same answer.
pub(super) struct Group<'a> {
    pub(super) first: &'a Finding,
    pub(super) others: Vec<&'a Finding>,
}

/// Findings with one shared detail become one group, in order of first appearance.
pub(super) fn groups<'a>(report: &Report<'a>) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    let mut known: HashMap<(*const Detail, Option<ExceptionId>), usize> = HashMap::new();
    for finding in report.findings {
        let key = (Arc::as_ptr(&finding.detail), finding.excepted);
        match known.get(&key) {
            Some(&index) => groups[index].others.push(finding),
            None => {
                known.insert(key, groups.len());
                groups.push(Group { first: finding, others: Vec::new() });
            }
        }
    }
    groups
}

/// By file, then object, the worst first.
pub(super) fn write(text: &Text<'_>, groups: &[Group<'_>], out: &mut dyn Write) -> io::Result<()> {
    let mut file = String::new();
    let mut explained = HashSet::new();
    let mut index = 0;
    while index < groups.len() {
        let object = groups[index].first.object;
        let end = groups[index..]
            .iter()
            .position(|group| group.first.object != object)
            .map_or(groups.len(), |n| index + n);
        let mut of_object: Vec<&Group<'_>> = groups[index..end].iter().collect();
        of_object.sort_by_key(|group| rank(group.first));
        let name = text.place(of_object[0].first).file.to_owned();
        if name != file {
            if !file.is_empty() {
                writeln!(out)?;
            }
            writeln!(out, "{}", text.styles.heading.paint(&name))?;
            file = name;
        }
        writeln!(out, "  {}", text.styles.heading.paint(&text.object(of_object[0].first).to_string()))?;
        let widest = of_object.iter().map(|group| group.first.detail.rule.len()).max().unwrap_or(0);
        for group in of_object {
            finding(text, group, widest, explained.insert(group.first.detail.rule), out)?;
        }
        index = end;
    }
    if !groups.is_empty() {
        writeln!(out)?;
    }
    Ok(())
}

/// Failures before unknowns before what is accepted, the worst first, then by rule.
pub(super) fn rank(finding: &Finding) -> (bool, Verdict, std::cmp::Reverse<Severity>, &'static str) {
    let detail = &finding.detail;
    (finding.excepted.is_some(), detail.verdict, std::cmp::Reverse(detail.severity), detail.rule)
}

/// Columns of a finding's line around the rule: indent, badge and gaps.
const LEAD: usize = 3 + 8 + 2 + 2;

/// `explain`: the rule's advice was not given yet.
fn finding(
    text: &Text<'_>,
    group: &Group<'_>,
    widest: usize,
    explain: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let detail = &group.first.detail;
    let place = text.place(group.first);
    let shown_in_full = !detail.sensitive
        && group.first.excepted.is_none()
        && (text.options.verbose || (detail.verdict == Verdict::Fail && detail.severity >= Severity::High));
    let lines = if shown_in_full {
        excerpt::excerpt(&place, text.styles.on(), text.options.width.saturating_sub(6))
    } else {
        String::new()
    };
    // An excerpt of the file tells the place itself; one of a rendered text does not know it.
    let told = !lines.is_empty() && !place.rendered;
    let at = if told { String::new() } else { text.styles.dim.paint(&place.text()) };
    let lead = format!("   {}  {:widest$}  ", text.badge(group.first), detail.rule);
    writeln!(out, "{}", text.hanging(&lead, LEAD + widest, &format!("{}  {at}", detail.what)))?;
    same_elsewhere(text, group, out)?;
    if let Some(exception) = text.report.exception(group.first) {
        let reason = format!("{}  {}", exception.text(), text.styles.dim.paint(&exception.place()));
        writeln!(out, "{}", text.hanging(&" ".repeat(13), 13, &reason))?;
    }
    if shown_in_full {
        for line in lines.lines() {
            writeln!(out, "      {line}")?;
        }
        if place.rendered {
            writeln!(out, "      {}", text.styles.dim.paint("(as rendered)"))?;
        }
        if explain {
            write!(out, "{}", text.advice(detail.rule, "      "))?;
        }
    }
    Ok(())
}

/// Names of other objects that are listed before the rest is only counted.
const NAMED: usize = 3;

fn same_elsewhere(text: &Text<'_>, group: &Group<'_>, out: &mut dyn Write) -> io::Result<()> {
    if group.others.is_empty() {
        return Ok(());
    }
    let shown = if text.options.verbose { group.others.len() } else { NAMED };
    let mut names: Vec<String> =
        group.others.iter().take(shown).map(|other| text.object(other).to_string()).collect();
    if group.others.len() > shown {
        names.push(format!("{} more", group.others.len() - shown));
    }
    let count = group.others.len() + 1;
    let line = format!("{count} objects, 1 template; also {}", names.join(", "));
    writeln!(out, "{}", text.hanging(&" ".repeat(13), 13, &line))
}
