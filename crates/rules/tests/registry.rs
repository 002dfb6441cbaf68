//! The registry against its specification: `catalogue.csv`, row for row.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::Path;

use rampart_rules::{Rule, all};

/// The directories of the groups.
const GROUPS: [&str; 12] = [
    "admission",
    "availability",
    "control_plane",
    "hygiene",
    "images",
    "network",
    "node",
    "patching",
    "rbac",
    "secrets",
    "storage",
    "workload",
];

struct CatalogueRow {
    id: String,
    group: String,
    needs: String,
    severity: String,
    profile: String,
    fix: String,
}

fn catalogue() -> Vec<CatalogueRow> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("catalogue.csv");
    let mut reader = csv::Reader::from_path(path).unwrap();
    let headers = reader.headers().unwrap().clone();
    let column = |name: &str| headers.iter().position(|header| header == name).unwrap();
    let (id, group, needs) = (column("id"), column("group"), column("needs"));
    let (severity, profile, fix) = (column("severity"), column("profile"), column("fix"));
    reader
        .records()
        .map(|record| {
            let record = record.unwrap();
            CatalogueRow {
                id: record[id].to_owned(),
                group: record[group].to_owned(),
                needs: record[needs].to_owned(),
                severity: record[severity].to_owned(),
                profile: record[profile].to_owned(),
                fix: record[fix].to_owned(),
            }
        })
        .collect()
}

#[test]
fn every_rule_is_its_catalogue_row() {
    let rows = catalogue();
    for rule in all() {
        let row = rows
            .iter()
            .find(|row| row.id == rule.id)
            .unwrap_or_else(|| panic!("{} is not in the catalogue", rule.id));
        assert_eq!(row.group, rule.group.as_str(), "group of {}", rule.id);
        assert_eq!(row.severity, rule.severity.as_str(), "severity of {}", rule.id);
        assert_eq!(row.profile, rule.profile.as_str(), "profile of {}", rule.id);
    }
}

#[test]
fn ids_are_sorted_and_unique_within_their_group() {
    let mut seen = BTreeSet::new();
    let mut last: Option<&Rule> = None;
    for rule in all() {
        assert!(seen.insert(rule.id), "{} is registered twice", rule.id);
        if let Some(before) = last.filter(|before| before.group == rule.group) {
            assert!(before.id < rule.id, "{} stands before {}", before.id, rule.id);
        }
        last = Some(rule);
    }
}

#[test]
fn every_rule_file_is_registered_and_documented() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let registered: BTreeSet<String> = all().map(|rule| rule.id.replace('-', "_")).collect();
    for group in GROUPS {
        for entry in std::fs::read_dir(source.join(group)).unwrap() {
            let path = entry.unwrap().path();
            let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let is_rule = path.extension().is_some_and(|e| e == "rs") && text.contains("static RULE: Rule");
            if is_rule {
                assert!(registered.contains(&stem), "{} is not registered", path.display());
                assert!(path.with_extension("md").exists(), "{} has no page beside it", path.display());
                assert!(text.lines().count() <= 200, "{} is longer than 200 lines", path.display());
            }
        }
    }
}

#[test]
fn pages_have_their_sections_and_examples() {
    let rows = catalogue();
    for rule in all() {
        let fix = &rows.iter().find(|row| row.id == rule.id).unwrap().fix;
        assert!(
            rule.doc.starts_with(&format!("# {}\n", rule.id)),
            "{}: the page starts with its id",
            rule.id
        );
        for heading in ["Why", "What to do"] {
            assert!(!rule.section(heading).is_empty(), "{}: section {heading} is missing", rule.id);
        }
        let has = |kind: &str| rule.doc.lines().any(|line| line.starts_with(&format!("```yaml {kind}")));
        assert!(has("pass"), "{}: no passing example", rule.id);
        if rule.profile.as_str() != "inventory" {
            assert!(has("fail"), "{}: no failing example", rule.id);
        }
        if fix.starts_with("safe") {
            assert!(has("fixed"), "{}: the catalogue promises a fix, the page shows none", rule.id);
        }
    }
}

/// Visible with `--nocapture`; the count keeps the list honest.
#[test]
fn rows_not_built_yet_are_listed() {
    let built: BTreeSet<&str> = all().map(|rule| rule.id).collect();
    let rows = catalogue();
    let missing: Vec<&CatalogueRow> = rows.iter().filter(|row| !built.contains(row.id.as_str())).collect();
    for row in &missing {
        println!("not built: {} ({}, needs {})", row.id, row.group, row.needs);
    }
    assert_eq!(built.len() + missing.len(), rows.len());
}
