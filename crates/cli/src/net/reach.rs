//! `rampart net reach`.

use std::fmt::Write as _;

use anyhow::{Context as _, bail};
use rampart_netpol::load::Service;
use rampart_netpol::query::suggest;
use rampart_netpol::{Direction, Outcome, Party, PortSet, Proto, Reach, Verdict};
use serde_json::{Value, json};

use super::peers::{self, End, Peer};
use super::world::World;
use super::{ReachArguments, batch, words};
use crate::{emit, exit};

/// A connection that was asked about and its answer.
pub(crate) struct Asked {
    pub(crate) from: Party,
    pub(crate) to: Party,
    pub(crate) port: (Proto, u16),
    pub(crate) reach: Reach,
}

/// The answer about two ends, each of which may stand for several.
pub(crate) struct Answer {
    pub(crate) verdict: Verdict,
    /// Every connection, those that decide first.
    pub(crate) asked: Vec<Asked>,
    /// Why it is not a matter of policies, or why nothing is sure.
    pub(crate) reason: Option<String>,
}

pub(crate) fn run(arguments: &ReachArguments) -> anyhow::Result<u8> {
    if let Some(file) = &arguments.batch {
        return batch::run(file, &arguments.words, &arguments.net);
    }
    let [from, to, paths @ ..] = arguments.words.as_slice() else {
        bail!("two ends are needed, e.g. rampart net reach front/web payments/api --port 8080");
    };
    let outputs = emit::open(&arguments.net.output, &["text", "json"])?;
    let (from, to) = (Peer::parse(from)?, Peer::parse(to)?);
    let port = arguments.port.as_deref().map(peers::port).transpose()?;
    let world = World::load(&super::world::paths(paths), &arguments.net)?;
    let (from, to) = (world.resolve(&from)?, world.resolve(&to)?);
    let code = match port {
        Some(port) => {
            let answer = ask(&world, &from, &to, port);
            for output in &outputs {
                match output.format.as_str() {
                    "json" => output.json(&value(&world, &answer))?,
                    _ => output.write(&text(&world, &answer))?,
                }
            }
            code(answer.verdict)
        }
        None => {
            let (verdict, text, value) = every_port(&world, &from, &to)?;
            for output in &outputs {
                match output.format.as_str() {
                    "json" => output.json(&value)?,
                    _ => output.write(&text)?,
                }
            }
            code(verdict)
        }
    };
    Ok(world.exit_code(code))
}

pub(crate) fn code(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Allowed => 0,
        Verdict::Denied => exit::FINDINGS,
        Verdict::Unknown => exit::INCOMPLETE,
    }
}

/// Asks about every pair of ends. All must agree for a yes or a no; a mixture is unknown, with the reason.
pub(crate) fn ask(world: &World, from: &End, to: &End, port: (Proto, u16)) -> Answer {
    let refuse =
        |reason: String| Answer { verdict: Verdict::Unknown, asked: Vec::new(), reason: Some(reason) };
    if from.service.is_some() {
        return refuse("a Service opens no connections; name the pods behind it".to_owned());
    }
    let targets: Vec<(Party, (Proto, u16))> = match to.service.map(|number| &world.net.services[number]) {
        None => to.parties.iter().map(|&party| (party, port)).collect(),
        Some(service) => match world.behind(service, port) {
            Ok(pods) => pods.into_iter().map(|(id, port)| (Party::Endpoint(id), port)).collect(),
            Err(reason) => return nothing_behind(service, port, reason),
        },
    };
    let mut asked = Vec::new();
    for &source in &from.parties {
        for &(target, port) in &targets {
            let itself = source == target && from.parties.len() * targets.len() > 1;
            if !itself {
                let reach = world.index.reach(source, target, port.0, port.1);
                asked.push(Asked { from: source, to: target, port, reach });
            }
        }
    }
    let verdicts = |wanted| asked.iter().filter(|one| one.reach.verdict == wanted).count();
    let (allowed, denied) = (verdicts(Verdict::Allowed), verdicts(Verdict::Denied));
    let (verdict, reason) = match (allowed, denied) {
        _ if asked.is_empty() => (Verdict::Unknown, Some("there is no such connection".to_owned())),
        (all, _) if all == asked.len() => (Verdict::Allowed, None),
        (_, all) if all == asked.len() => (Verdict::Denied, None),
        (0, 0) => (Verdict::Unknown, None),
        _ => {
            let reason = format!("{allowed} of {} connections are allowed, {denied} denied", asked.len());
            (Verdict::Unknown, Some(reason))
        }
    };
    asked.sort_by_key(|one| match one.reach.verdict {
        Verdict::Unknown => 0,
        Verdict::Denied => 1,
        Verdict::Allowed => 2,
    });
    match &world.gap {
        Some(gap) => Answer { verdict: Verdict::Unknown, asked, reason: Some(gap.clone()) },
        None => Answer { verdict, asked, reason },
    }
}

/// A port that a Service does not have is closed by the Service itself; everything else cannot be told.
fn nothing_behind(service: &Service, (proto, port): (Proto, u16), reason: String) -> Answer {
    let has = service.ports.iter().any(|own| own.proto == proto && own.port == port);
    let verdict = if has || service.kind == "ExternalName" { Verdict::Unknown } else { Verdict::Denied };
    Answer { verdict, asked: Vec::new(), reason: Some(reason) }
}

/// Connections shown when many were asked about.
const SHOWN: usize = 3;

fn text(world: &World, answer: &Answer) -> String {
    let mut out = format!("{:<9}", words::answer(answer.verdict));
    let mut indent = "";
    if let Some(reason) = &answer.reason {
        out.push_str(reason);
        out.push('\n');
        indent = "         ";
    }
    let deciding: Vec<&Asked> = answer.asked.iter().take(SHOWN).collect();
    for (index, one) in deciding.iter().enumerate() {
        let first = if index == 0 { indent } else { "         " };
        if answer.asked.len() > 1 {
            let (from, to) = (words::party(world, one.from), words::party(world, one.to));
            let port = format!("{} {}", one.port.0.name(), one.port.1);
            let _ = writeln!(out, "{first}{from} -> {to} {port}: {}", one.reach.verdict);
            sides(&mut out, world, one, "           ", "           ");
        } else {
            sides(&mut out, world, one, first, "         ");
        }
        if one.reach.verdict == Verdict::Denied {
            for remedy in
                suggest(&world.index, one.from, one.to, one.port.0, one.port.1).into_iter().flatten()
            {
                let _ = writeln!(out, "         to allow: {}", words::remedy(world, &remedy));
            }
        }
    }
    if answer.asked.len() > SHOWN {
        let _ =
            writeln!(out, "         and {} more connections; -o json lists them", answer.asked.len() - SHOWN);
    }
    out
}

/// Both sides, the one that decides first.
fn sides(out: &mut String, world: &World, one: &Asked, first: &str, rest: &str) {
    let sides =
        [(&one.reach.ingress, one.to, Direction::Ingress), (&one.reach.egress, one.from, Direction::Egress)];
    let decides = |side: &(&rampart_netpol::Decision, Party, Direction)| side.0.verdict != one.reach.verdict;
    let mut sides = sides;
    sides.sort_by_key(decides);
    for (index, (decision, subject, direction)) in sides.iter().enumerate() {
        let indent = if index == 0 { first } else { rest };
        let (text, at) = words::decision(world, decision, &words::party(world, *subject), *direction);
        let at = at.map(|at| format!("   {at}")).unwrap_or_default();
        let _ = writeln!(out, "{indent}{text}{at}");
    }
}

/// The answer for programs.
fn value(world: &World, answer: &Answer) -> Value {
    let connections: Vec<Value> = answer
        .asked
        .iter()
        .map(|one| {
            let remedies =
                suggest(&world.index, one.from, one.to, one.port.0, one.port.1).into_iter().flatten();
            let remedies: Vec<String> = remedies.map(|remedy| words::remedy(world, &remedy)).collect();
            json!({
                "from": words::party(world, one.from),
                "to": words::party(world, one.to),
                "protocol": one.port.0.name(),
                "port": one.port.1,
                "verdict": one.reach.verdict.to_string(),
                "egress": words::decision_json(world, &one.reach.egress),
                "ingress": words::decision_json(world, &one.reach.ingress),
                "toAllow": remedies,
            })
        })
        .collect();
    let mut value = json!({"verdict": answer.verdict.to_string(), "reason": answer.reason});
    value["cni"] = json!(world.plugin);
    value["connections"] = json!(connections);
    value
}

/// Without a port: which ports are open between the ends.
fn every_port(world: &World, from: &End, to: &End) -> anyhow::Result<(Verdict, String, Value)> {
    let outcome = all_ports(world, from, to)?;
    let transport = PortSet::transport();
    let (allowed, unknown) =
        (outcome.allowed().intersect(&transport), outcome.unknown().intersect(&transport));
    let verdict = match (allowed.is_empty(), unknown.is_empty()) {
        _ if world.gap.is_some() => Verdict::Unknown,
        (false, _) => Verdict::Allowed,
        (true, false) => Verdict::Unknown,
        (true, true) => Verdict::Denied,
    };
    let mut text =
        format!("{:<9}{} -> {}  {}\n", words::answer(verdict), from.title, to.title, words::ports(&outcome));
    text.push_str("         name a port (--port 8080) for the rule that decides\n");
    let value = json!({
        "verdict": verdict.to_string(), "reason": world.gap, "cni": world.plugin, "from": from.title, "to": to.title,
        "allowed": allowed.to_string(), "unknown": unknown.to_string(),
    });
    Ok((verdict, text, value))
}

/// Whether every port is as wanted: all of them allowed, or none.
pub(crate) fn every_port_state(
    world: &World,
    from: &End,
    to: &End,
    goal: Verdict,
) -> anyhow::Result<(Verdict, String)> {
    let outcome = all_ports(world, from, to)?;
    let transport = PortSet::transport();
    let allowed = outcome.allowed().intersect(&transport);
    let unknown = outcome.unknown().intersect(&transport);
    let verdict = match goal {
        _ if world.gap.is_some() => Verdict::Unknown,
        Verdict::Allowed if allowed == transport => Verdict::Allowed,
        Verdict::Allowed if allowed.union(&unknown) == transport => Verdict::Unknown,
        Verdict::Allowed => Verdict::Denied,
        _ if !allowed.is_empty() => Verdict::Allowed,
        _ if !unknown.is_empty() => Verdict::Unknown,
        _ => Verdict::Denied,
    };
    Ok((verdict, format!("{} -> {}: {}", from.title, to.title, words::ports(&outcome))))
}

/// What holds for every pair of ends on every port; a mixture is unknown.
fn all_ports(world: &World, from: &End, to: &End) -> anyhow::Result<Outcome> {
    if from.service.is_some() || to.service.is_some() {
        bail!("a Service has several ports; name one");
    }
    let pairs =
        from.parties.iter().flat_map(|&source| to.parties.iter().map(move |&target| (source, target)));
    let outcomes =
        pairs.filter(|(source, target)| source != target).map(|(source, target)| pair(world, source, target));
    let all = outcomes.reduce(|known, outcome| Outcome {
        may_allow: known.may_allow.union(&outcome.may_allow),
        may_deny: known.may_deny.union(&outcome.may_deny),
    });
    all.with_context(|| format!("there is no connection from {} to {}", from.title, to.title))
}

/// The outcome of every port between two ends, as far as policies decide it.
fn pair(world: &World, from: Party, to: Party) -> Outcome {
    let index = &world.index;
    let known = |party| match party {
        Party::Address(address) => index.by_address(address).map_or(party, Party::Endpoint),
        known => known,
    };
    let (from, to) = (known(from), known(to));
    let side = |subject, other, direction| match subject {
        Party::Endpoint(id) => {
            let row = index.row(index.classes().of[id.0 as usize], direction);
            index.outcomes().get(row.outcome(index.partner(other))).clone()
        }
        Party::Address(_) => Outcome::open(),
    };
    side(from, to, Direction::Egress).and(&side(to, from, Direction::Ingress))
}
