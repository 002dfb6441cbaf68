use std::io::{self, Write};

use crate::framework::worst_first;
use crate::text::Text;
use crate::{ControlResult, ControlState, Finding, FrameworkResult};

/// Findings shown for a control before the rest is only counted.
const SHOWN: usize = 3;

/// Each framework with its score, then its controls by section: what fails with the worst findings, the rest briefly.
pub(super) fn write(text: &Text<'_>, out: &mut dyn Write) -> io::Result<()> {
    for framework in text.report.frameworks {
        score(text, framework, out)?;
        for of_section in framework.controls.chunk_by(|a, b| a.section == b.section) {
            section(text, of_section, out)?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn score(text: &Text<'_>, framework: &FrameworkResult, out: &mut dyn Write) -> io::Result<()> {
    let name = format!("{} {}", framework.title, framework.version);
    let (passed, decided) = (framework.count(ControlState::Pass), framework.decided());
    let percent = match framework.percent() {
        Some(percent) => format!("{passed} of {decided} controls that could be decided pass ({percent} %)"),
        None => "no control could be decided".to_owned(),
    };
    writeln!(out, "{}: {percent}", text.styles.heading.paint(&name))?;
    let counts: Vec<String> = ControlState::ALL
        .into_iter()
        .map(|state| (state, framework.count(state)))
        .filter(|&(_, count)| count > 0)
        .map(|(state, count)| format!("{count} {}", state.words()))
        .collect();
    writeln!(out, "{}", text.hanging("  ", 2, &counts.join(", ")))
}

fn section(text: &Text<'_>, controls: &[ControlResult], out: &mut dyn Write) -> io::Result<()> {
    let Some(first) = controls.first() else { return Ok(()) };
    writeln!(out, "\n{}", text.styles.heading.paint(&first.section))?;
    let is_brief = |control: &&ControlResult| match control.state {
        _ if text.options.verbose => false,
        ControlState::Fail | ControlState::Pass => false,
        ControlState::Unknown => control.findings.is_empty(),
        _ => true,
    };
    let widest = controls.iter().map(|control| control.id.len()).max().unwrap_or(0);
    for one in controls.iter().filter(|control| !is_brief(control)) {
        control(text, one, widest, out)?;
    }
    for state in ControlState::ALL {
        let of_state = controls.iter().filter(is_brief).filter(|control| control.state == state);
        let ids: Vec<&str> = of_state.map(|control| control.id.as_str()).collect();
        if !ids.is_empty() {
            let line = format!("{}: {}", state.words(), ids.join(", "));
            writeln!(out, "{}", text.styles.dim.paint(&text.hanging("  ", 4, &line)))?;
        }
    }
    Ok(())
}

fn control(text: &Text<'_>, control: &ControlResult, widest: usize, out: &mut dyn Write) -> io::Result<()> {
    let word = format!("{:7}", short(control.state));
    let word = match control.state {
        ControlState::Fail => text.styles.severity(crate::Severity::High).paint(&word),
        ControlState::Unknown => text.styles.unknown.paint(&word),
        _ => text.styles.dim.paint(&word),
    };
    let mut facts = Vec::new();
    for (count, noun) in
        [(control.failed, "failed"), (control.unknown, "unknown"), (control.excepted, "excepted")]
    {
        if count > 0 {
            facts.push(format!("{count} {noun}"));
        }
    }
    facts.extend(control.reason.clone());
    let facts = if facts.is_empty() { String::new() } else { format!("  ({})", facts.join(", ")) };
    let lead = format!("  {word}  {:widest$}  ", control.id);
    let columns = 2 + 7 + 2 + widest + 2;
    writeln!(out, "{}", text.hanging(&lead, columns, &format!("{}{facts}", control.title)))?;
    if let Some(note) = control.note.as_ref().filter(|_| text.options.verbose) {
        writeln!(out, "{}", text.styles.dim.paint(&text.hanging(&" ".repeat(11), 11, note)))?;
    }
    findings(text, control, out)
}

fn findings(text: &Text<'_>, control: &ControlResult, out: &mut dyn Write) -> io::Result<()> {
    let mut own: Vec<&Finding> =
        control.findings.iter().filter_map(|&at| text.report.findings.get(at)).collect();
    worst_first(&mut own);
    let shown = if text.options.verbose { own.len() } else { SHOWN };
    for finding in own.iter().take(shown) {
        let lead = format!("           {}  ", text.badge(finding));
        let at = text.styles.dim.paint(&text.place(finding).text());
        let line =
            format!("{}  {}: {}  {at}", finding.detail.rule, text.object(finding), finding.detail.what);
        writeln!(out, "{}", text.hanging(&lead, 21, &line))?;
    }
    if own.len() > shown {
        let more = format!("           {} more; -v lists them", own.len() - shown);
        writeln!(out, "{}", text.styles.dim.paint(&more))?;
    }
    Ok(())
}

fn short(state: ControlState) -> &'static str {
    match state {
        ControlState::NotApplicable => "n/a",
        ControlState::NeedsNode => "node",
        ControlState::NeedsLive => "live",
        ControlState::NeedsImage => "image",
        _ => state.as_str(),
    }
}
