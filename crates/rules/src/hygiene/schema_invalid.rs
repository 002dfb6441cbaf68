use rampart_model::{Object, ObjectId};
use rampart_report::Severity;
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
            out.fail(error.path, what).severity(severity(&error.problem)).class(class(&error.problem));
        }
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
