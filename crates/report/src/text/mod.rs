//! The report for people at a terminal.
//!
//! Small reports are grouped by file and object, with a source excerpt for what is high or worse. Large ones are grouped
//! by rule: nobody reads ten thousand excerpts. `verbose` shows every finding by object with its excerpt.

mod by_control;
mod by_object;
mod by_rule;
mod excerpt;
mod facts;
mod markdown;
mod problem;
mod style;
mod summary;

use std::collections::HashSet;
use std::io::{self, Write};
use std::sync::Arc;

use rampart_model::Object;

use crate::{Detail, Finding, Place, Report, Verdict, place};
use style::Styles;
pub(crate) use summary::count;

pub use markdown::markdown;
pub use problem::problem;

/// How text is laid out.
#[derive(Debug, Clone, Copy)]
pub struct TextOptions {
    /// ANSI colours.
    pub color: bool,
    /// Columns of the terminal; prose wraps to it. Paths and messages are never cut.
    pub width: usize,
    /// Show every finding, by object, with its excerpt.
    pub verbose: bool,
}

/// More findings than this are grouped by rule.
const BY_OBJECT_LIMIT: usize = 300;

/// Columns that a message needs to be read easily beside its rule.
const LEAST_ROOM: usize = 40;
/// Where it goes on otherwise: below the rule's name.
const NARROW_INDENT: usize = 13;

/// The lines of a place with carets under the value; empty when they would not help. Never for a sensitive finding.
pub fn excerpt(place: &Place<'_>, options: &TextOptions) -> String {
    excerpt::excerpt(place, options.color, options.width)
}

/// Writes the report as text.
pub fn write_text(report: &Report<'_>, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
    let text = Text { report, styles: Styles::new(options.color), options };
    let by_control = !report.frameworks.is_empty();
    let by_rule = !options.verbose && !by_control && is_long(report);
    if by_control {
        by_control::write(&text, out)?;
    } else if by_rule {
        by_rule::write(&text, out)?;
    } else {
        by_object::write(&text, &by_object::groups(report), out)?;
    }
    facts::write(&text, out)?;
    summary::write(&text, by_rule, out)
}

/// True when there are more groups of findings than anybody reads one by one.
fn is_long(report: &Report<'_>) -> bool {
    let mut distinct = Distinct::default();
    report
        .findings
        .iter()
        .filter(|finding| finding.excepted.is_none() && distinct.is_new(finding))
        .nth(BY_OBJECT_LIMIT)
        .is_some()
}

/// Tells the first finding of each group: those whose equal templates gave one answer share its detail.
#[derive(Default)]
struct Distinct(HashSet<*const Detail>);

impl Distinct {
    fn is_new(&mut self, finding: &Finding) -> bool {
        // A detail that only this finding holds cannot have been seen before, and most are held once.
        Arc::strong_count(&finding.detail) == 1 || self.0.insert(Arc::as_ptr(&finding.detail))
    }
}

/// What the parts of the text renderer share.
struct Text<'a> {
    report: &'a Report<'a>,
    styles: Styles,
    options: &'a TextOptions,
}

impl Text<'_> {
    fn object(&self, finding: &Finding) -> Object<'_> {
        self.report.inventory.object(finding.object)
    }

    fn place(&self, finding: &Finding) -> Place<'_> {
        place(self.object(finding), &finding.path())
    }

    /// The severity's word or `?`, painted, eight columns wide.
    fn badge(&self, finding: &Finding) -> String {
        match finding.detail.verdict {
            _ if finding.excepted.is_some() => self.styles.dim.paint("excepted"),
            Verdict::Unknown => self.styles.unknown.paint("unknown "),
            Verdict::Fail => {
                let word = format!("{:8}", finding.detail.severity.as_str());
                self.styles.severity(finding.detail.severity).paint(&word)
            }
        }
    }

    /// `body` after `lead`, wrapped to the terminal. Further lines start below the body, or below the rule's name when
    /// that leaves too little room; words, which paths are, stay whole.
    fn hanging(&self, lead: &str, columns: usize, body: &str) -> String {
        let room = self.options.width.saturating_sub(columns);
        let rest = " ".repeat(if room >= LEAST_ROOM { columns } else { columns.min(NARROW_INDENT) });
        let wrap = textwrap::Options::new(self.options.width.max(40))
            .initial_indent(lead)
            .subsequent_indent(&rest)
            .break_words(false)
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        textwrap::fill(body.trim_end(), wrap)
    }

    /// `why` and `do` of a rule, first sentences, wrapped with a hanging indent.
    fn advice(&self, rule: &str, indent: &str) -> String {
        let Some(info) = self.report.rules.get(rule) else { return String::new() };
        let mut lines = String::new();
        for (label, text) in [("why", &info.why), ("do ", &info.todo)] {
            let first = format!("{indent}{label}  ");
            let rest = " ".repeat(first.len());
            let wrap = textwrap::Options::new(self.options.width.max(40))
                .initial_indent(&first)
                .subsequent_indent(&rest);
            lines.push_str(&textwrap::fill(&first_sentence(text), wrap));
            lines.push('\n');
        }
        lines
    }
}

/// Markdown as one line of text: without marks of code and lists.
pub(crate) fn plain(text: &str) -> String {
    let lines = text.lines().map(|line| line.trim().trim_start_matches("- ")).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ").replace('`', "")
}

/// The first sentence of a Markdown paragraph, on one line.
pub(crate) fn first_sentence(text: &str) -> String {
    let paragraph: Vec<&str> =
        text.lines().take_while(|line| !line.trim().is_empty()).map(str::trim).collect();
    let paragraph = paragraph.join(" ");
    match paragraph.find(". ") {
        Some(end) => paragraph[..=end].to_owned(),
        None => paragraph,
    }
}
