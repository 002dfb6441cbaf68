//! `rampart net reach --batch`: a question a line in, an answer a line out.

use std::io::{BufRead, Write as _};

use anyhow::Context as _;
use rampart_netpol::Proto;
use serde_json::{Value, json};

use super::peers::Peer;
use super::world::World;
use super::{NetArguments, reach, words};
use crate::exit;
use crate::input::batch_lines;

/// One question.
struct Question {
    from: Peer,
    to: Peer,
    port: (Proto, u16),
}

/// Answers a file line by line. A line that is no question costs that line, and is bad input.
pub(crate) fn run(file: &str, paths: &[String], arguments: &NetArguments) -> anyhow::Result<u8> {
    let lines = batch_lines(file, paths)?;
    let world = World::load(&super::world::paths(paths), arguments)?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut code = 0;
    for line in lines.lines() {
        let line = line.with_context(|| format!("cannot read {file}"))?;
        if line.trim().is_empty() {
            continue;
        }
        let answer = match parse(&line) {
            Ok(question) => answer(&world, &question),
            Err(error) => {
                code = exit::BAD_INPUT;
                unknown(&format!("{error:#}"))
            }
        };
        serde_json::to_writer(&mut out, &answer)?;
        writeln!(out)?;
    }
    out.flush()?;
    Ok(world.exit_code(code))
}

fn parse(line: &str) -> anyhow::Result<Question> {
    let value: Value = serde_json::from_str(line).context("the line is no JSON object")?;
    let end = |key: &str| {
        let value = value.get(key).with_context(|| format!("`{key}` is missing"))?;
        Peer::from_json(value).with_context(|| format!("in `{key}`"))
    };
    let proto = match value.get("protocol") {
        None | Some(Value::Null) => Proto::Tcp,
        Some(word) => {
            let proto = word.as_str().and_then(Proto::parse);
            proto.with_context(|| format!("{word} is no protocol; TCP, UDP, SCTP or ICMP"))?
        }
    };
    let port = value.get("port").and_then(Value::as_u64).and_then(|port| u16::try_from(port).ok());
    let port = port.filter(|&port| port > 0 || !proto.has_ports());
    let port = port.context("`port` must be a number from 1 to 65535")?;
    Ok(Question { from: end("from")?, to: end("to")?, port: (proto, port) })
}

/// The answer; an end that the input does not have makes it unknown.
fn answer(world: &World, question: &Question) -> Value {
    let ends = world.resolve(&question.from).and_then(|from| Ok((from, world.resolve(&question.to)?)));
    let (from, to) = match ends {
        Ok(ends) => ends,
        Err(error) => return unknown(&error.to_string()),
    };
    let answer = reach::ask(world, &from, &to, question.port);
    let side = |pick: fn(&reach::Asked) -> &rampart_netpol::Decision| match answer.asked.first() {
        Some(one) => words::decision_json(world, pick(one)),
        None => json!({"verdict": "unknown", "by": null}),
    };
    let reason = answer.reason.clone().or_else(|| {
        let one = answer.asked.first()?;
        let sides = [
            (&one.reach.ingress, one.to, rampart_netpol::Direction::Ingress),
            (&one.reach.egress, one.from, rampart_netpol::Direction::Egress),
        ];
        let (decision, subject, direction) = sides
            .iter()
            .find(|(decision, ..)| {
                decision.verdict == one.reach.verdict && answer.verdict != rampart_netpol::Verdict::Allowed
            })
            .unwrap_or(&sides[0]);
        Some(words::decision(world, decision, &words::party(world, *subject), *direction).0)
    });
    json!({
        "verdict": answer.verdict.to_string(),
        "egress": side(|one| &one.reach.egress),
        "ingress": side(|one| &one.reach.ingress),
        "reason": reason,
    })
}

fn unknown(reason: &str) -> Value {
    let side = json!({"verdict": "unknown", "by": null});
    json!({"verdict": "unknown", "egress": side, "ingress": side, "reason": reason})
}
