//! `rampart net spread`: how far somebody gets who holds a pod.

use std::fmt::Write as _;

use anyhow::{Context as _, bail};
use rampart_netpol::query::{self, Spread};
use rampart_netpol::{EndpointId, Party};
use serde_json::{Value, json};

use super::peers::Peer;
use super::world::World;
use super::{SpreadArguments, words};
use crate::emit;

pub(crate) fn run(arguments: &SpreadArguments) -> anyhow::Result<u8> {
    let question = &arguments.question;
    let outputs = emit::open(&question.net.output, &["text", "json"])?;
    let start = Peer::parse(&arguments.start)?;
    if !matches!(start, Peer::Pod(..) | Peer::Workload(..) | Peer::Either(..)) {
        bail!("an attacker starts in a pod: pod:NS/NAME, workload:NS/KIND/NAME or NS/NAME");
    }
    let mut before = World::load(&question.paths, &question.net)?;
    let first = spread(&mut before, &start)?;
    let mut second = None;
    let mut code = before.exit_code(0);
    if !arguments.with.is_empty() {
        let paths: Vec<String> = question.paths.iter().chain(&arguments.with).cloned().collect();
        let mut after = World::load(&paths, &question.net)?;
        let spread = spread(&mut after, &start)?;
        code = code.max(after.exit_code(0));
        second = Some((after, spread));
    }
    for output in &outputs {
        match output.format.as_str() {
            "json" => {
                let after = second.as_ref().map(|(world, spread)| value(world, spread));
                output.json(&json!({"start": arguments.start, "cni": before.plugin, "before": value(&before, &first), "after": after}))?;
            }
            _ => {
                let mut text = text(&before, &first, if second.is_some() { "before: " } else { "" });
                if let Some((world, spread)) = &second {
                    text.push('\n');
                    text.push_str(&self::text(world, spread, "after: "));
                }
                let _ = writeln!(text, "\nnetwork plugin: {}", before.plugin);
                output.write(&text)?;
            }
        }
    }
    Ok(code)
}

/// What is reachable for certain, and what perhaps.
struct Reached {
    start: EndpointId,
    certain: Spread,
    perhaps: usize,
}

fn spread(world: &mut World, start: &Peer) -> anyhow::Result<Reached> {
    let end = world.resolve(start)?;
    let start = end.parties.iter().find_map(|party| match party {
        Party::Endpoint(id) => Some(*id),
        Party::Address(_) => None,
    });
    let start = start.with_context(|| format!("{} is no pod", end.title))?;
    let certain = query::spread(&mut world.index, start, false);
    let all = query::spread(&mut world.index, start, true);
    Ok(Reached { start, perhaps: all.endpoints - certain.endpoints, certain })
}

/// Names of the workloads of a hop.
fn names(world: &World, classes: &[u32], start: EndpointId) -> Vec<String> {
    let members = classes.iter().flat_map(|class| &world.index.classes().list[*class as usize].members);
    let mut names: Vec<String> =
        members.filter(|id| **id != start).map(|id| words::workload(world, *id)).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Names of one hop that a text shows.
const SHOWN: usize = 12;

fn text(world: &World, reached: &Reached, word: &str) -> String {
    let total = world.net().endpoints.len().saturating_sub(1);
    let mut out = format!(
        "{word}from {} {} of {total} others can be reached in {} hops",
        world.net().title(reached.start),
        reached.certain.endpoints,
        reached.certain.hops.len().saturating_sub(1)
    );
    out.push_str(if reached.certain.outside { ", and the outside\n" } else { "\n" });
    if reached.perhaps > 0 {
        let _ = writeln!(out, "  ? {} more perhaps: the policies leave it open", reached.perhaps);
    }
    for (hop, classes) in reached.certain.hops.iter().enumerate().skip(1) {
        let names = names(world, classes, reached.start);
        let shown = names.len().min(SHOWN);
        let more = names.len() - shown;
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let _ = writeln!(out, "  hop {hop}: {}{more}", names[..shown].join(", "));
    }
    if let Some(gap) = &world.gap {
        let _ = writeln!(out, "  ? nothing of this is sure: {gap}");
    }
    out
}

fn value(world: &World, reached: &Reached) -> Value {
    let hops: Vec<Vec<String>> =
        reached.certain.hops.iter().map(|classes| names(world, classes, reached.start)).collect();
    json!({"reached": reached.certain.endpoints, "perhaps": reached.perhaps, "of": world.net().endpoints.len().saturating_sub(1),
        "outside": reached.certain.outside, "hops": hops, "reason": world.gap})
}
