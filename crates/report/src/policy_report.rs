//! Reports as Kubernetes objects: OpenReports and the policy working group's PolicyReport.

use std::collections::BTreeMap;
use std::io::{self, Write};

use rampart_model::ObjectId;
use serde_json::{Map, Value, json};

use crate::order::worst_first;
use crate::{Finding, Report, Verdict, fingerprint, place};

/// Which API the objects belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyApi {
    /// `openreports.io/v1alpha1`: Report and ClusterReport.
    OpenReports,
    /// `wgpolicyk8s.io/v1alpha2`: PolicyReport and ClusterPolicyReport.
    WgPolicy,
}

/// How the objects are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyForm {
    /// One YAML document each.
    Yaml,
    /// One JSON `List`.
    Json,
}

/// Results of one object: larger ones come near what etcd takes (1.5 MiB), so they are split.
const MAX_RESULTS: usize = 1000;

/// One line of a report: a finding, or a rule that an object passed.
enum Line<'a> {
    Finding(&'a Finding),
    Passed(&'static str, ObjectId),
}

/// Writes one object for each namespace and one for what has no namespace, named `rampart`; above 1,000 results further
/// ones named `rampart-2` and so on. What cannot be told has the result `error`, what was accepted `skip`. Passed
/// evaluations are in it, and counted, when the report lists them.
///
/// # Errors
/// When `out` fails.
pub fn write_policy_report(
    report: &Report<'_>,
    api: PolicyApi,
    form: PolicyForm,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut namespaces: BTreeMap<Option<&str>, Vec<Line<'_>>> = BTreeMap::new();
    let namespace = |id: ObjectId| report.inventory.object(id).effective_namespace();
    for index in worst_first(report) {
        let finding = &report.findings[index as usize];
        namespaces.entry(namespace(finding.object)).or_default().push(Line::Finding(finding));
    }
    for &(rule, id) in report.passed {
        namespaces.entry(namespace(id)).or_default().push(Line::Passed(rule, id));
    }
    if form == PolicyForm::Json {
        write!(out, "{{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [")?;
    }
    let mut first = true;
    for (namespace, lines) in &namespaces {
        for (index, chunk) in lines.chunks(MAX_RESULTS).enumerate() {
            let head = head(report, api, *namespace, index, chunk);
            let comma = if std::mem::take(&mut first) { "" } else { "," };
            match form {
                PolicyForm::Yaml => yaml(report, &head, chunk, out)?,
                PolicyForm::Json => {
                    writeln!(out, "{comma}")?;
                    let text = head.to_string();
                    write!(out, "{}, \"results\": [", text.strip_suffix('}').unwrap_or(&text))?;
                    results(report, chunk, ",\n", out)?;
                    write!(out, "]}}")?;
                }
            }
        }
    }
    if form == PolicyForm::Json {
        writeln!(out, "]}}")?;
    }
    Ok(())
}

/// Everything but the results.
fn head(
    report: &Report<'_>,
    api: PolicyApi,
    namespace: Option<&str>,
    index: usize,
    lines: &[Line<'_>],
) -> Value {
    let (version, kind) = match (api, namespace) {
        (PolicyApi::OpenReports, Some(_)) => ("openreports.io/v1alpha1", "Report"),
        (PolicyApi::OpenReports, None) => ("openreports.io/v1alpha1", "ClusterReport"),
        (PolicyApi::WgPolicy, Some(_)) => ("wgpolicyk8s.io/v1alpha2", "PolicyReport"),
        (PolicyApi::WgPolicy, None) => ("wgpolicyk8s.io/v1alpha2", "ClusterPolicyReport"),
    };
    let name = if index == 0 { "rampart".to_owned() } else { format!("rampart-{}", index + 1) };
    let mut metadata = json!({"name": name});
    if let Some(namespace) = namespace {
        metadata["namespace"] = json!(namespace);
    }
    metadata["labels"] = json!({"app.kubernetes.io/managed-by": "rampart"});
    let counted = |word: &str| lines.iter().filter(|line| outcome(line) == word).count();
    let mut summary = Map::new();
    for word in ["pass", "fail", "warn", "error", "skip"] {
        // What passed is known only when it was asked for.
        if word != "pass" || !report.passed.is_empty() {
            summary.insert(word.to_owned(), json!(counted(word)));
        }
    }
    let mut head = json!({"apiVersion": version, "kind": kind, "metadata": metadata});
    if api == PolicyApi::OpenReports {
        head["source"] = json!("rampart");
    }
    head["summary"] = Value::Object(summary);
    head
}

fn yaml(report: &Report<'_>, head: &Value, lines: &[Line<'_>], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "---")?;
    for (key, value) in head.as_object().into_iter().flatten() {
        writeln!(out, "{key}: {}", printable(&value.to_string()))?;
    }
    write!(out, "results:\n- ")?;
    // JSON is YAML too, and a line for each result reads well.
    results(report, lines, "\n- ", out)?;
    writeln!(out)
}

fn results(report: &Report<'_>, lines: &[Line<'_>], between: &str, out: &mut dyn Write) -> io::Result<()> {
    for (index, line) in lines.iter().enumerate() {
        let value = match line {
            Line::Finding(finding) => finding_result(report, finding),
            Line::Passed(rule, id) => result(report, rule, *id, "pass", "passed"),
        };
        let separator = if index == 0 { "" } else { between };
        write!(out, "{separator}{}", printable(&value.to_string()))?;
    }
    Ok(())
}

fn outcome(line: &Line<'_>) -> &'static str {
    match line {
        Line::Passed(..) => "pass",
        Line::Finding(finding) if finding.excepted.is_some() => "skip",
        Line::Finding(finding) if finding.detail.verdict == Verdict::Unknown => "error",
        Line::Finding(_) => "fail",
    }
}

fn finding_result(report: &Report<'_>, finding: &Finding) -> Value {
    let detail = &finding.detail;
    let object = report.inventory.object(finding.object);
    let path = finding.path();
    let at = place(object, &path);
    let outcome = outcome(&Line::Finding(finding));
    let mut value = result(report, detail.rule, finding.object, outcome, &detail.what);
    value["severity"] = json!(detail.severity.as_str());
    let mut properties = json!({
        "path": path.as_str(),
        "file": report.base.path(at.file),
        "fingerprint": fingerprint(object, finding),
    });
    if let Some((line, _)) = at.start {
        properties["line"] = json!(line.to_string());
    }
    if let Some(exception) = report.exception(finding) {
        properties["excepted"] = json!(exception.text());
    }
    value["properties"] = properties;
    value
}

fn result(report: &Report<'_>, rule: &str, id: ObjectId, outcome: &str, message: &str) -> Value {
    let object = report.inventory.object(id);
    let mut reference =
        json!({"apiVersion": object.api_version(), "kind": object.kind(), "name": object.name()});
    if let Some(namespace) = object.effective_namespace() {
        reference["namespace"] = json!(namespace);
    }
    json!({
        "source": "rampart",
        "policy": rule,
        "category": report.rules.get(rule).map_or("other", |rule| rule.group),
        "result": outcome,
        "scored": true,
        "message": message,
        "resources": [reference],
    })
}

/// JSON text that is YAML too: YAML has no place for these characters, JSON need not escape them.
fn printable(json: &str) -> String {
    let odd = |c: char| {
        matches!(c, '\u{7f}'..='\u{9f}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' | '\u{2028}' | '\u{2029}')
    };
    if !json.contains(odd) {
        return json.to_owned();
    }
    json.chars().map(|c| if odd(c) { format!("\\u{:04x}", c as u32) } else { c.to_string() }).collect()
}
