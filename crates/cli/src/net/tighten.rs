//! `rampart net tighten`.

use std::fmt::Write as _;

use rampart_netpol::generate::{Unused, tighten};
use serde_json::{Value, json};

use super::world::World;
use super::{TightenArguments, flows};
use crate::{emit, exit};

pub(crate) fn run(arguments: &TightenArguments) -> anyhow::Result<u8> {
    let question = &arguments.question;
    let outputs = emit::open(&question.net.output, &["text", "json"])?;
    let world = World::load(&question.paths, &question.net)?;
    let observed = flows::read(&world, &arguments.flows)?;
    let unused = tighten(&world.index, &observed.flows);
    for output in &outputs {
        match output.format.as_str() {
            "json" => {
                let (first, last) = observed.summary.window.clone().unzip();
                let rules: Vec<Value> = unused.iter().map(|one| value(&world, one)).collect();
                output.json(&json!({"cni": world.plugin, "window": {"from": first, "to": last},
                    "connections": observed.summary.records, "rules": rules}))?;
            }
            _ => output.write(&(text(&world, &unused) + &flows::report(&observed.summary)))?,
        }
    }
    Ok(world.exit_code(if unused.is_empty() { 0 } else { exit::FINDINGS }))
}

fn place(world: &World, unused: &Unused) -> (String, String) {
    match world.rule_at(unused.rule) {
        Some((at, path)) => (at, path.to_string()),
        None => (world.policy_at(unused.policy), String::new()),
    }
}

fn text(world: &World, unused: &[Unused]) -> String {
    let mut out = String::new();
    for one in unused {
        let (at, path) = place(world, one);
        let name = world.policy_name(one.policy);
        if one.used.is_empty() {
            let _ = writeln!(out, "{name}, {path}: not used   {at}");
        } else {
            let _ = writeln!(out, "{name}, {path}: used {}; open besides: {}   {at}", one.used, one.unused);
        }
    }
    if unused.is_empty() {
        out.push_str("every rule was used on every port it opens\n");
    } else {
        let _ = writeln!(out, "{} rules are open by more than was used", unused.len());
    }
    out
}

fn value(world: &World, unused: &Unused) -> Value {
    let (at, path) = place(world, unused);
    json!({"policy": world.policy_name(unused.policy), "direction": unused.direction.name(), "path": path, "at": at,
        "used": unused.used.to_string(), "unused": unused.unused.to_string()})
}
