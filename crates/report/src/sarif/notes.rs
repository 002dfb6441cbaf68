use rampart_document::Level;
use rampart_model::{Place, Problem};
use serde_json::{Value, json};

use super::{MAX_RESULTS, SHOWN_RESULTS, artifact, region};
use crate::Report;

/// `toolExecutionNotifications`: what was wrong with the input, and what is not in this file.
pub(super) fn all<'a>(report: &'a Report<'a>) -> impl Iterator<Item = Value> + 'a {
    let problems = report.problems.iter().map(|problem| notification(report, problem));
    let all = report.findings.len();
    let left_out = (all > MAX_RESULTS).then(|| {
        let text = format!(
            "{} of {all} findings are not in this file: a run may have {MAX_RESULTS}",
            all - MAX_RESULTS
        );
        note("results-left-out", &text)
    });
    let not_shown = (all > SHOWN_RESULTS).then(|| {
        let text = format!("GitHub shows the first {SHOWN_RESULTS} results of a run, the worst are first; --severity leaves fewer");
        note("results-not-shown", &text)
    });
    problems.chain(left_out).chain(not_shown)
}

fn note(id: &str, text: &str) -> Value {
    json!({"descriptor": {"id": id}, "level": "warning", "message": {"text": text}})
}

fn notification(report: &Report<'_>, problem: &Problem) -> Value {
    let level = if problem.level == Level::Error { "error" } else { "warning" };
    let text = match &problem.help {
        Some(help) => format!("{}; {help}", problem.message),
        None => problem.message.clone(),
    };
    let location = match &problem.place {
        Place::Path(path) => json!({"artifactLocation": artifact(&report.base, path)}),
        Place::Text { source, diagnostic } => json!({
            "artifactLocation": artifact(&report.base, source.name()),
            "region": region(source, diagnostic.span),
        }),
    };
    json!({
        "descriptor": {"id": problem.code},
        "level": level,
        "message": {"text": text},
        "locations": [{"physicalLocation": location}],
    })
}
