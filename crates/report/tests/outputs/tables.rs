use rampart_report::{Report, write_csv, write_markdown};

use crate::world::{HOSTILE, hostile, shop, with_report, written};

#[test]
fn csv_has_a_row_for_everything() {
    let (text, want) = shop(|report| {
        let rows = report.findings.len() + report.facts.len() + report.passed.len();
        (written(|out| write_csv(report, out)), rows)
    });
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let verdict = |record: &csv::StringRecord| record[0].to_owned();
    let verdicts: Vec<String> = reader.records().map(|record| verdict(&record.unwrap())).collect();
    assert_eq!(verdicts.len(), want);
    for word in ["fail", "unknown", "fact", "pass"] {
        assert!(verdicts.iter().any(|verdict| verdict == word), "{word}");
    }
    assert!(text.lines().next().unwrap().ends_with(",list\r") || text.starts_with("verdict,severity,rule,"));
}

#[test]
fn csv_keeps_any_name() {
    let text = with_report("x.yaml", &hostile(), |report| written(|out| write_csv(report, out)));
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    assert!(reader.records().all(|record| &record.unwrap()[8] == HOSTILE));
}

fn markdown(report: &Report<'_>) -> String {
    written(|out| write_markdown(report, out))
}

#[test]
fn the_summary_answers_first() {
    let text = shop(markdown);
    assert!(text.starts_with("## Rampart: "), "{text}");
    assert!(text.lines().next().unwrap().contains("critical"));
    assert!(text.contains("| House rules 1 | 0 | 1 | 0 | 1 | 0 % |"), "{text}");
    assert!(text.contains("1 excepted") && text.contains("| unknown |"), "{text}");
    assert!(
        text.contains("**Not read in full:** 2 input problems")
            && text.contains("`gone.yaml` permission denied")
    );
    assert!(text.contains("Deployment shop/api and 1 more"));
    let hostile = with_report("x.yaml", &hostile(), markdown);
    assert!(!hostile.contains("<script"), "{hostile}");
}

#[test]
fn the_summary_fits_a_comment() {
    // Each pod has a template of its own, so nothing can be told as one.
    let pods: String = (0..3_000)
        .map(|n| format!("---\napiVersion: v1\nkind: Pod\nmetadata: {{name: p{n}}}\nspec:\n  hostPID: true\n  containers: [{{name: c{n}, image: x}}]\n"))
        .collect();
    let text = with_report("x.yaml", &pods, markdown);
    assert!(text.len() > 40_000 && text.len() < 65_536, "{}", text.len());
    assert!(text.contains(" more not shown here"));
}
