//! Workflow commands of GitHub Actions: findings as annotations of lines in a pull request.

use std::io::{self, Write};

use rampart_document::Level as ProblemLevel;
use rampart_model::{Place as ProblemPlace, Problem};

use crate::order::{Group, groups};
use crate::text::{first_sentence, plain};
use crate::{Report, Severity, Verdict, place};

/// Annotations of one level that GitHub shows for one step; further ones are dropped without a word.
const PER_LEVEL: usize = 10;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Error,
    Warning,
    Notice,
}

impl Level {
    const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Notice => "notice",
        }
    }
}

/// Writes the worst findings as annotations, equal ones as one, as many as GitHub shows, and says in the log how many it
/// left out. Accepted findings are not annotated.
///
/// # Errors
/// When `out` fails.
pub fn write_github(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut written = [0_usize; 3];
    let mut left_out = [0_usize; 3];
    for problem in report.problems {
        let level = if problem.level == ProblemLevel::Error { Level::Error } else { Level::Warning };
        if counts(level, &mut written, &mut left_out) {
            writeln!(out, "{}", about_input(report, level, problem))?;
        }
    }
    for group in groups(report) {
        let level = level(&group);
        if counts(level, &mut written, &mut left_out) {
            writeln!(out, "{}", annotation(report, level, &group))?;
        }
    }
    for (level, count) in [Level::Error, Level::Warning, Level::Notice].into_iter().zip(left_out) {
        if count > 0 {
            let noun = if count == 1 { level.word().to_owned() } else { format!("{}s", level.word()) };
            writeln!(
                out,
                "{count} more {noun} not annotated: GitHub shows {PER_LEVEL} of each level; -o markdown or -o html has all"
            )?;
        }
    }
    Ok(())
}

/// Whether there is room for one more of a level.
fn counts(level: Level, written: &mut [usize; 3], left_out: &mut [usize; 3]) -> bool {
    let fits = written[level as usize] < PER_LEVEL;
    let counter = if fits { written } else { left_out };
    counter[level as usize] += 1;
    fits
}

fn level(group: &Group<'_>) -> Level {
    match (group.first.detail.verdict, group.first.detail.severity) {
        (Verdict::Unknown, _) | (Verdict::Fail, Severity::Low | Severity::Info) => Level::Notice,
        (Verdict::Fail, Severity::Critical | Severity::High) => Level::Error,
        (Verdict::Fail, Severity::Medium) => Level::Warning,
    }
}

fn annotation(report: &Report<'_>, level: Level, group: &Group<'_>) -> String {
    let detail = &group.first.detail;
    let object = report.inventory.object(group.first.object);
    let at = place(object, &group.first.path());
    let mut properties = format!("file={}", property(&report.base.path(at.file)));
    if let Some((line, column)) = at.start {
        properties.push_str(&format!(",line={line},col={column}"));
        if let Some((end, last)) = at.end.filter(|end| *end > (line, column)) {
            properties.push_str(&format!(",endLine={end},endColumn={last}"));
        }
    }
    let word = if detail.verdict == Verdict::Unknown { "unknown" } else { detail.severity.as_str() };
    properties.push_str(&format!(",title={}", property(&format!("{word}: {}", detail.rule))));
    let others = match group.objects - 1 {
        0 => String::new(),
        1 => " and 1 more with the same template".to_owned(),
        more => format!(" and {more} more with the same template"),
    };
    let mut message = format!("{object}{others}: {}", detail.what);
    if let Some(rule) = report.rules.get(detail.rule) {
        message.push_str(&format!("\n{}", plain(&first_sentence(&rule.todo))));
    }
    format!("::{} {properties}::{}", level.word(), data(&message))
}

fn about_input(report: &Report<'_>, level: Level, problem: &Problem) -> String {
    let mut properties = match &problem.place {
        ProblemPlace::Path(path) => format!("file={}", property(&report.base.path(path))),
        ProblemPlace::Text { source, diagnostic } => {
            let at = source.position(diagnostic.span.start);
            format!("file={},line={},col={}", property(&report.base.path(source.name())), at.line, at.column)
        }
    };
    properties.push_str(&format!(",title={}", property(problem.code)));
    format!("::{} {properties}::{}", level.word(), data(&problem.message))
}

/// The message of a command: one line.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a command: one line without the separators.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    #[test]
    fn nothing_ends_a_command_early() {
        assert_eq!(super::property("a:b,c%\n::error::x"), "a%3Ab%2Cc%25%0A%3A%3Aerror%3A%3Ax");
        assert_eq!(super::data("a:b\r\n::error::"), "a:b%0D%0A::error::");
    }
}
