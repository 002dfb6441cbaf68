//! Runs the examples of every rule's page.
//!
//! A block starts with ```` ```yaml KIND [k8s>=1.N | k8s<1.N] [default] [complete] [live] ````:
//! - `fail`: the rule finds something. Comment lines with `^^^^ text` mark where (the columns of the carets on the line
//!   above) and what the message contains; with marks, findings and marks must agree one to one.
//! - `pass`: the rule ran on at least one object and finds nothing. Marks name the facts of an inventory rule.
//! - `unknown`: the rule cannot tell, and fails nothing. Marks work too.
//! - `fixed`: what the fixes of the `fail` block before it make of that block: without the documents that they delete,
//!   those that they create at the end.
//!
//! A document without `kind` is laid over a minimal valid Pod. Blocks run under the strict profile unless they say
//! `default`. `setting:NAME=JSON` adjusts a setting.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::Path;

use rampart_document::{Edit, FieldPath, Limits, Source, apply_to_value, parse_yaml};
use rampart_model::{Carriers, Inventory, Version};
use rampart_report::{Finding, ObjectChange, Verdict, locate};
use rampart_rules::{Context, Env, Evaluation, Options, Rule, Settings, all, evaluate};
use rampart_testkit::pages::{Block, NOW, blocks, documents};
use serde_json::Value;

fn run(rule: &'static Rule, inventory: &Inventory, block: &Block, version: Version) -> Evaluation {
    let settings: Settings = serde_json::from_value(block.settings()).unwrap();
    let strict = !block.has("default");
    let env = Env { version, strict, settings: &settings, now: Some(NOW) };
    let carriers = Carriers::default();
    let context = Context::new(env, inventory, &carriers);
    evaluate(&context, &Options { rules: vec![rule], list_passed: false })
}

/// A `^^^^ text` comment: line (from 1) and columns that it marks, and the words.
struct Mark {
    line: u32,
    columns: (u32, u32),
    words: String,
}

fn marks(text: &str) -> Vec<Mark> {
    let mut marks = Vec::new();
    let mut code_line = 0;
    for (index, line) in text.lines().enumerate() {
        let comment =
            line.trim_start().strip_prefix('#').filter(|comment| comment.trim_start().starts_with('^'));
        let Some(comment) = comment else {
            code_line = index as u32 + 1;
            continue;
        };
        let start = line.find('^').unwrap() as u32;
        let length = comment.trim_start().bytes().take_while(|&b| b == b'^').count() as u32;
        let words = comment.trim_start().trim_start_matches('^').trim().to_owned();
        marks.push(Mark { line: code_line, columns: (start + 1, start + 1 + length), words });
    }
    marks
}

/// Object, path and text of what was said.
type Place = (u32, FieldPath, String);

fn place(finding: &&Finding) -> Place {
    (finding.object.0, finding.path(), finding.detail.what.to_string())
}

fn check_marks(block: &Block, places: Vec<Place>, inventory: &Inventory) {
    let marks = marks(&block.text);
    if marks.is_empty() {
        return;
    }
    let parsed = parse_yaml(&Source::new("example", block.text.as_str()), &Limits::default());
    let roots: Vec<_> = parsed.tree.documents().collect();
    let mut found: Vec<(u32, u32, u32, String)> = places
        .into_iter()
        .map(|(object, path, what)| {
            let span = locate(roots[object as usize], &path).span;
            let (start, end) =
                (parsed.tree.source().position(span.start), parsed.tree.source().position(span.end));
            (start.line, start.column, end.column, what)
        })
        .collect();
    assert_eq!(inventory.len(), roots.len(), "marks work in blocks without lists");
    for mark in &marks {
        let at = found.iter().position(|(line, start, end, what)| {
            *line == mark.line && (*start, *end) == mark.columns && what.contains(&mark.words)
        });
        let Some(at) = at else {
            panic!(
                "line {}: nothing found at {}:{:?} with {:?}; found: {found:#?}",
                block.line, mark.line, mark.columns, mark.words
            );
        };
        found.remove(at);
    }
    assert!(found.is_empty(), "line {}: findings without a mark: {found:#?}", block.line);
}

fn run_block(rule: &'static Rule, block: &Block, before: Option<&Block>) {
    if block.kind == "fixed" {
        let before = before.expect("`fixed` follows a `fail` block");
        return check_fixed(rule, before, block);
    }
    let documents = documents(&block.text);
    let inventory = block.inventory(&documents);
    for version in block.versions() {
        let evaluation = run(rule, &inventory, block, version);
        let of =
            |verdict| evaluation.findings.iter().filter(|f| f.detail.verdict == verdict).collect::<Vec<_>>();
        let (fails, unknowns) = (of(Verdict::Fail), of(Verdict::Unknown));
        let at = format!("line {} at {version}: {:#?}", block.line, evaluation.findings);
        let evaluated = evaluation.tallies[rule.id].evaluated();
        match block.kind.as_str() {
            "fail" => assert!(!fails.is_empty(), "expected a failure; {at}"),
            "unknown" => assert!(fails.is_empty() && !unknowns.is_empty(), "expected only unknown; {at}"),
            _ => assert!(
                fails.is_empty() && unknowns.is_empty() && evaluated > 0,
                "expected a pass ({evaluated} evaluated); {at}"
            ),
        }
        for finding in fails.iter().chain(&unknowns) {
            assert!(!finding.detail.what.is_empty() && !finding.detail.what.ends_with('.'), "{at}");
        }
        let facts = evaluation.facts.iter();
        let places = match block.kind.as_str() {
            "fail" => fails.iter().map(place).collect(),
            "unknown" => unknowns.iter().map(place).collect(),
            _ => facts.map(|fact| (fact.object.0, fact.path(), fact.text.what.clone())).collect(),
        };
        check_marks(block, places, &inventory);
    }
}

fn check_fixed(rule: &'static Rule, before: &Block, after: &Block) {
    let mut values = documents(&before.text);
    let wanted = documents(&after.text);
    let start = before.inventory(&values);
    let evaluation = run(rule, &start, before, before.versions()[0]);
    let mut done: Vec<(u32, Edit)> = Vec::new();
    let (mut created, mut gone) = (Vec::new(), BTreeSet::new());
    let mut edit = |values: &mut Vec<Value>, object: u32, edit: Edit| {
        let edit = (object, edit);
        if !done.contains(&edit) {
            apply_to_value(&mut values[object as usize], std::slice::from_ref(&edit.1)).unwrap();
            done.push(edit);
        }
    };
    for finding in evaluation.findings.iter().rev() {
        finding.edits().into_iter().for_each(|own| edit(&mut values, finding.object.0, own));
    }
    for change in evaluation.findings.iter().flat_map(|f| &f.detail.fix).flat_map(|fix| &fix.objects) {
        match change {
            ObjectChange::Edit { object, edits } => {
                edits.iter().for_each(|own| edit(&mut values, object.0, own.clone()));
            }
            ObjectChange::Create { manifest } if !created.contains(manifest) => {
                created.push(manifest.clone());
            }
            ObjectChange::Create { .. } => {}
            ObjectChange::Delete { object } => _ = gone.insert(object.0 as usize),
        }
    }
    gone.iter().rev().for_each(|&index| drop(values.remove(index)));
    values.extend(created);
    assert_eq!(values, wanted, "line {}: the fixes give something else", after.line);
    let fixed = after.inventory(&wanted);
    let left = run(rule, &fixed, after, before.versions()[0]);
    assert!(
        left.findings.is_empty(),
        "line {}: the fixed form still fails: {:#?}",
        after.line,
        left.findings
    );
}

#[test]
fn examples_hold() {
    let only = std::env::var("RULE").ok();
    let mut failures = Vec::new();
    for rule in all().filter(|rule| only.as_deref().is_none_or(|only| only == rule.id)) {
        let blocks = blocks(rule.doc);
        let mut before = None;
        for block in &blocks {
            let outcome = std::panic::catch_unwind(|| run_block(rule, block, before));
            if outcome.is_err() {
                failures.push(format!("{} block at line {}", rule.id, block.line));
            }
            if block.kind == "fail" {
                before = Some(block);
            }
        }
    }
    assert!(failures.is_empty(), "failed: {failures:#?} (messages above; RULE=id runs one)");
    assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join("catalogue.csv").exists());
}
