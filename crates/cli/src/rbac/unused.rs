//! `rampart rbac unused`: grants that recorded requests did not use.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use rampart_authz::rbac::BindingId;
use rampart_authz::replay::{Recording, Usage, usage};
use rampart_document::FieldPath;
use serde_json::{Value, json};

use super::world::World;
use super::{UnusedArguments, records, words};
use crate::{emit, exit};

/// A rule as a binding grants it.
pub(crate) struct Line {
    pub(crate) binding: BindingId,
    pub(crate) rule: u32,
    pub(crate) used: Option<Usage>,
}

pub(crate) fn run(arguments: &UnusedArguments) -> anyhow::Result<u8> {
    let outputs = emit::open(&arguments.show.output, &["text", "json", "csv"])?;
    let input = &arguments.input;
    let world =
        World::load(&input.paths, &input.read, arguments.default_namespace.as_deref(), &arguments.show)?;
    let records = records::read(&arguments.audit_log)?;
    let lines = lines(&world, &records.recording, arguments.show.verbose);
    for output in &outputs {
        match output.format.as_str() {
            "json" => {
                let (first, last) = records.summary.window.clone().unzip();
                let grants: Vec<Value> = lines.iter().map(|line| value(&world, line)).collect();
                output.json(&json!({"window": {"from": first, "to": last}, "grants": grants}))?;
            }
            "csv" => output.write(&csv(&world, &lines)?)?,
            _ => output.write(&(text(&world, &lines) + &records::report(&records)))?,
        }
    }
    let unused = lines.iter().any(|line| line.used.is_none());
    Ok(world.exit_code(if unused { exit::FINDINGS } else { 0 }))
}

/// Every rule of every binding, with its use; those of Kubernetes itself only if asked for.
pub(crate) fn lines(world: &World, recording: &Recording, verbose: bool) -> Vec<Line> {
    let used: BTreeMap<(BindingId, u32), Usage> = usage(recording, &world.chain);
    let policy = &world.policy;
    let mut out = Vec::new();
    for binding in policy.bindings() {
        let view = policy.binding(binding);
        if !verbose && view.origin == rampart_authz::from_inventory::BUILT_IN {
            continue;
        }
        let Some(role) = view.role else { continue };
        for rule in 0..policy.rules_of(role).len() as u32 {
            out.push(Line { binding, rule, used: used.get(&(binding, rule)).cloned() });
        }
    }
    out
}

fn name(world: &World, line: &Line) -> String {
    let view = world.policy.binding(line.binding);
    match view.namespace {
        None => format!("ClusterRoleBinding {}", view.name),
        Some(namespace) => format!("RoleBinding {namespace}/{}", view.name),
    }
}

pub(crate) fn rule_words(world: &World, line: &Line) -> String {
    let role = world.policy.binding(line.binding).role;
    let rule = role.and_then(|role| world.policy.rules_of(role).nth(line.rule as usize));
    rule.map(|rule| words::rule(&world.policy.rule(rule))).unwrap_or_default()
}

fn at(world: &World, line: &Line) -> String {
    world.at(world.policy.binding(line.binding).origin, &FieldPath::root().key("roleRef"))
}

fn text(world: &World, lines: &[Line]) -> String {
    let unused: Vec<&Line> = lines.iter().filter(|line| line.used.is_none()).collect();
    let mut out = format!("{} of {} grants were not used\n", unused.len(), lines.len());
    for group in unused.chunk_by(|a, b| a.binding == b.binding) {
        let whole =
            lines.iter().filter(|line| line.binding == group[0].binding).all(|line| line.used.is_none());
        let note = if whole { "  nothing of it was used" } else { "" };
        let _ = writeln!(out, "{}{note}   {}", name(world, group[0]), at(world, group[0]));
        for line in group {
            let _ = writeln!(out, "   rule {}: {}", line.rule + 1, rule_words(world, line));
        }
    }
    let used: Vec<&Line> = lines.iter().filter(|line| line.used.is_some()).collect();
    if !used.is_empty() {
        out.push_str("used\n");
    }
    for line in used {
        if let Some(usage) = &line.used {
            let _ = writeln!(
                out,
                "   {} rule {}: {} times, last {}: {}",
                name(world, line),
                line.rule + 1,
                usage.count,
                usage.last_seen,
                rule_words(world, line)
            );
        }
    }
    out
}

fn csv(world: &World, lines: &[Line]) -> anyhow::Result<String> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(["binding", "rule", "rights", "count", "lastSeen", "at"])?;
    for line in lines {
        let usage = line.used.clone().unwrap_or_default();
        out.write_record([
            name(world, line),
            line.rule.to_string(),
            rule_words(world, line),
            usage.count.to_string(),
            usage.last_seen,
            at(world, line),
        ])?;
    }
    Ok(String::from_utf8(out.into_inner()?)?)
}

fn value(world: &World, line: &Line) -> Value {
    json!({
        "binding": name(world, line), "rule": line.rule, "rights": rule_words(world, line), "at": at(world, line),
        "count": line.used.as_ref().map_or(0, |usage| usage.count),
        "lastSeen": line.used.as_ref().map(|usage| &usage.last_seen),
    })
}

/// A grant and its use on one line.
pub(crate) fn words(world: &World, line: &Line) -> String {
    let used = match &line.used {
        Some(usage) => format!("used {} times, last {}", usage.count, usage.last_seen),
        None => "not used".to_owned(),
    };
    format!("today {} rule {}: {used}: {}", name(world, line), line.rule + 1, rule_words(world, line))
}
