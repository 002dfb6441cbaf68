//! Values of the wrong type that rules stumbled over: bad input, shown with its line.

use std::collections::BTreeSet;

use rampart_document::Diagnostic;
use rampart_model::{Inventory, Object, ObjectId, Problem, Version};
use rampart_report::{Finding, Verdict, place};
use rampart_rules::WRONG_TYPE;
use rampart_schema::{Problem as Misfit, Schema, SchemaError, validate_as};

const HELP: &str = "the API server would reject this; checks that read it are unknown";

/// The wrong types of every object that some rule could not read, in input order. Objects that no rule had trouble with
/// are not looked at again.
pub(crate) fn problems(inventory: &Inventory, findings: &[Finding], version: Version) -> Vec<Problem> {
    let unread = |finding: &&Finding| {
        finding.detail.verdict == Verdict::Unknown && *finding.detail.what == *WRONG_TYPE
    };
    let objects: BTreeSet<ObjectId> = findings.iter().filter(unread).map(|finding| finding.object).collect();
    let schema = Schema::for_version(version);
    objects.into_iter().flat_map(|id| of_object(inventory.object(id), schema)).collect()
}

fn of_object(object: Object<'_>, schema: &Schema) -> Vec<Problem> {
    let Some(info) = schema.kind(object.api_version(), object.kind()) else { return Vec::new() };
    let errors = validate_as(object.node(), schema, &info).into_iter();
    let wrong = errors.filter(|error| matches!(error.problem, Misfit::WrongType { .. }));
    wrong.map(|error| problem(object, &error)).collect()
}

fn problem(object: Object<'_>, error: &SchemaError) -> Problem {
    let message = format!("{} of {object} {}", error.path, error.problem);
    let at = place(object, &error.path);
    if at.rendered {
        return Problem::path("wrong-type", at.text(), message).help(HELP);
    }
    Problem::text(at.source, Diagnostic::error("wrong-type", at.span, message).help(HELP))
}
