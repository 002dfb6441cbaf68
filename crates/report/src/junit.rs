//! JUnit XML: a suite for each rule, so that pipelines show rules that pass as well as those that do not.

use std::collections::BTreeMap;
use std::io::{self, Write};

use rampart_document::Level;

use crate::text::plain;
use crate::{Finding, Report, RuleInfo, Verdict, place};

/// Writes the report as JUnit XML. A finding is a failed test case; what cannot be told, and what was accepted, is
/// skipped with its reason; a rule without findings is one passed case; input that could not be read is an error.
///
/// # Errors
/// When `out` fails.
pub fn write_junit(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut by_rule: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    report.findings.iter().for_each(|finding| by_rule.entry(finding.detail.rule).or_default().push(finding));
    let clean = report.rules.keys().filter(|id| !by_rule.contains_key(*id)).count();
    let failed = report.findings.iter().filter(|finding| finding.counts_as_failure()).count();
    let errors = broken(report).count();
    let tests = report.findings.len() + clean + errors;
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(
        out,
        "<testsuites name=\"rampart\" tests=\"{tests}\" failures=\"{failed}\" errors=\"{errors}\">"
    )?;
    if errors > 0 {
        input(report, errors, out)?;
    }
    let unlisted = by_rule.keys().filter(|id| !report.rules.contains_key(*id));
    for id in report.rules.keys().chain(unlisted) {
        let findings = by_rule.get(id).map_or(&[][..], Vec::as_slice);
        suite(report, id, report.rules.get(id), findings, out)?;
    }
    writeln!(out, "</testsuites>")
}

fn suite(
    report: &Report<'_>,
    id: &str,
    rule: Option<&RuleInfo>,
    findings: &[&Finding],
    out: &mut dyn Write,
) -> io::Result<()> {
    let failed = findings.iter().filter(|finding| finding.counts_as_failure()).count();
    let (tests, skipped) = (findings.len().max(1), findings.len() - failed);
    writeln!(
        out,
        " <testsuite name=\"{id}\" tests=\"{tests}\" failures=\"{failed}\" errors=\"0\" skipped=\"{skipped}\">"
    )?;
    let class = format!("rampart.{}.{id}", rule.map_or("other", |rule| rule.group));
    if findings.is_empty() {
        let title = rule.map_or(id, |rule| rule.title);
        writeln!(out, "  <testcase classname=\"{class}\" name=\"{}\"/>", escaped(title))?;
    }
    for finding in findings {
        case(report, rule, &class, finding, out)?;
    }
    writeln!(out, " </testsuite>")
}

fn case(
    report: &Report<'_>,
    rule: Option<&RuleInfo>,
    class: &str,
    finding: &Finding,
    out: &mut dyn Write,
) -> io::Result<()> {
    let detail = &finding.detail;
    let object = report.inventory.object(finding.object);
    let at = place(object, &finding.path());
    let what = escaped(&detail.what);
    let name = escaped(&format!("{object}: {}", detail.what));
    write!(out, "  <testcase classname=\"{class}\" name=\"{name}\">")?;
    if let Some(exception) = report.exception(finding) {
        write!(out, "<skipped type=\"excepted\" message=\"{}\"/>", escaped(&exception.text()))?;
    } else if detail.verdict == Verdict::Unknown {
        write!(out, "<skipped type=\"unknown\" message=\"{what}\"/>")?;
    } else {
        let mut body = format!("{}\n{object} {}\n", at.text(), finding.path().as_str());
        if let Some(rule) = rule {
            body.push_str(&format!("why: {}\ndo: {}\n", plain(&rule.why), plain(&rule.todo)));
        }
        write!(out, "<failure type=\"{}\" message=\"{what}\">{}</failure>", detail.severity, text(&body))?;
    }
    writeln!(out, "</testcase>")
}

fn broken<'a>(report: &'a Report<'a>) -> impl Iterator<Item = &'a rampart_model::Problem> {
    report.problems.iter().filter(|problem| problem.level == Level::Error)
}

fn input(report: &Report<'_>, errors: usize, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        " <testsuite name=\"input\" tests=\"{errors}\" failures=\"0\" errors=\"{errors}\" skipped=\"0\">"
    )?;
    for problem in broken(report) {
        let name = escaped(&crate::problem::place(problem));
        let message = escaped(&problem.message);
        write!(
            out,
            "  <testcase classname=\"rampart.input\" name=\"{name}\"><error type=\"{}\" ",
            problem.code
        )?;
        writeln!(
            out,
            "message=\"{message}\">{}</error></testcase>",
            text(problem.help.as_deref().unwrap_or(""))
        )?;
    }
    writeln!(out, " </testsuite>")
}

/// For attributes: nothing that ends them, and line breaks kept.
fn escaped(value: &str) -> String {
    text(value).replace('\n', "&#10;")
}

/// For text: without the characters that XML 1.0 cannot hold.
fn text(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\r' => out.push_str("&#13;"),
            '\n' | '\t' => out.push(c),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c if c < ' ' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_cannot_hold_is_replaced() {
        assert_eq!(escaped("a<b>&\"'\n\u{1}\u{ffff}ç"), "a&lt;b&gt;&amp;&quot;&#39;&#10;\u{fffd}\u{fffd}ç");
    }
}
