use rampart_document::{Edit, FieldPath};
use rampart_model::{Object, ObjectId};
use rampart_report::{Fix, Severity};
use rampart_schema::{Problem, Schema, SchemaError, validate_as};
use rayon::prelude::*;

use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "schema-invalid",
    group: Group::Hygiene,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("schema_invalid.md"),
    check: Check::Set(check),
};

/// Over the whole set, so that objects of kinds without a schema do not count as evaluated.
fn check(context: &Context<'_>, out: &mut Findings) {
    let ids: Vec<ObjectId> = context.inventory.objects().map(Object::id).collect();
    let custom = context.custom_kinds();
    let schema = Schema::for_version(context.version);
    let answers: Vec<(ObjectId, Vec<SchemaError>)> = ids
        .par_iter()
        .filter_map(|&id| {
            let object = context.inventory.object(id);
            let errors = match schema.kind(object.api_version(), object.kind()) {
                Some(info) => validate_as(object.node(), schema, &info),
                None => custom.validate(object.node(), context.version)?,
            };
            Some((id, errors))
        })
        .collect();
    for (id, errors) in answers {
        let out = out.on(id);
        for error in errors {
            let what = format!("{}: {}", error.path, error.problem);
            let fix = correction(context.inventory.object(id), &error);
            let draft = out.fail(error.path, what);
            draft.severity(severity(&error.problem)).class(class(&error.problem));
            if let Some(fix) = fix {
                draft.fix(fix);
            }
        }
    }
}

/// What was meant beyond doubt: a field or a word that differs from the right one in its case alone.
fn correction(object: Object<'_>, error: &SchemaError) -> Option<Fix> {
    let value = object.node().at(&error.path)?;
    let written = error.path.as_str();
    match &error.problem {
        Problem::UnknownField { suggestion: Some(right), .. } => {
            let start = written.len().checked_sub(right.len()).filter(|&at| written.is_char_boundary(at))?;
            let path = FieldPath::parse(&format!("{}{right}", &written[..start])).ok()?;
            // The field that was meant may be there as well.
            let free = written[start..].eq_ignore_ascii_case(right) && object.node().at(&path).is_none();
            let edits = [Edit::remove(error.path.clone()), Edit::set(path, value.to_json())];
            free.then(|| Fix::review(format!("write {right}"), edits))
        }
        Problem::BadEnum { allowed } => {
            let text = value.scalar_text()?;
            let right = allowed.iter().find(|right| right.eq_ignore_ascii_case(text))?;
            let edit = Edit::set(error.path.clone(), right.as_str());
            Some(Fix::review(format!("write {right}"), [edit]))
        }
        _ => None,
    }
}

/// An unknown field is dropped, or rejected only where the client asks for strict checks; the rest is rejected.
fn severity(problem: &Problem) -> Severity {
    if matches!(problem, Problem::UnknownField { .. }) { Severity::Low } else { Severity::Medium }
}

fn class(problem: &Problem) -> &'static str {
    match problem {
        Problem::WrongType { .. } => "type",
        Problem::BadFormat { .. } => "format",
        Problem::UnknownField { .. } => "unknown",
        Problem::MissingRequired => "missing",
        Problem::BadEnum { .. } => "enum",
        Problem::BadLabel { .. } | Problem::BadAnnotation { .. } | Problem::BadName { .. } => "syntax",
        Problem::TooDeep => "depth",
    }
}
