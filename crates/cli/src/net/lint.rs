//! `rampart net lint`.

use std::fmt::Write as _;

use rampart_netpol::query::{self, Lint, LintKind, Standing};
use serde_json::{Value, json};

use super::world::World;
use super::{QuestionArguments, words};
use crate::{emit, exit};

pub(crate) fn run(arguments: &QuestionArguments) -> anyhow::Result<u8> {
    let outputs = emit::open(&arguments.net.output, &["text", "json"])?;
    let world = World::load(&arguments.paths, &arguments.net)?;
    let mut lints = query::lint(&world.index);
    let before = lints.len();
    if !arguments.net.read.complete {
        lints.retain(|lint| !rests_on_absence(&lint.kind));
    }
    let left_out = before - lints.len();
    for output in &outputs {
        match output.format.as_str() {
            "json" => {
                let lints: Vec<Value> = lints.iter().map(|lint| value(&world, lint)).collect();
                output.json(&json!({"cni": world.plugin, "findings": lints, "leftOut": left_out}))?;
            }
            _ => output.write(&text(&world, &lints, left_out))?,
        }
    }
    Ok(world.exit_code(if lints.is_empty() { 0 } else { exit::FINDINGS }))
}

/// True for findings that more objects could refute: what matches nothing here may match elsewhere.
fn rests_on_absence(kind: &LintKind) -> bool {
    matches!(
        kind,
        LintKind::SelectsNothing
            | LintKind::PeerSelectsNothing
            | LintKind::NoSuchPort(_)
            | LintKind::RuleChangesNothing
            | LintKind::PolicyChangesNothing
    )
}

/// A word for scripts and a sentence for people.
fn says(world: &World, lint: &Lint) -> (&'static str, String) {
    let class = || {
        let members = lint.class.map(|class| world.index.classes().list[class as usize].members.as_slice());
        let mut names: Vec<String> =
            members.into_iter().flatten().map(|id| words::workload(world, *id)).collect();
        names.sort_unstable();
        names.dedup();
        let more = names.len().saturating_sub(3);
        names.truncate(3);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{}{more}", names.join(", "))
    };
    match &lint.kind {
        LintKind::SelectsNothing => ("selects-nothing", "selects no pod of the input".to_owned()),
        LintKind::PeerSelectsNothing => {
            ("peer-selects-nothing", "a selector of the rule matches nothing".to_owned())
        }
        LintKind::NoSuchPort(name) => {
            ("no-such-port", format!("no destination of the rule has a port named `{name}`"))
        }
        LintKind::BlockCoversPods(block) => (
            "block-covers-pods",
            format!("{block} holds addresses of pods; whether it matches them depends on the network plugin"),
        ),
        LintKind::RuleChangesNothing => {
            ("redundant-rule", "without the rule every answer stays the same".to_owned())
        }
        LintKind::PolicyChangesNothing => {
            ("redundant-policy", "without the policy every answer stays the same".to_owned())
        }
        LintKind::NotEnforced(Standing::Void) => {
            ("not-enforced", "the network plugin does not enforce such policies".to_owned())
        }
        LintKind::NotEnforced(Standing::Unclear) => (
            "perhaps-not-enforced",
            "it is not known whether the network plugin enforces such policies".to_owned(),
        ),
        LintKind::OrderUndefined(other) => (
            "order-undefined",
            format!(
                "says otherwise than {} at the same priority; which comes first is not defined",
                world.policy_name(*other)
            ),
        ),
        LintKind::NoDns => {
            ("no-dns", format!("{} may open connections, but not to a name server (port 53)", class()))
        }
        LintKind::PartlyIsolated(namespace, direction) => {
            let name = world.net().symbols.text(world.net().namespaces[namespace.0 as usize].name);
            (
                "partly-isolated",
                format!("namespace {name}: {} is not isolated for {}, others are", class(), direction.name()),
            )
        }
    }
}

/// Where a finding stands.
fn at(world: &World, lint: &Lint) -> Option<String> {
    match (lint.rule, lint.policy, lint.class) {
        (Some(rule), ..) => world.rule_at(rule).map(|(at, _)| at),
        (None, Some(policy), _) => Some(world.policy_at(policy)),
        (None, None, class) => {
            let id = world.index.classes().list[class? as usize].members.first()?;
            Some(world.at(world.net.endpoint_object(*id), &rampart_document::FieldPath::root()))
        }
    }
}

fn text(world: &World, lints: &[Lint], left_out: usize) -> String {
    let mut out = String::new();
    for lint in lints {
        let (word, sentence) = says(world, lint);
        let subject = match lint.policy {
            Some(policy) => {
                let rule =
                    lint.rule.and_then(|rule| world.rule_at(rule)).map(|(_, path)| format!(", {path}"));
                format!("{}{}: ", world.policy_name(policy), rule.unwrap_or_default())
            }
            None => String::new(),
        };
        let at = at(world, lint).map(|at| format!("   {at}")).unwrap_or_default();
        let _ = writeln!(out, "{word:<22}{subject}{sentence}{at}");
    }
    if left_out > 0 {
        let _ = writeln!(
            out,
            "? {left_out} more if the input is all there is (--complete): selectors and rules that match nothing in it"
        );
    }
    let policies = world.net().policies.len();
    let _ =
        writeln!(out, "{} findings in {policies} policies; network plugin: {}", lints.len(), world.plugin);
    out
}

fn value(world: &World, lint: &Lint) -> Value {
    let (word, sentence) = says(world, lint);
    json!({
        "kind": word, "what": sentence, "at": at(world, lint),
        "policy": lint.policy.map(|policy| world.policy_name(policy)),
        "path": lint.rule.and_then(|rule| world.rule_at(rule)).map(|(_, path)| path.as_str().to_owned()),
    })
}
