//! Marks the findings that somebody accepted.

use std::collections::BTreeMap;

use rampart_document::{Diagnostic, Span};
use rampart_model::{Carriers, Inventory, Object, Problem};
use rampart_report::{Exception, ExceptionId, Finding};

use crate::inline::{Inline, Said};
use crate::{Day, Entry, ExceptionsFile, RuleNames};

/// What acceptance depends on besides findings.
#[derive(Debug, Clone, Copy)]
pub struct Accepting<'a> {
    /// The exceptions file, if there is one.
    pub file: Option<&'a ExceptionsFile>,
    /// The rules that exist and that ran.
    pub rules: &'a RuleNames,
    /// Which kinds carry pod templates.
    pub carriers: &'a Carriers,
    /// Today; without it, entries that end some day do not work.
    pub today: Option<Day>,
    /// Tell what accepts nothing: right when everything was looked at, noise when only a part was.
    pub tell_unused: bool,
}

/// What [`accept`] says.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What accepted findings point to.
    pub exceptions: Vec<Exception>,
    /// What was said wrongly, has ended, or accepts nothing: warnings with their places.
    pub problems: Vec<Problem>,
}

/// Marks every finding that an exception is about. Where several are, the file's come first, then annotations, then
/// comments.
pub fn accept(inventory: &Inventory, findings: &mut [Finding], accepting: &Accepting<'_>) -> Outcome {
    let mut outcome = Outcome::default();
    let (entries, ended) = working(accepting);
    let inline = Inline::collect(inventory, accepting.rules, accepting.carriers);
    let mut entries = Entries::new(entries, accepting.rules);
    let mut said_used = vec![false; inline.said.len()];
    let mut numbers = Numbers::default();
    for finding in findings.iter_mut() {
        let object = inventory.object(finding.object);
        let mut first = None;
        for index in entries.about(object, finding) {
            first = first.or(Some(SaidBy::Entry(index)));
        }
        for index in inline.about(object, finding) {
            said_used[index] = true;
            first = first.or(Some(SaidBy::Inline(index)));
        }
        if let Some(from) = first {
            finding.excepted = numbers.of(from, &mut outcome.exceptions, |from| match from {
                SaidBy::Entry(index) => entries.all[index].0.exception.clone(),
                SaidBy::Inline(index) => inline.said[index].exception.clone(),
            });
        }
    }
    outcome.problems = ended;
    if accepting.tell_unused {
        outcome.problems.extend(entries.unused(inventory, accepting));
    }
    outcome.problems.extend(inline.problems);
    if accepting.tell_unused {
        let unused =
            inline.said.iter().zip(said_used).filter(|(said, used)| !used && all_ran(said, accepting));
        outcome.problems.extend(unused.map(|(said, _)| said.unused()));
    }
    outcome
}

fn all_ran(said: &Said, accepting: &Accepting<'_>) -> bool {
    said.rules.iter().all(|rule| accepting.rules.all_ran(rule))
}

/// Where an exception comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum SaidBy {
    Entry(usize),
    Inline(usize),
}

/// Gives exceptions their places in the report's list, in order of first use.
#[derive(Default)]
struct Numbers(BTreeMap<SaidBy, ExceptionId>);

impl Numbers {
    fn of(
        &mut self,
        from: SaidBy,
        exceptions: &mut Vec<Exception>,
        make: impl FnOnce(SaidBy) -> Exception,
    ) -> Option<ExceptionId> {
        if let Some(id) = self.0.get(&from) {
            return Some(*id);
        }
        let id = ExceptionId::new(exceptions.len())?;
        exceptions.push(make(from));
        self.0.insert(from, id);
        Some(id)
    }
}

/// The entries that work today, and warnings about those that have ended.
fn working<'a>(accepting: &Accepting<'a>) -> (Vec<&'a Entry>, Vec<Problem>) {
    let Some(file) = accepting.file else { return (Vec::new(), Vec::new()) };
    let mut problems = Vec::new();
    let works = |entry: &&Entry| {
        let Some(end) = entry.expires else { return true };
        let message = match accepting.today {
            Some(today) if today <= end => return true,
            Some(_) => format!("this exception ended on {end} and accepts nothing any more"),
            None => format!("this exception ends on {end}, and without a clock it accepts nothing"),
        };
        problems.push(
            warning(file, entry.span, "expired-exception", message)
                .help("fix what it accepted, or move `expires` after looking at it again"),
        );
        false
    };
    (file.entries.iter().filter(works).collect(), problems)
}

fn warning(file: &ExceptionsFile, span: Span, code: &'static str, message: String) -> Problem {
    Problem::text(&file.source, Diagnostic::warning(code, span, message))
}

/// Entries of the file that work, by the rules they mean.
struct Entries<'a> {
    /// With whether it accepted something.
    all: Vec<(&'a Entry, bool)>,
    by_rule: BTreeMap<&'static str, Vec<usize>>,
    rules: &'a RuleNames,
}

impl<'a> Entries<'a> {
    fn new(entries: Vec<&'a Entry>, rules: &'a RuleNames) -> Self {
        Self {
            all: entries.into_iter().map(|entry| (entry, false)).collect(),
            by_rule: BTreeMap::new(),
            rules,
        }
    }

    /// The entries about a finding, in the file's order; they count as used.
    fn about(&mut self, object: Object<'_>, finding: &Finding) -> Vec<usize> {
        if self.all.is_empty() {
            return Vec::new();
        }
        let rule = finding.detail.rule;
        let all = &self.all;
        let meant = self.by_rule.entry(rule).or_insert_with(|| {
            let means = |entry: &Entry| entry.rules.iter().any(|word| self.rules.means(word, rule));
            (0..all.len()).filter(|&index| means(all[index].0)).collect()
        });
        let about: Vec<usize> =
            meant.iter().copied().filter(|&index| all[index].0.fits(object, finding)).collect();
        about.iter().for_each(|&index| self.all[index].1 = true);
        about
    }

    fn unused(&self, inventory: &Inventory, accepting: &Accepting<'_>) -> Vec<Problem> {
        let Some(file) = accepting.file else { return Vec::new() };
        let ran = |entry: &Entry| entry.rules.iter().all(|word| self.rules.all_ran(word));
        let unused = self.all.iter().filter(|(entry, used)| !used && ran(entry));
        let problem = |&(entry, _): &(&Entry, bool)| {
            let message = if inventory.objects().any(|object| entry.is_about(object)) {
                "this exception accepts nothing: no finding is left that it is about"
            } else {
                "this exception accepts nothing: no object of the input is the one it is about"
            };
            warning(file, entry.span, "unused-exception", message.to_owned())
                .help("remove it when it is not needed any more")
        };
        unused.map(problem).collect()
    }
}
