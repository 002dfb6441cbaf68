use std::path::Path;

use crate::table;

/// The deliberate differences: tool, check, file (or `*`), what they expect, why we answer otherwise.
pub(crate) struct Differences {
    tool: &'static str,
    rows: Vec<(String, String, String, bool)>,
    unexplained: Vec<String>,
}

impl Differences {
    pub(crate) fn of(tool: &'static str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpora/differences.csv");
        let rows = table(&path).into_iter().filter(|row| row["tool"] == tool);
        let rows = rows
            .map(|row| {
                assert!(row["reason"].len() > 20, "a reason says why: {row:?}");
                (row["check"].clone(), row["file"].clone(), row["expected"].clone(), false)
            })
            .collect();
        Self { tool, rows, unexplained: Vec::new() }
    }

    /// Our answer differs from theirs here.
    pub(crate) fn seen(&mut self, check: &str, file: &str, expected: &str) {
        let mut explained = false;
        for row in &mut self.rows {
            if row.0 == check && (row.1 == "*" || row.1 == file) && row.2 == expected {
                row.3 = true;
                explained = true;
            }
        }
        if !explained {
            self.unexplained.push(format!("{},{check},{file},{expected}", self.tool));
        }
    }

    /// Fails when a difference has no reason or a reason no difference.
    pub(crate) fn check(self) {
        let stale: Vec<_> = self.rows.iter().filter(|row| !row.3).collect();
        assert!(
            self.unexplained.is_empty(),
            "differences without a reason:\n{}",
            self.unexplained.join("\n")
        );
        assert!(stale.is_empty(), "reasons without a difference: {stale:#?}");
    }
}
