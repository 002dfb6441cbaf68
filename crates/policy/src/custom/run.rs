//! Running rules over an inventory.

use std::sync::Arc;

use rampart_document::{FieldPath, mismatches};
use rampart_expr::{Limits, Program, Value};
use rampart_model::{Carriers, Inventory, Object, ObjectId};
use rampart_report::{Detail, Finding, Verdict};
use rampart_rules::{Evaluation, Tally};
use rayon::prelude::*;

use super::{CustomRule, Message};

/// Findings of one rule on one object, or `None` when the rule is not about the object.
type Answers = Option<Vec<Finding>>;

/// Runs rules over all objects: findings by object, then in the order of the rules. An evaluation is one rule on one
/// object that it is about. `list_passed` also lists what passed.
pub fn evaluate(
    rules: &[&CustomRule],
    inventory: &Inventory,
    carriers: &Carriers,
    list_passed: bool,
) -> Evaluation {
    let ids: Vec<ObjectId> = inventory.objects().map(Object::id).collect();
    let answers: Vec<Vec<Answers>> = ids
        .par_iter()
        .map(|&id| rules.iter().map(|rule| of_object(rule, inventory.object(id), carriers)).collect())
        .collect();
    let mut evaluation = Evaluation::default();
    for (id, answers) in ids.into_iter().zip(answers) {
        for (rule, findings) in rules.iter().zip(answers) {
            let tally: &mut Tally = evaluation.tallies.entry(rule.id).or_default();
            let Some(findings) = findings else { continue };
            evaluation.runs += 1;
            if findings.iter().any(|finding| finding.detail.verdict == Verdict::Fail) {
                tally.failed += 1;
            } else if findings.is_empty() {
                tally.passed += 1;
                if list_passed {
                    evaluation.passed.push((rule.id, id));
                }
            } else {
                tally.unknown += 1;
            }
            evaluation.findings.extend(findings);
        }
    }
    evaluation
}

/// Wrong types are the expression's to meet: it gets values, not typed views.
fn of_object(rule: &CustomRule, object: Object<'_>, carriers: &Carriers) -> Answers {
    mismatches::aside(|| {
        if !rule.matching.pods {
            return rule.matching.takes(object, object.labels()).then(|| {
                let bindings = [("object", Value::from(object.node()))];
                answers(rule, object.id(), FieldPath::root(), &bindings)
            });
        }
        let pod = carriers.pod(object)?;
        rule.matching.takes(object, pod.labels()).then(|| {
            let bindings = [("object", Value::from(object.node())), ("pod", Value::from(pod.template))];
            answers(rule, object.id(), pod.prefix.clone(), &bindings)
        })
    })
}

fn answers(
    rule: &CustomRule,
    object: ObjectId,
    prefix: FieldPath,
    bindings: &[(&str, Value<'_>)],
) -> Vec<Finding> {
    let prefix = Arc::new(prefix);
    let path = Arc::new(rule.path.clone());
    let said = judge(rule, bindings).into_iter();
    said.map(|(verdict, what)| {
        let detail = Detail {
            rule: rule.id,
            verdict,
            severity: rule.severity,
            path: Arc::clone(&path),
            what: what.into(),
            class: "",
            sensitive: false,
            evidence: Box::default(),
            fix: None,
        };
        Finding::new(object, Arc::clone(&prefix), Arc::new(detail))
    })
    .collect()
}

fn judge(rule: &CustomRule, bindings: &[(&str, Value<'_>)]) -> Vec<(Verdict, String)> {
    let unknown = |reason: String| vec![(Verdict::Unknown, reason)];
    let value = match rule.expression.eval(bindings, Limits::default()) {
        Ok(value) => value,
        Err(error) => return unknown(format!("the expression has no value: {}", place(&error))),
    };
    match value {
        Value::Bool(true) => Vec::new(),
        Value::Bool(false) => vec![message(rule, bindings)],
        Value::List(list) => {
            let texts: Option<Vec<String>> =
                list.iter().map(|item| item.as_str().map(str::to_owned)).collect();
            match texts {
                Some(texts) => texts.into_iter().map(|text| (Verdict::Fail, text)).collect(),
                None => unknown("the expression gives a list that holds more than texts".to_owned()),
            }
        }
        other => unknown(format!("the expression gives {}, not bool", other.type_of())),
    }
}

/// What a failure says. A message that has no value does not take the finding away.
fn message(rule: &CustomRule, bindings: &[(&str, Value<'_>)]) -> (Verdict, String) {
    let made = |program: &Program| {
        let value = program.eval(bindings, Limits::default()).ok()?;
        value.as_str().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    };
    let text = match &rule.message {
        Message::Text(text) => text.clone(),
        Message::Expression(program) => made(program).unwrap_or_else(|| rule.title.to_owned()),
    };
    (Verdict::Fail, text)
}

fn place(error: &rampart_expr::EvalError) -> String {
    if error.line > 1 {
        format!("{} (line {}, column {})", error.message, error.line, error.column)
    } else {
        error.to_string()
    }
}
