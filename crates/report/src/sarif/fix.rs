use std::collections::BTreeMap;

use rampart_document::{Edit, replacements};
use rampart_model::{Object, Origin};
use serde_json::{Value, json};

use super::{artifact, region};
use crate::{Finding, ObjectChange, Report};

/// `fix`: the exact bytes that change in the files; `None` where a file does not hold what the finding is about, where
/// whole objects come or go, and where the text may hold what nobody should read.
pub(super) fn fix(report: &Report<'_>, finding: &Finding) -> Option<Value> {
    let fix = finding.detail.fix.as_ref().filter(|_| !finding.detail.sensitive)?;
    let mut changes: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    let edits = finding.edits();
    if !edits.is_empty() {
        change(report.inventory.object(finding.object), &edits, &mut changes)?;
    }
    for other in &fix.objects {
        let ObjectChange::Edit { object, edits } = other else { return None };
        change(report.inventory.object(*object), edits, &mut changes)?;
    }
    let changes: Vec<Value> = changes
        .into_iter()
        .filter(|(_, replacements)| !replacements.is_empty())
        .map(|(file, replacements)| {
            json!({"artifactLocation": artifact(&report.base, file), "replacements": replacements})
        })
        .collect();
    if changes.is_empty() {
        return None;
    }
    Some(json!({"description": {"text": fix.title}, "artifactChanges": changes}))
}

fn change<'a>(object: Object<'a>, edits: &[Edit], changes: &mut BTreeMap<&'a str, Vec<Value>>) -> Option<()> {
    if *object.origin() != Origin::File || object.kind() == "Secret" {
        return None;
    }
    let source = object.source();
    let made = replacements(object.node(), edits).ok()?;
    let values = made.iter().map(|one| {
        let mut value = json!({"deletedRegion": region(source, one.span)});
        if !one.text.is_empty() {
            value["insertedContent"] = json!({"text": one.text});
        }
        value
    });
    changes.entry(source.name()).or_default().extend(values);
    Some(())
}
