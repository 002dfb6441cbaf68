//! A summary in Markdown: for a pull request or the summary page of a workflow.

use std::collections::BTreeMap;
use std::io::{self, Write};

use rampart_document::Level;

use crate::order::{Group, groups};
use crate::text::{count, first_sentence};
use crate::{ControlState, Report, Severity, Verdict, place, problem};

/// Bytes of a whole summary. A comment may have 65,536 characters and a step summary 1 MiB; this fits both.
const MAX_BYTES: usize = 60_000;
/// Bytes kept for what stands after the findings.
const TAIL: usize = 4_000;
/// Problems of the input that are listed.
const MAX_PROBLEMS: usize = 10;

/// Writes a summary: the answer, counts, the worst findings with their place and what to do, and what was not read. It
/// stays below the limits of pull request comments and step summaries and says what it left out.
///
/// # Errors
/// When `out` fails.
pub fn write_markdown(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut text = format!("## {}\n\n{}\n", headline(report), checked(report));
    if !report.findings.is_empty() {
        text.push_str(&table(report));
    }
    text.push_str(&frameworks(report));
    findings(report, &mut text);
    problems(report, &mut text);
    out.write_all(text.as_bytes())
}

/// The answer in one line.
fn headline(report: &Report<'_>) -> String {
    let totals = report.totals();
    let found: Vec<String> = Severity::ALL
        .iter()
        .zip(totals.failed)
        .filter(|(_, number)| *number > 0)
        .map(|(severity, number)| format!("{number} {severity}"))
        .collect();
    if report.inventory.is_empty() {
        return "Rampart: nothing was checked, no Kubernetes objects found".to_owned();
    }
    if !found.is_empty() {
        return format!("Rampart: {}", found.join(", "));
    }
    let new = if report.compared { "new " } else { "" };
    let unknown = if totals.unknown > 0 { ", but some answers are unknown" } else { "" };
    format!("Rampart: no {new}findings{unknown}")
}

/// What stands behind the answer.
fn checked(report: &Report<'_>) -> String {
    let totals = report.totals();
    let mut parts = vec![
        count(report.inventory.len(), "object"),
        count(report.rules.len(), "rule"),
        count(report.evaluations.total(), "evaluation"),
        format!("{} passed", report.evaluations.passed),
        format!("{} unknown", report.evaluations.unknown),
    ];
    let more = [
        (totals.excepted, "excepted"),
        (report.known, "known to the baseline"),
        (report.hidden, "below the asked severity"),
    ];
    parts.extend(
        more.iter().filter(|(number, _)| *number > 0).map(|(number, word)| format!("{number} {word}")),
    );
    parts.join(" · ")
}

fn table(report: &Report<'_>) -> String {
    let mut text = String::from("\n| | critical | high | medium | low | info | unknown | excepted |\n");
    text.push_str("|:--|--:|--:|--:|--:|--:|--:|--:|\n");
    let by_group = report.by_group();
    let total = report.totals();
    let rows = by_group.iter().map(|(name, counts)| ((*name).to_owned(), counts));
    for (name, counts) in rows.chain((by_group.len() > 1).then(|| ("**total**".to_owned(), &total))) {
        let numbers = counts.failed.iter().chain([&counts.unknown, &counts.excepted]);
        let cells: Vec<String> =
            numbers.map(|number| if *number == 0 { String::new() } else { number.to_string() }).collect();
        text.push_str(&format!("| {name} | {} |\n", cells.join(" | ")));
    }
    text
}

/// How the frameworks that were asked for stand.
fn frameworks(report: &Report<'_>) -> String {
    if report.frameworks.is_empty() {
        return String::new();
    }
    let mut text = String::from("\n| framework | pass | fail | unknown | not decided here | score |\n");
    text.push_str("|:--|--:|--:|--:|--:|--:|\n");
    for one in report.frameworks {
        let [pass, fail, unknown] =
            [ControlState::Pass, ControlState::Fail, ControlState::Unknown].map(|state| one.count(state));
        let other = one.controls.len() - one.decided();
        let score = one.percent().map_or_else(|| "?".to_owned(), |percent| format!("{percent} %"));
        let name = plain_text(&format!("{} {}", one.title, one.version));
        text.push_str(&format!("| {name} | {pass} | {fail} | {unknown} | {other} | {score} |\n"));
    }
    text
}

/// The findings, the worst first, as far as there is room.
fn findings(report: &Report<'_>, text: &mut String) {
    let all = groups(report);
    if all.is_empty() {
        return;
    }
    text.push_str("\n| | finding | object | place |\n|:--|:--|:--|:--|\n");
    let mut shown = 0;
    let mut rules = BTreeMap::new();
    for group in &all {
        let line = row(report, group);
        let id = group.first.detail.rule;
        let advice = if rules.contains_key(id) { String::new() } else { advice(report, id) };
        let told: usize = rules.values().map(String::len).sum();
        if text.len() + line.len() + told + advice.len() + TAIL > MAX_BYTES {
            break;
        }
        text.push_str(&line);
        rules.entry(id).or_insert(advice);
        shown += 1;
    }
    if shown < all.len() {
        text.push_str(&format!(
            "\n{} more not shown here; `-o html=report.html` has all of them.\n",
            all.len() - shown
        ));
    }
    text.push_str("\n<details><summary>What to do</summary>\n\n");
    rules.values().for_each(|advice| text.push_str(advice));
    text.push_str("\n</details>\n");
}

fn row(report: &Report<'_>, group: &Group<'_>) -> String {
    let detail = &group.first.detail;
    let object = report.inventory.object(group.first.object);
    let at = place(object, &group.first.path());
    let word = if detail.verdict == Verdict::Unknown { "? unknown" } else { detail.severity.as_str() };
    let others = if group.objects > 1 { format!(" and {} more", group.objects - 1) } else { String::new() };
    let file = report.base.path(at.file);
    let line = at.start.map_or_else(String::new, |(line, _)| format!(":{line}"));
    let what = escaped(&detail.what);
    format!(
        "| {word} | `{}` {what} | {}{others} | {} |\n",
        detail.rule,
        plain_text(&object.to_string()),
        code(&format!("{file}{line}"))
    )
}

fn advice(report: &Report<'_>, id: &str) -> String {
    report.rules.get(id).map_or_else(String::new, |rule| {
        format!("- **{id}** {} {}\n", first_sentence(&rule.why), first_sentence(&rule.todo))
    })
}

fn problems(report: &Report<'_>, text: &mut String) {
    let errors: Vec<_> = report.problems.iter().filter(|problem| problem.level == Level::Error).collect();
    if errors.is_empty() {
        return;
    }
    text.push_str(&format!("\n**Not read in full:** {}\n\n", count(errors.len(), "input problem")));
    for one in errors.iter().take(MAX_PROBLEMS) {
        let line = format!("- {} {}\n", code(&problem::place(one)), escaped(&one.message));
        if text.len() + line.len() > MAX_BYTES {
            break;
        }
        text.push_str(&line);
    }
    if errors.len() > MAX_PROBLEMS {
        text.push_str(&format!("- and {} more\n", errors.len() - MAX_PROBLEMS));
    }
}

/// Text that starts no markup and stays in its cell; code between backticks is kept.
fn escaped(value: &str) -> String {
    let parts: Vec<&str> = value.split('`').collect();
    if parts.len().is_multiple_of(2) {
        // A lone backtick is none of ours.
        return plain_text(value);
    }
    // A name may hold backticks of its own: what could be markup is never kept as code.
    let is_code =
        |index: usize, part: &str| index % 2 == 1 && !part.is_empty() && !part.contains(['<', '>', '&']);
    let parts = parts.iter().enumerate();
    parts.map(|(index, part)| if is_code(index, part) { code(part) } else { plain_text(part) }).collect()
}

fn plain_text(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '\n' | '\r' => out.push(' '),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '|' | '*' | '_' | '[' | ']' | '\\' | '#' | '~' | '!' | '`' => {
                out.push('\\');
                out.push(c);
            }
            '@' => out.push_str("&#64;"),
            c => out.push(c),
        }
    }
    out
}

/// Inline code; what would end it is replaced.
fn code(value: &str) -> String {
    format!("`{}`", value.replace(['`', '\n', '\r'], " ").replace('|', "\\|"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_start_no_markup() {
        assert_eq!(super::escaped("a|b\n<img> @all [x](y)"), "a\\|b &lt;img&gt; &#64;all \\[x\\](y)");
        assert_eq!(super::code("a`b|c"), "`a b\\|c`");
        assert_eq!(super::escaped("container `a_b` is *up*"), "container `a_b` is \\*up\\*");
        assert_eq!(super::escaped("a`<b>"), "a\\`&lt;b&gt;");
    }
}
