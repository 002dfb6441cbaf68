//! `rampart net diff`.

use std::fmt::Write as _;

use anyhow::bail;
use rampart_netpol::query::{self, Change, Diff, Place};
use rampart_netpol::{EndpointId, PortSet, blocks_of};
use serde_json::{Value, json};

use super::world::World;
use super::{DiffArguments, words};
use crate::emit;

/// One line: connections of equal ends and ports.
struct Line {
    from: Vec<String>,
    to: Vec<String>,
    ports: PortSet,
}

pub(crate) fn run(arguments: &DiffArguments) -> anyhow::Result<u8> {
    if arguments.old == "-" && arguments.new == "-" {
        bail!("standard input cannot be both sides");
    }
    let outputs = emit::open(&arguments.net.output, &["text", "json"])?;
    let load = |path: &String| World::load(std::slice::from_ref(path), &arguments.net);
    let (mut old, mut new) = (load(&arguments.old)?, load(&arguments.new)?);
    let diff = query::diff(&mut old.index, &mut new.index);
    let gained = lines(&new, &diff, Change::gained);
    let lost = lines(&new, &diff, Change::lost);
    let unknown = lines(&new, &diff, |change| change.after.unknown().minus(&change.before.unknown()));
    let added: Vec<String> = diff.added.iter().map(|id| new.endpoint_name(*id)).collect();
    let removed: Vec<String> = diff.removed.iter().map(|id| old.endpoint_name(*id)).collect();
    for output in &outputs {
        match output.format.as_str() {
            "json" => output.json(&json!({
                "cni": new.plugin, "reason": old.gap.as_ref().or(new.gap.as_ref()),
                "gained": values(&gained), "lost": values(&lost), "becameUnknown": values(&unknown),
                "added": added, "removed": removed,
            }))?,
            _ => output.write(&text(&gained, &lost, &unknown, &added, &removed))?,
        }
    }
    Ok(old.exit_code(new.exit_code(0)))
}

fn lines(world: &World, diff: &Diff, ports: impl Fn(&Change) -> PortSet) -> Vec<Line> {
    let transport = PortSet::transport();
    let lines = diff.changes.iter().filter_map(|change| {
        let ports = ports(change).intersect(&transport);
        let names = |places: &[u32]| names(world, diff, places);
        (!ports.is_empty()).then(|| Line { from: names(&change.from), to: names(&change.to), ports })
    });
    lines.collect()
}

fn names(world: &World, diff: &Diff, places: &[u32]) -> Vec<String> {
    let mut out = Vec::new();
    for place in places {
        match &diff.places[*place as usize] {
            Place::Endpoints(members) => {
                out.extend(members.iter().map(|id: &EndpointId| words::workload(world, *id)));
            }
            Place::Addresses(first, last) => {
                out.extend(blocks_of(*first, *last).iter().map(ToString::to_string));
            }
        }
    }
    out.sort_unstable();
    out.dedup();
    let everywhere = ["0.0.0.0/0", "::/0"];
    if everywhere.iter().all(|block| out.iter().any(|name| name == block)) {
        out.retain(|name| !everywhere.contains(&name.as_str()));
        out.push("any address".to_owned());
    }
    out
}

/// Names of one side that a line shows.
const SHOWN: usize = 6;

fn side(names: &[String]) -> String {
    let shown = names.len().min(SHOWN);
    let more = names.len() - shown;
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", names[..shown].join(", "))
}

fn text(gained: &[Line], lost: &[Line], unknown: &[Line], added: &[String], removed: &[String]) -> String {
    let mut out = String::new();
    if [gained, lost, unknown].iter().all(|lines| lines.is_empty()) {
        out.push_str("no connection between what is in both changes\n");
    } else {
        let pairs = |lines: &[Line]| lines.iter().map(|line| line.from.len() * line.to.len()).sum::<usize>();
        let _ = writeln!(out, "{} pairs gain connections, {} lose some", pairs(gained), pairs(lost));
    }
    for (sign, lines) in [('+', gained), ('-', lost), ('?', unknown)] {
        for line in lines {
            let _ = writeln!(out, "{sign} {} -> {}  {}", side(&line.from), side(&line.to), line.ports);
        }
    }
    for (word, names) in [("new", added), ("gone", removed)] {
        if !names.is_empty() {
            let _ = writeln!(out, "{word}: {}", side(names));
        }
    }
    out
}

fn values(lines: &[Line]) -> Vec<Value> {
    lines
        .iter()
        .map(|line| json!({"from": line.from, "to": line.to, "ports": line.ports.to_string()}))
        .collect()
}
