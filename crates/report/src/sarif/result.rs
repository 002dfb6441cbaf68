use rampart_document::Position;
use rampart_model::Object;
use serde_json::{Value, json};

use super::{artifact, fix, points, rules};
use crate::text::first_sentence;
use crate::{Base, Evidence, Exception, ExceptionKind, Finding, Place, Report, Verdict, fingerprint, place};

/// Related places of one result; more help nobody, and GitHub has a limit.
const MAX_RELATED: usize = 100;

/// `result` of a finding; `ids` are the rules in the order of the driver's list.
pub(super) fn result(report: &Report<'_>, ids: &[&str], finding: &Finding) -> Value {
    let detail = &finding.detail;
    let object = report.inventory.object(finding.object);
    let path = finding.path();
    let at = place(object, &path);
    // A result that is no failure has no level.
    let (kind, level) = match detail.verdict {
        Verdict::Fail => ("fail", rules::level(detail.severity)),
        Verdict::Unknown => ("open", "none"),
    };
    let print = fingerprint(object, finding);
    let mut value = json!({
        "ruleId": detail.rule,
        "kind": kind,
        "level": level,
        "message": {"text": message(report, object, finding)},
        "locations": [{
            "physicalLocation": physical(&report.base, &at),
            "logicalLocations": [{
                "name": object.name(),
                "fullyQualifiedName": format!("{object} {path}").trim_end(),
                "kind": "resource",
            }],
        }],
        "partialFingerprints": {"rampart/v1": print, "primaryLocationLineHash": format!("{print}:1")},
        "properties": {
            "severity": detail.severity.as_str(),
            "security-severity": rules::score(detail.severity),
        },
    });
    if let Ok(index) = ids.binary_search(&detail.rule) {
        value["ruleIndex"] = json!(index);
    }
    let related: Vec<Value> = detail
        .evidence
        .iter()
        .take(MAX_RELATED)
        .enumerate()
        .map(|(index, evidence)| related(report, finding, index, evidence))
        .collect();
    if !related.is_empty() {
        value["relatedLocations"] = related.into();
    }
    if let Some(exception) = report.exception(finding) {
        value["suppressions"] = json!([suppression(&report.base, exception)]);
    }
    if report.compared {
        value["baselineState"] = json!("new");
    }
    if let Some(fix) = fix::fix(report, finding) {
        value["fixes"] = json!([fix]);
    }
    value
}

/// What was seen, about which object, and the first thing to do.
fn message(report: &Report<'_>, object: Object<'_>, finding: &Finding) -> String {
    let what = &finding.detail.what;
    let unknown = if finding.detail.verdict == Verdict::Unknown { "unknown: " } else { "" };
    let todo = report.rules.get(finding.detail.rule).map(|rule| first_sentence(&rule.todo));
    match todo.filter(|todo| !todo.is_empty()) {
        Some(todo) => format!("{unknown}{what} ({object}). {todo}"),
        None => format!("{unknown}{what} ({object})"),
    }
}

/// `physicalLocation`. GitHub leaves out results without a line, so what has none is shown at the first.
fn physical(base: &Base, at: &Place<'_>) -> Value {
    let start = at.start.unwrap_or((1, 1));
    let end = at.end.filter(|end| *end >= start).unwrap_or(start);
    let end = Position { line: end.0, column: end.1 };
    json!({"artifactLocation": artifact(base, at.file), "region": points(start, end)})
}

fn related(report: &Report<'_>, finding: &Finding, index: usize, evidence: &Evidence) -> Value {
    let own = report.inventory.object(finding.object);
    let other = evidence.object.map(|id| report.inventory.object(id));
    let path = if other.is_some() { evidence.path.clone() } else { finding.prefix.join(&evidence.path) };
    let at = place(other.unwrap_or(own), &path);
    json!({
        "id": index,
        "message": {"text": evidence.note},
        "physicalLocation": physical(&report.base, &at),
    })
}

fn suppression(base: &Base, exception: &Exception) -> Value {
    let kind = if exception.kind == ExceptionKind::File { "external" } else { "inSource" };
    let mut location = json!({"artifactLocation": artifact(base, &exception.file)});
    if let Some(line) = exception.line {
        location["region"] = json!({"startLine": line});
    }
    json!({
        "kind": kind,
        "status": "accepted",
        "justification": exception.text(),
        "location": {"physicalLocation": location},
    })
}
