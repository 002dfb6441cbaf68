//! Acceptance, baselines and differences over small manifests.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod acceptance;
mod comparison;
mod file;

use std::sync::Arc;

use rampart_document::{FieldPath, Limits, Source, parse_yaml};
use rampart_model::{Carriers, Inventory, InventoryBuilder, Origin};
use rampart_report::{Detail, Finding, Severity, Verdict};
use rampart_triage::{Accepting, Day, ExceptionsFile, Outcome, RuleNames, accept};

/// One file per text, called `0.yaml`, `1.yaml`, …
pub(crate) fn inventory(texts: &[&str]) -> Inventory {
    let mut builder = InventoryBuilder::new();
    for (index, text) in texts.iter().enumerate() {
        let parsed = parse_yaml(&Source::new(format!("{index}.yaml"), *text), &Limits::default());
        assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
        builder.unit(parsed.tree, Origin::File);
    }
    builder.build().0
}

pub(crate) fn names() -> RuleNames {
    let rules = [("privileged", "workload"), ("host-pid", "workload"), ("latest-tag", "images")];
    RuleNames::new(rules).ran(["privileged", "host-pid", "latest-tag"])
}

/// A finding of a rule about the object called `name`.
pub(crate) fn finding(inventory: &Inventory, name: &str, rule: &'static str, path: &str) -> Finding {
    graded(inventory, name, rule, path, Severity::High)
}

pub(crate) fn graded(
    inventory: &Inventory,
    name: &str,
    rule: &'static str,
    path: &str,
    severity: Severity,
) -> Finding {
    let object = inventory.objects().find(|object| object.name() == name).unwrap();
    let detail = Detail {
        rule,
        verdict: Verdict::Fail,
        severity,
        path: Arc::new(FieldPath::parse(path).unwrap()),
        what: "seen".into(),
        class: "",
        sensitive: false,
        evidence: Box::default(),
        fix: None,
    };
    Finding::new(object.id(), Arc::default(), Arc::new(detail))
}

pub(crate) fn exceptions(text: &str) -> ExceptionsFile {
    ExceptionsFile::parse(&Source::new("rampart-exceptions.yaml", text), &names())
        .unwrap_or_else(|problem| panic!("{}", problem.message))
}

/// What is said on the second of January 2027.
pub(crate) fn accepted(
    inventory: &Inventory,
    findings: &mut [Finding],
    file: Option<&ExceptionsFile>,
) -> Outcome {
    let names = names();
    let carriers = Carriers::default();
    let accepting = Accepting {
        file,
        rules: &names,
        carriers: &carriers,
        today: Day::parse("2027-01-02"),
        tell_unused: true,
    };
    accept(inventory, findings, &accepting)
}

pub(crate) fn codes(outcome: &Outcome) -> Vec<&'static str> {
    outcome.problems.iter().map(|problem| problem.code).collect()
}
