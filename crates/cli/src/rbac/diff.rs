//! `rampart rbac diff`.

use std::fmt::Write as _;

use anyhow::bail;
use rampart_authz::rbac::{Change, PolicyDiff, diff};
use serde_json::{Value, json};

use super::world::World;
use super::{DiffArguments, words};
use crate::emit;

pub(crate) fn run(arguments: &DiffArguments) -> anyhow::Result<u8> {
    if arguments.old == "-" && arguments.new == "-" {
        bail!("standard input cannot be both sides");
    }
    let policy = &arguments.policy;
    let outputs = emit::open(&policy.show.output, &["text", "json"])?;
    let load = |path: &String| {
        let path = std::slice::from_ref(path);
        World::load(path, &policy.read, policy.default_namespace.as_deref(), &policy.show)
    };
    let (old, new) = (load(&arguments.old)?, load(&arguments.new)?);
    let changes = diff(&old.policy, &new.policy);
    for output in &outputs {
        match output.format.as_str() {
            "json" => output.json(&value(&changes, old.is_complete() && new.is_complete()))?,
            _ => output.write(&format!("{}{}{}", text(&changes), old.open_roles(), new.open_roles()))?,
        }
    }
    Ok(old.exit_code(new.exit_code(0)))
}

fn text(changes: &PolicyDiff<'_>) -> String {
    if changes.gained.is_empty() && changes.lost.is_empty() {
        return "no rights change\n".to_owned();
    }
    let mut out = format!("{} gained, {} lost\n", changes.gained.len(), changes.lost.len());
    for (sign, side) in [("+", &changes.gained), ("-", &changes.lost)] {
        for change in side {
            let risk = change
                .worst
                .map(|(id, severity)| format!("  ({} {id})", words::severity(severity)))
                .unwrap_or_default();
            let (subject, scope) =
                (words::subject(change.group, change.subject), words::scope(change.namespace));
            // Writing to a string cannot fail.
            let _ = writeln!(out, "{sign} {subject} {scope}{risk}");
            for rule in &change.rules {
                let _ = writeln!(out, "    {}", words::rule(rule));
            }
        }
    }
    out
}

fn value(changes: &PolicyDiff<'_>, complete: bool) -> Value {
    let side = |changes: &[Change<'_>]| -> Vec<Value> { changes.iter().map(change).collect() };
    json!({"complete": complete, "gained": side(&changes.gained), "lost": side(&changes.lost)})
}

fn change(change: &Change<'_>) -> Value {
    let rules: Vec<Value> = change
        .rules
        .iter()
        .map(|rule| {
            json!({
                "verbs": rule.verbs,
                "apiGroups": rule.api_groups,
                "resources": rule.resources,
                "resourceNames": rule.resource_names,
                "nonResourceURLs": rule.non_resource_urls,
            })
        })
        .collect();
    json!({
        "kind": if change.group { "Group" } else { "User" },
        "name": change.subject,
        "namespace": change.namespace,
        "rules": rules,
        "worst": change.worst.map(|(id, severity)| json!({"rule": id, "severity": words::severity(severity)})),
    })
}
