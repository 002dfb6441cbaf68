//! `rampart.dev/report/v1`.

use std::io::{self, Write};

use rampart_document::{Edit, Operation};
use rampart_model::{Object, Place as ProblemPlace, Problem, State};
use serde_json::{Map, Value, json};

use crate::{
    ControlState, Exception, Fact, Finding, FrameworkResult, ObjectChange, Report, Safety, Severity, Verdict,
    fingerprint, place,
};

/// The schema's name; a breaking change gets another one.
pub const SCHEMA: &str = "rampart.dev/report/v1";

/// Writes the report as one JSON object, finding by finding, so memory does not grow with the report.
pub fn write_json(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{{")?;
    field(out, "schema", &json!(SCHEMA))?;
    field(out, "tool", &json!({"name": "rampart", "version": report.version}))?;
    field(out, "inputs", &json!(report.inputs))?;
    field(out, "coverage", &coverage(report))?;
    list(out, "problems", report.problems.iter().map(problem))?;
    list(out, "findings", report.findings.iter().map(|finding| finding_value(report, finding)))?;
    if !report.facts.is_empty() {
        list(out, "facts", report.facts.iter().map(|fact| fact_value(report, fact)))?;
    }
    if !report.passed.is_empty() {
        let passed = report.passed.iter().map(|&(rule, id)| {
            json!({"rule": rule, "verdict": "pass", "object": object_value(report.inventory.object(id))})
        });
        list(out, "passed", passed)?;
    }
    if !report.frameworks.is_empty() {
        list(out, "frameworks", report.frameworks.iter().map(|result| framework_value(report, result)))?;
    }
    writeln!(out, "\"summary\": {}", summary(report))?;
    writeln!(out, "}}")
}

fn field(out: &mut dyn Write, name: &str, value: &Value) -> io::Result<()> {
    writeln!(out, "\"{name}\": {value},")
}

fn list(out: &mut dyn Write, name: &str, values: impl Iterator<Item = Value>) -> io::Result<()> {
    write!(out, "\"{name}\": [")?;
    for (index, value) in values.enumerate() {
        out.write_all(if index == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut *out, &value)?;
    }
    writeln!(out, "],")
}

fn coverage(report: &Report<'_>) -> Value {
    let entries = report.inventory.coverage().entries().map(|(gap, state)| {
        let (state, reason) = match state {
            State::Full => ("full", None),
            State::Partial(reason) => ("partial", Some(reason)),
            State::NotRead(reason) => ("not-read", Some(reason)),
        };
        json!({"kind": gap.kind, "namespace": gap.namespace, "state": state, "reason": reason})
    });
    entries.collect()
}

fn problem(problem: &Problem) -> Value {
    let mut value = Map::new();
    match &problem.place {
        ProblemPlace::Path(path) => {
            value.insert("file".to_owned(), json!(path));
        }
        ProblemPlace::Text { source, diagnostic } => {
            let start = source.position(diagnostic.span.start);
            value.insert("file".to_owned(), json!(source.name()));
            value.insert("line".to_owned(), json!(start.line));
            value.insert("column".to_owned(), json!(start.column));
        }
    }
    let level = if problem.level == rampart_document::Level::Error { "error" } else { "warning" };
    value.insert("level".to_owned(), json!(level));
    value.insert("code".to_owned(), json!(problem.code));
    value.insert("message".to_owned(), json!(problem.message));
    value.insert("help".to_owned(), json!(problem.help));
    Value::Object(value)
}

fn object_value(object: Object<'_>) -> Value {
    json!({
        "apiVersion": object.api_version(),
        "kind": object.kind(),
        "namespace": object.effective_namespace(),
        "name": object.name(),
    })
}

fn finding_value(report: &Report<'_>, finding: &Finding) -> Value {
    let object = report.inventory.object(finding.object);
    let path = finding.path();
    let place = place(object, &path);
    let rule = report.rules.get(finding.detail.rule);
    let verdict = if finding.detail.verdict == Verdict::Fail { "fail" } else { "unknown" };
    let evidence: Vec<Value> = finding
        .detail
        .evidence
        .iter()
        .map(|evidence| {
            let other = evidence.object.map(|id| report.inventory.object(id));
            let path =
                if other.is_some() { evidence.path.clone() } else { finding.prefix.join(&evidence.path) };
            let at = crate::place(other.unwrap_or(object), &path);
            json!({"object": other.map(object_value), "path": path.as_str(), "file": at.file,
                "line": at.start.map(|(line, _)| line), "note": evidence.note})
        })
        .collect();
    json!({
        "rule": finding.detail.rule,
        "verdict": verdict,
        "severity": finding.detail.severity.as_str(),
        "object": object_value(object),
        "path": path.as_str(),
        "file": place.file,
        "line": place.start.map(|(line, _)| line),
        "column": place.start.map(|(_, column)| column),
        "endLine": place.end.map(|(line, _)| line),
        "endColumn": place.end.map(|(_, column)| column),
        "what": finding.detail.what,
        "why": rule.map(|rule| rule.why.as_str()),
        "todo": rule.map(|rule| rule.todo.as_str()),
        "evidence": evidence,
        "frameworks": rule.map(|rule| &rule.frameworks),
        "fix": fix_value(report, finding),
        "fingerprint": fingerprint(object, finding),
        "excepted": report.exception(finding).map(exception_value),
    })
}

fn framework_value(report: &Report<'_>, result: &FrameworkResult) -> Value {
    let print = |&at: &usize| {
        let finding = report.findings.get(at)?;
        Some(fingerprint(report.inventory.object(finding.object), finding))
    };
    let controls = result.controls.iter().map(|control| {
        json!({
            "id": control.id,
            "title": control.title,
            "section": control.section,
            "state": control.state.as_str(),
            "reason": control.reason,
            "note": control.note,
            "rules": control.rules,
            "failed": control.failed,
            "unknown": control.unknown,
            "excepted": control.excepted,
            "evaluated": control.evaluated,
            "findings": control.findings.iter().filter_map(print).collect::<Vec<_>>(),
        })
    });
    let counts: Map<String, Value> = ControlState::ALL
        .into_iter()
        .map(|state| (state.as_str().to_owned(), json!(result.count(state))))
        .collect();
    json!({
        "id": result.id,
        "title": result.title,
        "version": result.version,
        "percent": result.percent(),
        "counts": counts,
        "controls": controls.collect::<Vec<_>>(),
    })
}

fn fact_value(report: &Report<'_>, fact: &Fact) -> Value {
    let object = report.inventory.object(fact.object);
    let path = fact.path();
    let at = place(object, &path);
    json!({
        "rule": fact.text.rule,
        "list": fact.text.list,
        "object": object_value(object),
        "path": path.as_str(),
        "file": at.file,
        "line": at.start.map(|(line, _)| line),
        "what": fact.text.what,
    })
}

fn exception_value(exception: &Exception) -> Value {
    json!({
        "by": exception.kind.as_str(),
        "reason": exception.reason,
        "owner": exception.owner,
        "expires": exception.expires,
        "file": exception.file,
        "line": exception.line,
    })
}

fn fix_value(report: &Report<'_>, finding: &Finding) -> Value {
    let Some(fix) = &finding.detail.fix else { return Value::Null };
    let safety = if fix.safety == Safety::Safe { "safe" } else { "review" };
    let mut edits: Vec<Value> = finding.edits().iter().map(edit_value).collect();
    if finding.detail.sensitive {
        // The new value may repeat a part of the old one.
        edits.iter_mut().filter_map(|edit| edit.get_mut("value")).for_each(|value| *value = Value::Null);
    }
    let mut value = json!({"title": fix.title, "safety": safety, "edits": edits});
    if !fix.objects.is_empty() {
        value["objects"] = fix.objects.iter().map(|change| change_value(report, change)).collect();
    }
    value
}

fn change_value(report: &Report<'_>, change: &ObjectChange) -> Value {
    match change {
        ObjectChange::Edit { object, edits } => json!({
            "op": "edit",
            "object": object_value(report.inventory.object(*object)),
            "edits": edits.iter().map(edit_value).collect::<Vec<_>>(),
        }),
        ObjectChange::Create { manifest } => json!({"op": "create", "manifest": manifest}),
        ObjectChange::Delete { object } => {
            json!({"op": "delete", "object": object_value(report.inventory.object(*object))})
        }
    }
}

fn edit_value(edit: &Edit) -> Value {
    let (operation, value) = match &edit.operation {
        Operation::Set(value) => ("set", Some(value)),
        Operation::Remove => ("remove", None),
        Operation::Insert(value) => ("insert", Some(value)),
        Operation::Append(value) => ("append", Some(value)),
    };
    match value {
        Some(value) => json!({"op": operation, "path": edit.path.as_str(), "value": value}),
        None => json!({"op": operation, "path": edit.path.as_str()}),
    }
}

fn summary(report: &Report<'_>) -> Value {
    let totals = report.totals();
    let by_severity: Map<String, Value> = Severity::ALL
        .iter()
        .zip(totals.failed)
        .map(|(severity, count)| (severity.to_string(), json!(count)))
        .collect();
    json!({
        "objects": report.inventory.len(),
        "evaluated": report.evaluations.total(),
        "passed": report.evaluations.passed,
        "failed": report.evaluations.failed,
        "unknown": report.evaluations.unknown,
        "bySeverity": by_severity,
        "excepted": totals.excepted,
        "known": report.known,
        "hidden": report.hidden,
        "ignoredDocuments": report.inventory.ignored(),
    })
}
