//! Asking about fixes, one by one.

use std::collections::BTreeSet;
use std::io::{self, BufRead as _, IsTerminal as _, Write};

use anyhow::Context as _;
use rampart_repair::{Choice, Offer};
use rampart_report::{Safety, excerpt, place};

use super::write_diff;
use crate::terminal;

/// True when somebody is there to answer.
pub(crate) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Decides about fixes: safe ones are made, the others as the user says.
pub(crate) struct Reviewer {
    review: bool,
    all: bool,
    /// Rules that were answered with `a`.
    rules: BTreeSet<&'static str>,
    quit: bool,
    failed: Option<io::Error>,
}

impl Reviewer {
    pub(crate) fn new(review: bool, all: bool) -> Self {
        Self { review, all, rules: BTreeSet::new(), quit: false, failed: None }
    }

    pub(crate) fn choose(&mut self, offer: &Offer<'_>) -> Choice {
        if offer.fix.safety == Safety::Safe {
            return Choice::Take;
        }
        if !self.review {
            return Choice::NeedsReview;
        }
        if self.all || self.rules.contains(offer.finding.detail.rule) {
            return Choice::Take;
        }
        if self.quit {
            return Choice::NeedsReview;
        }
        self.ask(offer).unwrap_or_else(|error| {
            (self.quit, self.failed) = (true, Some(error));
            Choice::NeedsReview
        })
    }

    /// Tells a terminal that broke away.
    pub(crate) fn finish(self) -> anyhow::Result<()> {
        match self.failed {
            Some(error) => Err(error).context("cannot ask on this terminal; nothing was written"),
            None => Ok(()),
        }
    }

    fn ask(&mut self, offer: &Offer<'_>) -> io::Result<Choice> {
        let mut err = anstream::stderr().lock();
        show(offer, &mut err)?;
        loop {
            let answer =
                question("make this change? [y]es [n]o [a]ll of this rule [d]iff [q]uit ", &mut err)?;
            match answer.as_str() {
                "y" | "yes" => return Ok(Choice::Take),
                "n" | "no" => return Ok(Choice::Decline),
                "a" | "all" => {
                    self.rules.insert(offer.finding.detail.rule);
                    return Ok(Choice::Take);
                }
                "d" | "diff" => {
                    write_diff(&offer.changes(), &terminal::stderr(), &mut err)?;
                    writeln!(err)?;
                }
                "q" | "quit" | "\u{4}" => {
                    self.quit = true;
                    return Ok(Choice::NeedsReview);
                }
                _ => writeln!(err, "y, n, a, d or q")?,
            }
        }
    }
}

fn show(offer: &Offer<'_>, out: &mut dyn Write) -> io::Result<()> {
    let detail = &offer.finding.detail;
    let object = offer.inventory.object(offer.finding.object);
    let place = place(object, &offer.finding.path());
    writeln!(out, "\n{}  {object}", place.text())?;
    writeln!(out, "{}  {}  {}", detail.severity, detail.rule, detail.what)?;
    if !detail.sensitive {
        write!(out, "{}", excerpt(&place, &terminal::stderr()))?;
        writeln!(out)?;
    }
    writeln!(out, "fix: {}", offer.fix.title)
}

/// Asks for one word; the end of the input is `\u{4}`.
fn question(text: &str, out: &mut dyn Write) -> io::Result<String> {
    write!(out, "{text}")?;
    out.flush()?;
    let mut line = String::new();
    if io::stdin().lock().read_line(&mut line)? == 0 {
        return Ok("\u{4}".to_owned());
    }
    Ok(line.trim().to_ascii_lowercase())
}

/// Asks yes or no; anything else than yes is no.
pub(crate) fn ask(text: &str) -> io::Result<bool> {
    let answer = question(text, &mut anstream::stderr().lock())?;
    Ok(matches!(answer.as_str(), "y" | "yes"))
}
