//! `rampart net exposed`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use rampart_netpol::query::{self, Exposure};
use rampart_netpol::{PortSet, Verdict};
use serde_json::{Value, json};

use super::entries::{Via, WayIn, ways};
use super::world::World;
use super::{QuestionArguments, words};
use crate::emit;

/// What can be reached of one workload.
struct Row {
    /// Ways in, with what policies make of them.
    ways: Vec<(WayIn, Verdict)>,
    exposure: Option<Exposure>,
}

pub(crate) fn run(arguments: &QuestionArguments) -> anyhow::Result<u8> {
    let outputs = emit::open(&arguments.net.output, &["text", "json"])?;
    let mut world = World::load(&arguments.paths, &arguments.net)?;
    let exposures = query::exposed(&mut world.index);
    let rows = rows(&world, &exposures);
    for output in &outputs {
        match output.format.as_str() {
            "json" => output.json(&value(&world, &rows))?,
            _ => output.write(&text(&world, &rows))?,
        }
    }
    Ok(world.exit_code(0))
}

/// Workloads by name.
fn rows(world: &World, exposures: &[Exposure]) -> BTreeMap<String, Row> {
    let by_class: BTreeMap<u32, &Exposure> =
        exposures.iter().map(|exposure| (exposure.class, exposure)).collect();
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    for number in 0..world.net().endpoints.len() {
        let id = rampart_netpol::EndpointId(number as u32);
        let exposure = by_class.get(&world.index.classes().of[number]).map(|&exposure| exposure.clone());
        if world.net().endpoints[number].namespace.is_some() {
            rows.entry(words::workload(world, id)).or_insert(Row { ways: Vec::new(), exposure });
        }
    }
    for way in ways(world) {
        let row = rows
            .entry(words::workload(world, way.target))
            .or_insert(Row { ways: Vec::new(), exposure: None });
        let verdict =
            if world.gap.is_some() { Verdict::Unknown } else { passes(&way, row.exposure.as_ref()) };
        if !row.ways.iter().any(|(known, _)| known.name == way.name && known.ports == way.ports) {
            row.ways.push((way, verdict));
        }
    }
    rows
}

/// Whether policies let a way in through: behind a node or a balancer the pod sees the client or a node, behind a proxy
/// a pod that the input need not hold.
fn passes(way: &WayIn, exposure: Option<&Exposure>) -> Verdict {
    let Some(exposure) = exposure.filter(|_| way.via != Via::Host) else { return Verdict::Allowed };
    let meets = |ports: &PortSet| !ports.intersect(&way.ports).is_empty();
    let open = match way.via {
        Via::Proxy => meets(&exposure.namespaces) || meets(&exposure.internet),
        _ => meets(&exposure.internet) || meets(&exposure.nodes),
    };
    if open {
        Verdict::Allowed
    } else if way.via == Via::Proxy || meets(&exposure.internet_unknown) {
        // The proxy may live where a policy lets it in.
        Verdict::Unknown
    } else {
        Verdict::Denied
    }
}

fn text(world: &World, rows: &BTreeMap<String, Row>) -> String {
    let mut out = String::new();
    let exposed =
        rows.iter().filter(|(_, row)| row.ways.iter().any(|(_, verdict)| *verdict != Verdict::Denied));
    let count = exposed.clone().count();
    let _ = writeln!(out, "{count} of {} workloads can be reached from outside the cluster\n", rows.len());
    for (name, row) in exposed {
        let _ = writeln!(out, "{name}");
        for (way, verdict) in &row.ways {
            let state = match verdict {
                Verdict::Allowed => "",
                Verdict::Denied => "  (closed by policy)",
                Verdict::Unknown if way.via == Via::Proxy => "  (? if a policy lets the proxy in)",
                Verdict::Unknown => "  (? policies do not tell)",
            };
            let at = world.at(way.object, &way.path);
            let _ = writeln!(out, "  {} through {}{state}   {at}", way.ports, way.name);
        }
    }
    let mut inside: BTreeMap<(String, String), Vec<&str>> = BTreeMap::new();
    for (name, row) in rows {
        if let Some(exposure) = &row.exposure {
            let transport = PortSet::transport();
            let ports = |set: &PortSet| set.intersect(&transport).to_string();
            inside.entry((ports(&exposure.namespaces), ports(&exposure.nodes))).or_default().push(name);
        }
    }
    out.push_str("\ninside the cluster\n");
    for ((namespaces, nodes), names) in inside {
        let shown = if names.len() > 8 {
            format!("{} and {} more", names[..8].join(", "), names.len() - 8)
        } else {
            names.join(", ")
        };
        let _ = writeln!(out, "  from other namespaces: {namespaces}; from nodes: {nodes}\n    {shown}");
    }
    let _ = writeln!(out, "\nnetwork plugin: {}", world.plugin);
    out
}

fn value(world: &World, rows: &BTreeMap<String, Row>) -> Value {
    let rows: Vec<Value> = rows
        .iter()
        .map(|(name, row)| {
            let ways: Vec<Value> = row
                .ways
                .iter()
                .map(|(way, verdict)| json!({"through": way.name, "ports": way.ports.to_string(),
                    "verdict": verdict.to_string(), "at": world.at(way.object, &way.path)}))
                .collect();
            let ports = |pick: fn(&Exposure) -> &PortSet| {
                row.exposure.as_ref().map(|exposure| pick(exposure).intersect(&PortSet::transport()).to_string())
            };
            json!({"workload": name, "ways": ways,
                "policiesAllow": {"internet": ports(|e| &e.internet), "otherNamespaces": ports(|e| &e.namespaces), "nodes": ports(|e| &e.nodes)}})
        })
        .collect();
    json!({"cni": world.plugin, "reason": world.gap, "workloads": rows})
}
