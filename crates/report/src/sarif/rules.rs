use serde_json::{Value, json};

use crate::{RuleInfo, Severity, text::plain};

/// Tags of one rule that GitHub accepts.
const MAX_TAGS: usize = 20;

/// `reportingDescriptor` of a rule.
pub(super) fn descriptor(rule: &RuleInfo) -> Value {
    let mut tags = vec!["security".to_owned(), "kubernetes".to_owned(), rule.group.to_owned()];
    let controls =
        rule.frameworks.iter().flat_map(|(name, ids)| ids.iter().map(move |id| format!("{name}/{id}")));
    tags.extend(controls);
    tags.truncate(MAX_TAGS);
    let call = format!("rampart explain {}", rule.id);
    let markdown = format!(
        "## Why\n{}\n\n## What to do\n{}\n\n`{call}` shows examples.",
        rule.why.trim(),
        rule.todo.trim()
    );
    let text = format!("{}\n\n{}\n\n{call} shows examples.", plain(&rule.why), plain(&rule.todo));
    let full = plain(&rule.why);
    json!({
        "id": rule.id,
        "name": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": if full.is_empty() { rule.title } else { &full }},
        "help": {"text": text, "markdown": markdown},
        "defaultConfiguration": {"level": level(rule.severity)},
        "properties": {
            "tags": tags,
            "precision": "very-high",
            "security-severity": score(rule.severity),
            "problem.severity": problem(rule.severity),
        },
    })
}

/// SARIF has three levels.
pub(super) const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// GitHub's `security-severity`: above 9.0 is critical, from 7.0 high, from 4.0 medium, the rest low.
pub(super) const fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
        Severity::Info => "1.0",
    }
}

const fn problem(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "recommendation",
    }
}
