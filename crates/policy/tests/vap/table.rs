//! The table of rules and fixtures, as `docs/policy.md` shows it.

use std::fmt::Write as _;
use std::path::Path;

/// How a policy did.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) rule: String,
    /// Fixtures that fail the rule: of its own page, of others.
    pub(crate) fails: [usize; 2],
    /// Fixtures that pass it.
    pub(crate) passes: [usize; 2],
    /// Fixtures about which the rule says unknown.
    pub(crate) unknown: usize,
    /// Fixtures where a difference is meant.
    pub(crate) excepted: usize,
    /// Fixtures of its page that the API server refuses itself.
    pub(crate) refused: Vec<String>,
    pub(crate) equal: bool,
}

impl Row {
    pub(crate) fn new(rule: &str) -> Self {
        Self {
            rule: rule.to_owned(),
            fails: [0; 2],
            passes: [0; 2],
            unknown: 0,
            excepted: 0,
            refused: Vec::new(),
            equal: true,
        }
    }
}

pub(crate) fn text(rows: &[&Row]) -> String {
    let mut text = String::from(
        "| rule | own: fail | own: pass | others: fail | others: pass | unknown | excepted | refused | verdicts |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|---|\n",
    );
    for row in rows {
        let verdict = if row.equal { "equal" } else { "DIFFERENT" };
        let ([fail, others_fail], [pass, others_pass]) = (row.fails, row.passes);
        let (unknown, excepted, refused) = (row.unknown, row.excepted, row.refused.len());
        writeln!(
            text,
            "| `{}` | {fail} | {pass} | {others_fail} | {others_pass} | {unknown} | {excepted} | {refused} | {verdict} |",
            row.rule
        )
        .unwrap();
    }
    text
}

const BEGIN: &str = "<!-- begin: verdicts -->\n";
const END: &str = "<!-- end: verdicts -->";

/// The page's table has a row for each policy, and all are equal. Counts change whenever a page gains an example, so
/// they are not compared; `RAMPART_UPDATE_DOCS=1` writes them anew.
pub(crate) fn check_page(rows: &[&Row]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/policy.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (table, after) = rest.split_once(END).unwrap();
    if std::env::var_os("RAMPART_UPDATE_DOCS").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{}{END}{after}", text(rows))).unwrap();
        return;
    }
    let listed: Vec<&str> =
        table.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    let own: Vec<&str> = rows.iter().map(|row| row.rule.as_str()).collect();
    assert_eq!(listed, own, "docs/policy.md: run this test with RAMPART_UPDATE_DOCS=1");
    assert!(!table.contains("DIFFERENT"));
}
