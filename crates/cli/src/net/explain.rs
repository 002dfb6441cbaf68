//! `rampart net explain`: every policy and rule that was asked.

use std::fmt::Write as _;

use anyhow::bail;
use rampart_netpol::{Considered, Direction, Member};
use serde_json::{Value, json};

use super::peers::{self, Peer};
use super::reach::{self, Asked};
use super::world::World;
use super::{ExplainArguments, words};
use crate::emit;

pub(crate) fn run(arguments: &ExplainArguments) -> anyhow::Result<u8> {
    let [from, to, paths @ ..] = arguments.words.as_slice() else {
        bail!("two ends are needed, e.g. rampart net explain front/web payments/api --port 8080");
    };
    let outputs = emit::open(&arguments.net.output, &["text", "json"])?;
    let (from, to, port) = (Peer::parse(from)?, Peer::parse(to)?, peers::port(&arguments.port)?);
    let world = World::load(&super::world::paths(paths), &arguments.net)?;
    let (from, to) = (world.resolve(&from)?, world.resolve(&to)?);
    let answer = reach::ask(&world, &from, &to, port);
    let mut text = format!("{:<9}{} -> {}\n", words::answer(answer.verdict), from.title, to.title);
    if let Some(reason) = &answer.reason {
        let _ = writeln!(text, "         {reason}");
    }
    let mut values = Vec::new();
    for one in &answer.asked {
        text.push_str(&connection(&world, one));
        values.push(value(&world, one));
    }
    let _ = writeln!(text, "network plugin: {}", world.plugin);
    for output in &outputs {
        match output.format.as_str() {
            "json" => output.json(&json!({
                "verdict": answer.verdict.to_string(), "reason": answer.reason, "cni": world.plugin,
                "connections": values,
            }))?,
            _ => output.write(&text)?,
        }
    }
    Ok(world.exit_code(reach::code(answer.verdict)))
}

fn considered(world: &World, one: &Asked, direction: Direction) -> Vec<Considered> {
    world.index.considered(one.from, one.to, one.port, direction)
}

fn connection(world: &World, one: &Asked) -> String {
    let (from, to) = (words::party(world, one.from), words::party(world, one.to));
    let mut out = format!("\n{from} -> {to} {} {}: {}\n", one.port.0.name(), one.port.1, one.reach.verdict);
    for (direction, decision, subject) in
        [(Direction::Egress, &one.reach.egress, &from), (Direction::Ingress, &one.reach.ingress, &to)]
    {
        let (sentence, at) = words::decision(world, decision, subject, direction);
        let at = at.map(|at| format!("   {at}")).unwrap_or_default();
        let _ = writeln!(out, "  {sentence}{at}");
        for policy in considered(world, one, direction) {
            let perhaps = if policy.certain { "" } else { " (perhaps)" };
            let (name, at) = (world.policy_name(policy.policy), world.policy_at(policy.policy));
            let _ = writeln!(out, "    {name}{perhaps}   {at}");
            if policy.rules.is_empty() {
                let _ = writeln!(out, "      has no {} rules", direction.name());
            }
            for rule in &policy.rules {
                let (at, path) = match world.rule_at(rule.rule) {
                    Some((at, path)) => (at, path.to_string()),
                    None => continue,
                };
                let why = match (rule.matches, rule.peer, rule.port) {
                    (Member::Yes, ..) => format!("matches and {} it", words::action(rule.action)),
                    (Member::Perhaps, ..) => format!("perhaps matches and {} it", words::action(rule.action)),
                    (Member::No, Member::No, false) => "is about others and other ports".to_owned(),
                    (Member::No, Member::No, true) => "is about others".to_owned(),
                    (Member::No, _, false) => "is about other ports".to_owned(),
                    (Member::No, _, true) => "is about another side of the connection".to_owned(),
                };
                let _ = writeln!(out, "      {path} {why}   {at}");
            }
        }
    }
    out
}

fn value(world: &World, one: &Asked) -> Value {
    let side = |direction: Direction, decision: &rampart_netpol::Decision| {
        let policies: Vec<Value> = considered(world, one, direction)
            .iter()
            .map(|policy| {
                let rules: Vec<Value> = policy
                    .rules
                    .iter()
                    .map(|rule| {
                        let place = world.rule_at(rule.rule);
                        json!({
                            "path": place.as_ref().map(|(_, path)| path.as_str()),
                            "at": place.as_ref().map(|(at, _)| at),
                            "action": words::action(rule.action),
                            "peer": member(rule.peer), "port": rule.port, "matches": member(rule.matches),
                        })
                    })
                    .collect();
                json!({"policy": world.policy_name(policy.policy), "at": world.policy_at(policy.policy),
                    "binds": if policy.certain { "yes" } else { "perhaps" }, "isolates": policy.isolates, "rules": rules})
            })
            .collect();
        let mut value = words::decision_json(world, decision);
        value["policies"] = json!(policies);
        value
    };
    json!({
        "from": words::party(world, one.from), "to": words::party(world, one.to),
        "protocol": one.port.0.name(), "port": one.port.1, "verdict": one.reach.verdict.to_string(),
        "egress": side(Direction::Egress, &one.reach.egress),
        "ingress": side(Direction::Ingress, &one.reach.ingress),
    })
}

fn member(member: Member) -> &'static str {
    match member {
        Member::Yes => "yes",
        Member::Perhaps => "perhaps",
        Member::No => "no",
    }
}
