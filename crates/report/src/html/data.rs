//! The data block of the page. Findings are rows of numbers into tables of what they share.

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::Arc;

use rampart_document::FieldPath;
use rampart_model::{ObjectId, State};
use serde_json::{Value, json};

use super::change;
use super::tables::{Table, Texts};
use crate::excerpt::window;
use crate::order::worst_first;
use crate::{
    Detail, Fact, Finding, FrameworkResult, Place, Report, Safety, Severity, Verdict, place, problem,
};

/// Fixes that are shown as lines of the file, the worst findings first; further ones are told in words, because a page
/// that takes long to write helps nobody.
const SHOWN_CHANGES: usize = 1500;

/// What rows point at.
#[derive(Default)]
struct Tables<'a> {
    texts: Texts<'a>,
    objects: Table<ObjectId>,
    details: Table<*const Detail>,
    /// The first finding of each detail.
    firsts: Vec<&'a Finding>,
    /// Paths by what makes them: the same few are made again and again.
    paths: HashMap<(*const FieldPath, *const FieldPath), u32>,
}

/// Writes one JSON object.
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut tables = Tables::default();
    writeln!(out, "{{\"about\": {},", about(report))?;
    write!(out, "\"findings\": [")?;
    for (index, finding) in report.findings.iter().enumerate() {
        let row = row(report, finding, &mut tables);
        comma(out, index)?;
        numbers(out, &row)?;
    }
    writeln!(out, "],")?;
    list(out, "details", details(report, &tables.firsts))?;
    list(out, "facts", report.facts.iter().map(|fact| self::fact(report, fact, &mut tables)))?;
    list(out, "objects", tables.objects.items.iter().map(|&id| object(report, id)))?;
    list(out, "frameworks", report.frameworks.iter().map(framework))?;
    list(out, "rules", report.rules.values().map(rule))?;
    list(
        out,
        "exceptions",
        report.exceptions.iter().map(|one| json!([one.text(), one.place(), one.kind.as_str()])),
    )?;
    list(out, "problems", report.problems.iter().map(problem_value))?;
    list(out, "coverage", coverage(report))?;
    list(out, "texts", tables.texts.in_order().into_iter().map(Value::from))?;
    writeln!(out, "\"schema\": 1}}")
}

fn comma(out: &mut dyn Write, index: usize) -> io::Result<()> {
    if index > 0 { out.write_all(b",") } else { Ok(()) }
}

fn list(out: &mut dyn Write, name: &str, values: impl Iterator<Item = Value>) -> io::Result<()> {
    write!(out, "\"{name}\": [")?;
    for (index, value) in values.enumerate() {
        comma(out, index)?;
        serde_json::to_writer(&mut *out, &value)?;
    }
    writeln!(out, "],")
}

/// Columns of a finding; `data.js` names them in the same order.
const COLUMNS: usize = 11;

fn numbers(out: &mut dyn Write, row: &[i64; COLUMNS]) -> io::Result<()> {
    let mut text = String::with_capacity(COLUMNS * 6);
    for (index, number) in row.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(&number.to_string());
    }
    out.write_all(text.as_bytes())
}

fn row<'a>(report: &Report<'a>, finding: &'a Finding, tables: &mut Tables<'a>) -> [i64; COLUMNS] {
    let object = report.inventory.object(finding.object);
    let known = tables.details.items.len() as u32;
    let detail = tables.details.place(Arc::as_ptr(&finding.detail));
    if detail == known {
        tables.firsts.push(finding);
    }
    let path = finding.path();
    let at = place(object, &path);
    let key = (Arc::as_ptr(&finding.prefix), Arc::as_ptr(&finding.detail.path));
    let path = match tables.paths.get(&key) {
        Some(&known) => known,
        None => {
            let text = tables.texts.place(path.as_str().to_owned());
            tables.paths.insert(key, text);
            text
        }
    };
    let (line, column) = at.start.unwrap_or((0, 0));
    let shown = if finding.detail.sensitive { [-1, -1, 0, 0] } else { excerpt(&at, tables) };
    let excepted = finding.excepted.map_or(-1, |id| id.index() as i64);
    let file = tables.texts.place(at.file);
    let [first, above, from, to] = shown;
    [
        tables.objects.place(finding.object).into(),
        detail.into(),
        path.into(),
        file.into(),
        line.into(),
        column.into(),
        excepted,
        first,
        above,
        from,
        to,
    ]
}

/// The marked line and the one above as texts (-1 for none), and the marked characters.
fn excerpt<'a>(at: &Place<'a>, tables: &mut Tables<'a>) -> [i64; 4] {
    let Some(window) = window(at) else { return [-1, -1, 0, 0] };
    let last = window.text.rfind('\n').map_or(0, |at| at + 1);
    let line = window.text[last..].trim_end_matches('\r');
    let above = (last > 0).then(|| window.text[..last].trim_end_matches(['\r', '\n']));
    let begin = window.mark.start.saturating_sub(last).min(line.len());
    let end = window.mark.end.saturating_sub(last).clamp(begin, line.len());
    let count = |range: std::ops::Range<usize>| line.get(range).map_or(0, |text| text.chars().count()) as i64;
    let start = count(0..begin);
    [
        tables.texts.place(line).into(),
        above.map_or(-1, |text| tables.texts.place(text).into()),
        start,
        start + count(begin..end),
    ]
}

/// The lines that fixes change, of the worst findings.
fn changes(report: &Report<'_>) -> HashMap<*const Detail, Vec<Value>> {
    let mut changes: HashMap<*const Detail, Vec<Value>> = HashMap::new();
    for index in worst_first(report) {
        if changes.len() == SHOWN_CHANGES {
            break;
        }
        let finding = &report.findings[index as usize];
        let key = Arc::as_ptr(&finding.detail);
        if !changes.contains_key(&key)
            && let Some(lines) = change::lines(report, finding)
        {
            changes.insert(key, lines);
        }
    }
    changes
}

/// `[rule, severity, what, evidence, fix]`: severity from the worst, 5 for what cannot be told.
fn details<'t>(report: &'t Report<'_>, firsts: &'t [&Finding]) -> impl Iterator<Item = Value> + 't {
    let changes = changes(report);
    let ids: HashMap<&str, usize> = report.rules.keys().enumerate().map(|(index, id)| (*id, index)).collect();
    firsts.iter().map(move |finding| {
        let detail = &finding.detail;
        let rule = ids.get(detail.rule).map_or(json!(detail.rule), |index| json!(index));
        let lines = changes.get(&Arc::as_ptr(detail));
        json!([rule, severity(detail), detail.what, evidence(report, finding), fix(report, finding, lines)])
    })
}

fn severity(detail: &Detail) -> usize {
    match detail.verdict {
        Verdict::Unknown => 5,
        Verdict::Fail => Severity::ALL.iter().position(|one| *one == detail.severity).unwrap_or(4),
    }
}

/// `[[note, object, place], …]`.
fn evidence(report: &Report<'_>, finding: &Finding) -> Value {
    let own = report.inventory.object(finding.object);
    let list = finding.detail.evidence.iter().map(|one| {
        let other = one.object.map(|id| report.inventory.object(id));
        let path = if other.is_some() { one.path.clone() } else { finding.prefix.join(&one.path) };
        let at = place(other.unwrap_or(own), &path);
        json!([one.note, other.map(|object| object.to_string()), at.text()])
    });
    list.collect()
}

/// `[title, safe, lines, edits, objects]`, or null.
fn fix(report: &Report<'_>, finding: &Finding, lines: Option<&Vec<Value>>) -> Value {
    let Some(fix) = &finding.detail.fix else { return Value::Null };
    let edits: Vec<String> = if lines.is_some() || finding.detail.sensitive {
        Vec::new()
    } else {
        finding.edits().iter().map(edit).collect()
    };
    json!([fix.title, fix.safety == Safety::Safe, lines, edits, change::objects(report, finding)])
}

fn edit(edit: &rampart_document::Edit) -> String {
    use rampart_document::Operation::{Append, Insert, Remove, Set};
    match &edit.operation {
        Set(value) | Insert(value) => format!("set {} to {value}", edit.path.as_str()),
        Append(value) => format!("add {value} to {}", edit.path.as_str()),
        Remove => format!("remove {}", edit.path.as_str()),
    }
}

/// `[list, object, what, file, line]`.
fn fact<'a>(report: &Report<'a>, fact: &'a Fact, tables: &mut Tables<'a>) -> Value {
    let at = place(report.inventory.object(fact.object), &fact.path());
    json!([
        tables.texts.place(fact.text.list),
        tables.objects.place(fact.object),
        tables.texts.place(fact.text.what.as_str()),
        tables.texts.place(at.file),
        at.start.map_or(0, |(line, _)| line),
    ])
}

/// `[apiVersion, kind, namespace, name]`; no namespace is an empty text.
fn object(report: &Report<'_>, id: ObjectId) -> Value {
    let object = report.inventory.object(id);
    json!([object.api_version(), object.kind(), object.effective_namespace().unwrap_or(""), object.name()])
}

fn rule(rule: &crate::RuleInfo) -> Value {
    json!([rule.id, rule.title, rule.group, rule.severity.as_str(), rule.why, rule.todo, rule.frameworks])
}

/// `[id, title, version, percent, controls]`, a control `[id, title, section, state, reason, note, rules]`.
fn framework(result: &FrameworkResult) -> Value {
    let controls = result.controls.iter().map(|control| {
        json!([
            control.id,
            control.title,
            control.section,
            control.state.words(),
            control.reason,
            control.note,
            control.rules,
        ])
    });
    json!([result.id, result.title, result.version, result.percent(), controls.collect::<Vec<_>>()])
}

fn problem_value(one: &rampart_model::Problem) -> Value {
    let error = one.level == rampart_document::Level::Error;
    json!([if error { "error" } else { "warning" }, problem::place(one), one.message, one.help])
}

fn coverage<'a>(report: &'a Report<'_>) -> impl Iterator<Item = Value> + 'a {
    report.inventory.coverage().entries().map(|(gap, state)| {
        let (word, reason) = match state {
            State::Full => ("full", None),
            State::Partial(reason) => ("partial", Some(reason)),
            State::NotRead(reason) => ("not read", Some(reason)),
        };
        json!([gap.kind, gap.namespace, word, reason])
    })
}

/// What stands behind the answer.
fn about(report: &Report<'_>) -> Value {
    json!({
        "version": report.version,
        "inputs": report.inputs,
        "objects": report.inventory.len(),
        "evaluated": report.evaluations.total(),
        "passed": report.evaluations.passed,
        "unknown": report.evaluations.unknown,
        "workloads": report.templates.0,
        "templates": report.templates.1,
        "hidden": report.hidden,
        "known": report.known,
        "compared": report.compared,
        "ignored": report.inventory.ignored(),
        "kinds": report
            .inventory
            .kinds()
            .iter()
            .map(|(kind, ids)| json!([kind.kind, kind.group, ids.len()]))
            .collect::<Vec<_>>(),
    })
}
