//! `crates/rules/src/catalogue.rs` from `crates/rules/catalogue.csv`.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, bail};

const COLUMNS: [&str; 20] = [
    "id",
    "group",
    "title",
    "objects",
    "needs",
    "severity",
    "semantics",
    "fix",
    "pss",
    "cis",
    "nsa",
    "mitre",
    "ks",
    "trivy",
    "checkov",
    "kubelinter",
    "polaris",
    "kubescore",
    "popeye",
    "profile",
];
/// What rules must do in detail is for their authors; the binary carries all other columns.
const LEFT_OUT: &str = "semantics";

/// Writes the table, or checks that it is current.
pub(crate) fn run(root: &Path, check: bool) -> anyhow::Result<()> {
    let source = root.join("crates/rules/catalogue.csv");
    let target = root.join("crates/rules/src/catalogue.rs");
    let text = render(&source)?;
    if !check {
        return std::fs::write(&target, text).with_context(|| format!("write {}", target.display()));
    }
    let current = std::fs::read_to_string(&target).unwrap_or_default();
    if current != text {
        bail!("crates/rules/src/catalogue.rs is not current; run `cargo xtask gen`");
    }
    Ok(())
}

fn render(source: &Path) -> anyhow::Result<String> {
    let mut reader = csv::Reader::from_path(source).with_context(|| format!("read {}", source.display()))?;
    if reader.headers()? != COLUMNS.as_slice() {
        bail!("{}: expected the columns {COLUMNS:?}", source.display());
    }
    let mut rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>()?;
    rows.sort_by(|a, b| a[0].cmp(&b[0]));
    let mut text = String::from(
        "//! Generated from `catalogue.csv` by `cargo xtask gen`; do not edit.\n\n\
         /// One rule of the catalogue. Several values in a field are separated by `;`.\n\
         #[derive(Debug, Clone, Copy, PartialEq, Eq)]\n#[expect(missing_docs, reason = \"column names of the catalogue\")]\npub struct Row {\n",
    );
    for column in COLUMNS.into_iter().filter(|column| *column != LEFT_OUT) {
        writeln!(text, "    pub {column}: &'static str,")?;
    }
    text.push_str("}\n\n/// The row of a rule id.\npub(crate) fn row(id: &str) -> Option<&'static Row> {\n");
    text.push_str("    ROWS.binary_search_by(|row| row.id.cmp(id)).ok().map(|index| &ROWS[index])\n}\n\n");
    text.push_str("/// All rows, sorted by id.\n#[rustfmt::skip]\npub static ROWS: &[Row] = &[\n");
    for row in &rows {
        text.push_str("    Row { ");
        for (column, value) in COLUMNS.into_iter().zip(row).filter(|(column, _)| *column != LEFT_OUT) {
            write!(text, "{column}: {value:?}, ")?;
        }
        text.push_str("},\n");
    }
    text.push_str("];\n");
    Ok(text)
}
