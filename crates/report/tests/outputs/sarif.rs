use rampart_document::{Source, apply};
use rampart_report::{Finding, Report, write_sarif};
use serde_json::Value;

use crate::world::{SHOP, hostile, shop, with_report, written};
use crate::{schema, validate};

fn sarif(report: &Report<'_>) -> Value {
    serde_json::from_str(&written(|out| write_sarif(report, out))).unwrap()
}

fn results(log: &Value) -> &Vec<Value> {
    log["runs"][0]["results"].as_array().unwrap()
}

#[test]
fn fits_the_schema() {
    let schema = schema("sarif-2.1.0.json");
    validate(&schema, &shop(sarif));
    let hostile = with_report("a b/ü:<x>.yaml", &hostile(), sarif);
    validate(&schema, &hostile);
    let uri = results(&hostile)[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].clone();
    assert_eq!(uri, "deploy/a%20b/%C3%BC%3A%3Cx%3E.yaml");
}

#[test]
fn tells_every_finding_the_worst_first_with_what_was_accepted_last() {
    shop(|report| {
        let log = sarif(report);
        let run = &log["runs"][0];
        let results = results(&log);
        assert_eq!(results.len(), report.findings.len());
        assert!(
            results.last().unwrap()["suppressions"][0]["justification"]
                .as_str()
                .unwrap()
                .contains("team-api")
        );
        assert_eq!(results.iter().filter(|result| result.get("suppressions").is_some()).count(), 1);
        let scores: Vec<f64> = results
            .iter()
            .filter(|result| result["kind"] == "fail" && result.get("suppressions").is_none())
            .map(|result| result["properties"]["security-severity"].as_str().unwrap().parse().unwrap())
            .collect();
        assert!(scores.is_sorted_by(|a, b| a >= b) && scores[0] > 9.0, "{scores:?}");
        assert!(results.iter().any(|result| result["kind"] == "open" && result["level"] == "none"));
        for result in results {
            assert_eq!(result["baselineState"], "new");
            let rule = &run["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().unwrap() as usize];
            assert_eq!(rule["id"], result["ruleId"]);
            assert!(rule["help"]["markdown"].as_str().unwrap().contains("## What to do"));
        }
        let notes = run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
        assert_eq!(notes.len(), report.problems.len());
    });
}

/// Applies the replacements of a fix as a tool would: by lines and columns.
fn applied(fix: &Value) -> String {
    let source = Source::new("shop.yaml", SHOP);
    let offset = |line: u64, column: u64| {
        let span = source.line_span(line as u32).map_or(SHOP.len(), |span| span.start as usize);
        let rest = SHOP[span..].chars().take(column as usize - 1);
        span + rest.map(char::len_utf8).sum::<usize>()
    };
    let mut text = SHOP.to_owned();
    let replacements = fix["artifactChanges"][0]["replacements"].as_array().unwrap();
    for one in replacements.iter().rev() {
        let at = |line: &str, column: &str| {
            let number = |key: &str| one["deletedRegion"][key].as_u64().unwrap();
            offset(number(line), number(column))
        };
        let new = one["insertedContent"]["text"].as_str().unwrap_or("");
        text.replace_range(at("startLine", "startColumn")..at("endLine", "endColumn"), new);
    }
    text
}

#[test]
fn fixes_change_exactly_the_bytes_that_edits_change() {
    shop(|report| {
        let log = sarif(report);
        let mut checked = 0;
        for result in results(&log).iter().filter(|result| result.get("fixes").is_some()) {
            let print = result["partialFingerprints"]["rampart/v1"].as_str().unwrap();
            let of = |finding: &&Finding| {
                rampart_report::fingerprint(report.inventory.object(finding.object), finding) == print
            };
            let finding = report.findings.iter().find(of).unwrap();
            let root = report.inventory.object(finding.object).node();
            assert_eq!(applied(&result["fixes"][0]), apply(root, &finding.edits()).unwrap(), "{result}");
            checked += 1;
        }
        assert!(checked > 5, "{checked} fixes");
    });
}

#[test]
fn a_run_has_no_more_results_than_services_accept() {
    shop(|report| {
        let one = report.findings.iter().find(|finding| finding.detail.severity.as_str() == "low").unwrap();
        let worst = report.findings.iter().max_by_key(|finding| finding.detail.severity).unwrap();
        let mut findings = vec![one.clone(); 25_001];
        findings.push(worst.clone());
        let many = Report {
            findings: &findings,
            inputs: Vec::new(),
            base: report.base.clone(),
            rules: report.rules.clone(),
            problems: &[],
            ..*report
        };
        let log = sarif(&many);
        assert_eq!(results(&log).len(), 25_000);
        assert_eq!(results(&log)[0]["ruleId"], worst.detail.rule);
        let notes = log["runs"][0]["invocations"][0]["toolExecutionNotifications"].to_string();
        assert!(
            notes.contains("2 of 25002 findings are not in this file") && notes.contains("first 5000"),
            "{notes}"
        );
    });
}
