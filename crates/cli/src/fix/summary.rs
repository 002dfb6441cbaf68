//! What was fixed, what was left and why.

use std::collections::BTreeMap;
use std::io::{self, Write};

use rampart_repair::{Fixed, Left, Obstacle, Outcome};
use rampart_report::TextOptions;

use super::FixArguments;

pub(super) struct Summary<'a> {
    pub(super) outcome: &'a Outcome,
    pub(super) done: Vec<&'a Fixed>,
    /// Kustomizations whose changes were taken back.
    pub(super) undone: Vec<String>,
    pub(super) arguments: &'a FixArguments,
    pub(super) options: TextOptions,
}

impl Summary<'_> {
    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        self.headline(out)?;
        if self.arguments.verbose {
            for fixed in &self.done {
                writeln!(out, "  {}  {}  {}: {}", fixed.place, fixed.object, fixed.rule, fixed.title)?;
            }
        } else {
            self.by_rule(out)?;
        }
        for directory in &self.undone {
            let reason = "its build gives something else than what was proved; its files were put back";
            writeln!(out, "\nkustomization {directory}: {reason}")?;
        }
        self.left(out)?;
        self.next(out)
    }

    fn headline(&self, out: &mut dyn Write) -> io::Result<()> {
        let files: std::collections::BTreeSet<&str> =
            self.done.iter().map(|fixed| fixed.file.as_str()).collect();
        let gone = self.outcome.before.saturating_sub(self.outcome.left.len());
        let would = if self.arguments.dry_run { "would be " } else { "" };
        match (self.outcome.before, self.done.len()) {
            (0, _) => writeln!(out, "nothing to fix: no findings"),
            (before, 0) => writeln!(out, "nothing fixed of {}", count(before, "finding")),
            (before, _) => {
                let (before, files) = (count(before, "finding"), count(files.len(), "file"));
                writeln!(out, "{gone} of {before} {would}fixed in {files}")
            }
        }
    }

    fn by_rule(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut rules: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for fixed in &self.done {
            *rules.entry((fixed.rule, &fixed.title)).or_default() += 1;
        }
        let width = rules.keys().map(|(rule, _)| rule.len()).max().unwrap_or(0);
        for ((rule, title), count) in rules {
            writeln!(out, "{count:>5}  {rule:width$}  {title}")?;
        }
        Ok(())
    }

    fn left(&self, out: &mut dyn Write) -> io::Result<()> {
        let left = &self.outcome.left;
        if left.is_empty() {
            return Ok(());
        }
        writeln!(out, "\n{} left", count(left.len(), "finding"))?;
        let mut groups: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
        for (rule, _, _, why) in left {
            let group = match why {
                Left::NeedsReview => "for review, because behaviour may change",
                Left::NoFix => "for you, because the right value is not in the manifest",
                Left::Declined => "declined",
                Left::Dropped(_) => continue,
            };
            *groups.entry(group).or_default().entry(rule).or_default() += 1;
        }
        for (group, rules) in groups {
            let total: usize = rules.values().sum();
            writeln!(out, "{total:>5}  {group}")?;
            let words: Vec<String> = rules
                .iter()
                .map(
                    |(rule, count)| if *count > 1 { format!("{rule} ({count})") } else { (*rule).to_owned() },
                )
                .collect();
            let room = self.options.width.saturating_sub(7).max(40);
            for line in wrapped(&words, room) {
                writeln!(out, "       {line}")?;
            }
        }
        self.dropped(out)
    }

    fn dropped(&self, out: &mut dyn Write) -> io::Result<()> {
        let dropped = self.outcome.left.iter().filter_map(|(.., why)| match why {
            Left::Dropped(dropped) => Some(dropped),
            _ => None,
        });
        let mut by_reason: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for one in dropped {
            let group = match &one.why {
                Obstacle::Template { .. } => "in templates, which cannot be edited as data".to_owned(),
                why => format!("not made: {why}"),
            };
            let line = match &one.why {
                Obstacle::Template { place } => format!("{place}  {}  {}", one.object, one.rule),
                _ => format!("{}  {}  {}: {}", one.place, one.object, one.rule, one.what),
            };
            by_reason.entry(group).or_default().push(line);
        }
        for (reason, lines) in by_reason {
            writeln!(out, "{:>5}  {reason}", lines.len())?;
            let shown = if self.arguments.verbose { lines.len() } else { lines.len().min(SHOWN) };
            for line in &lines[..shown] {
                writeln!(out, "       {line}")?;
            }
            if shown < lines.len() {
                writeln!(out, "       and {} more; -v lists them", lines.len() - shown)?;
            }
        }
        Ok(())
    }

    fn next(&self, out: &mut dyn Write) -> io::Result<()> {
        let left = &self.outcome.left;
        let paths = self.arguments.input.paths.join(" ");
        let review = left.iter().any(|(.., why)| *why == Left::NeedsReview);
        if review && !self.arguments.asked_for_review() {
            writeln!(out, "next: rampart fix {paths} --review")
        } else if let Some((rule, ..)) = left.iter().rev().max_by_key(|(_, severity, ..)| *severity) {
            writeln!(out, "next: rampart explain {rule}")
        } else {
            Ok(())
        }
    }
}

/// Lines of one reason that are shown without `-v`.
const SHOWN: usize = 10;

/// `1 file`, `2 files`.
fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// Words joined by commas in lines of at most `room` columns.
fn wrapped(words: &[String], room: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (index, word) in words.iter().enumerate() {
        let word = if index + 1 < words.len() { format!("{word},") } else { word.clone() };
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= room => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}
