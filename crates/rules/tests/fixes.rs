//! Which rules say how to fix what they find: every row of the catalogue whose fix is `safe` or `review` has one in its
//! examples, or a line in `no_fix.csv` tells why a patch would be a guess.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use rampart_model::Carriers;
use rampart_report::{Finding, Safety, Verdict};
use rampart_rules::{Context, Env, Group, Needs, Options, Rule, Settings, all, evaluate};
use rampart_testkit::pages::{Block, NOW, blocks, documents};

/// Groups whose rules over manifests were looked at one by one.
const AUDITED: [Group; 5] =
    [Group::Availability, Group::Hygiene, Group::Images, Group::Secrets, Group::Workload];

/// Failures of a rule's `fail` examples.
#[derive(Debug, Default)]
struct Count {
    fixed: usize,
    open: usize,
    safety: BTreeSet<&'static str>,
}

fn failures(rule: &'static Rule, block: &Block) -> Vec<Finding> {
    let settings: Settings = serde_json::from_value(block.settings()).unwrap();
    let carriers = Carriers::default();
    let inventory = block.inventory(&documents(&block.text));
    let version = block.versions()[0];
    let env = Env { version, strict: !block.has("default"), settings: &settings, now: Some(NOW) };
    let context = Context::new(env, &inventory, &carriers);
    let mut findings = evaluate(&context, &Options { rules: vec![rule], list_passed: false }).findings;
    findings.retain(|finding| finding.detail.verdict == Verdict::Fail);
    findings
}

fn count(rule: &'static Rule) -> Count {
    let mut count = Count::default();
    for block in blocks(rule.doc).iter().filter(|block| block.kind == "fail") {
        for finding in failures(rule, block) {
            match &finding.detail.fix {
                Some(fix) => {
                    count.fixed += 1;
                    count.safety.insert(if fix.safety == Safety::Safe { "safe" } else { "review" });
                }
                None => count.open += 1,
            }
        }
    }
    count
}

/// Rule to extent (`never` or `sometimes`) and reason.
fn exceptions() -> BTreeMap<String, (String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/no_fix.csv");
    let mut reader = csv::Reader::from_path(path).unwrap();
    let rows = reader.records().map(|record| record.unwrap());
    rows.map(|row| (row[0].to_owned(), (row[1].to_owned(), row[2].to_owned()))).collect()
}

#[test]
fn every_row_has_its_fix_or_a_reason() {
    let exceptions = exceptions();
    let mut problems = Vec::new();
    let mut table = String::new();
    let mut known = BTreeSet::new();
    let audited = |rule: &&'static Rule| {
        AUDITED.contains(&rule.group) && rule.row().unwrap().needs == Needs::Manifest.as_str()
    };
    for rule in all().filter(audited) {
        let promised = rule.row().unwrap().fix.split(':').next().unwrap().trim().to_owned();
        let count = count(rule);
        writeln!(table, "{:36} {promised:7} with {:2}  without {:2}", rule.id, count.fixed, count.open)
            .unwrap();
        let extent = match (count.fixed, count.open) {
            (_, 0) => "",
            (0, _) => "never",
            _ => "sometimes",
        };
        let told = exceptions.get(rule.id).map_or("", |(extent, _)| extent.as_str());
        known.insert(rule.id);
        if promised == "none" {
            if !told.is_empty() {
                problems.push(format!("{}: the catalogue promises no fix, so no reason is needed", rule.id));
            }
        } else if extent != told {
            problems.push(format!("{}: examples lack a fix `{extent}`, no_fix.csv says `{told}`", rule.id));
        }
        if count.safety.contains("safe") && promised == "review" {
            problems.push(format!("{}: its fix calls itself safe, the catalogue asks for a review", rule.id));
        }
    }
    for (rule, (_, reason)) in &exceptions {
        if !known.contains(rule.as_str()) || reason.len() < 20 {
            problems.push(format!("{rule}: no rule of an audited group, or no reason"));
        }
    }
    assert!(problems.is_empty(), "{}\n\n{table}", problems.join("\n"));
}
