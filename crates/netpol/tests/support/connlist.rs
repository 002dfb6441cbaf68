//! Connection lists: parsed from expected files, computed from a world, compared by meaning.

use rampart_netpol::load::{EntryKind, Loaded};
use rampart_netpol::{Direction, EndpointId, EndpointKind, Index, PortSet, Proto};
use std::collections::{BTreeMap, BTreeSet};

/// IPv4 ranges (inclusive) with their ports, sorted, neighbours with equal ports joined.
type Ranges = Vec<(u32, u32, PortSet)>;

#[derive(Default, PartialEq)]
pub struct Connections {
    /// Between workloads (and from the ingress controller).
    pairs: BTreeMap<(String, String), PortSet>,
    /// (workload, true for egress) and outside ranges.
    outside: BTreeMap<(String, bool), Ranges>,
}

fn ports(text: &str) -> PortSet {
    if text == "All Connections" {
        return PortSet::transport();
    }
    let mut out = PortSet::empty();
    let mut proto = Proto::Tcp;
    for token in
        text.split([',', ' ']).filter(|token| !token.is_empty() && *token != "No" && *token != "Connections")
    {
        if let Some(named) = Proto::parse(token) {
            proto = named;
            continue;
        }
        let (from, to) = token.split_once('-').unwrap_or((token, token));
        out = out.union(&PortSet::range(proto, from.parse().unwrap(), to.parse().unwrap()));
    }
    out
}

fn outside(text: &str) -> Option<(u32, u32)> {
    let (from, to) = text.strip_suffix("[External]")?.split_once('-').unwrap();
    let number = |text: &str| text.parse::<std::net::Ipv4Addr>().unwrap().to_bits();
    Some((number(from), number(to)))
}

fn joined(mut ranges: Ranges) -> Ranges {
    ranges.retain(|(_, _, ports)| !ports.is_empty());
    ranges.sort();
    let mut out: Ranges = Vec::new();
    for (from, to, ports) in ranges {
        match out.last_mut() {
            Some(last) if last.1.checked_add(1) == Some(from) && last.2 == ports => last.1 = to,
            _ => out.push((from, to, ports)),
        }
    }
    out
}

/// The connection list at the start of an expected file.
pub fn parse(text: &str) -> Connections {
    let mut out = Connections::default();
    for line in text.lines().take_while(|line| !line.starts_with("Exposure Analysis Result")) {
        let Some((ends, allowed)) = line.split_once(" : ") else { continue };
        let (from, to) = ends.split_once(" => ").unwrap();
        let allowed = ports(allowed);
        match (outside(from), outside(to)) {
            (Some((low, high)), _) => {
                out.outside.entry((to.to_owned(), false)).or_default().push((low, high, allowed));
            }
            (_, Some((low, high))) => {
                out.outside.entry((from.to_owned(), true)).or_default().push((low, high, allowed));
            }
            _ => _ = out.pairs.insert((from.to_owned(), to.to_owned()), allowed),
        }
    }
    out.outside = out.outside.into_iter().map(|(key, ranges)| (key, joined(ranges))).collect();
    out
}

fn title(index: &Index, id: EndpointId) -> String {
    let world = index.world();
    let endpoint = &world.endpoints[id.0 as usize];
    let namespace = world.symbols.text(world.namespaces[endpoint.namespace.unwrap().0 as usize].name);
    let (kind, name) = endpoint.workload;
    format!("{namespace}/{}[{}]", world.symbols.text(name), world.symbols.text(kind))
}

/// The connection list of a world. The ingress controller is a pod without labels in a namespace of its own.
pub fn computed(loaded: Loaded) -> Connections {
    let Loaded { mut world, services, entries, .. } = loaded;
    let entries: Vec<_> = entries.iter().filter(|entry| entry.kind != EntryKind::GatewayRoute).collect();
    let targets: Vec<_> = entries.iter().flat_map(|entry| entry.targets(&world, &services)).collect();
    let home = world.namespace("ingress-controller-ns", []);
    let controller = world.pod(home, "ingress-controller", []);
    let mut index = Index::new(world);
    let mut out = Connections::default();
    let pods: Vec<EndpointId> = (0..index.world().endpoints.len() as u32)
        .map(EndpointId)
        .filter(|id| {
            *id != controller && index.world().endpoints[id.0 as usize].network != EndpointKind::Node
        })
        .collect();
    let transport = PortSet::transport();
    let mut unknown = BTreeSet::new();
    for &from in &pods {
        for &to in &pods {
            let (source, target) = (title(&index, from), title(&index, to));
            if source == target {
                continue;
            }
            let (a, b) = (index.classes().of[from.0 as usize], index.classes().of[to.0 as usize]);
            let id = index.outcome(a, b);
            let outcome = index.outcomes().get(id);
            if !outcome.unknown().intersect(&transport).is_empty() {
                unknown.insert((source.clone(), target.clone()));
            }
            let allowed = outcome.allowed().intersect(&transport);
            if !allowed.is_empty() {
                let known = out.pairs.entry((source, target)).or_default();
                *known = known.union(&allowed);
            }
        }
    }
    assert!(unknown.is_empty(), "unknown: {unknown:?}");
    for (to, wanted) in targets {
        let (a, b) = (index.classes().of[controller.0 as usize], index.classes().of[to.0 as usize]);
        let outcome = index.row(b, Direction::Ingress).outcome(a);
        let allowed = index.outcomes().get(outcome).allowed().intersect(&wanted);
        if !allowed.is_empty() {
            let known = out.pairs.entry(("{ingress-controller}".to_owned(), title(&index, to))).or_default();
            *known = known.union(&allowed);
        }
    }
    for &pod in &pods {
        let class = index.classes().of[pod.0 as usize];
        for direction in Direction::BOTH {
            let mut ranges = Ranges::new();
            for atom in 0..index.classes().atoms.len() as u32 {
                let (first, last) = index.classes().atoms.range(atom);
                let outcome = index.row(class, direction).outcome(index.classes().atom_partner(atom));
                let allowed = index.outcomes().get(outcome).allowed().intersect(&transport);
                if !first.v6 {
                    ranges.push((first.bits as u32, last.bits as u32, allowed));
                }
            }
            let ranges = joined(ranges);
            if !ranges.is_empty() {
                out.outside.insert((title(&index, pod), direction == Direction::Egress), ranges);
            }
        }
    }
    out
}

/// What differs, or nothing.
pub fn difference(want: &Connections, got: &Connections) -> Option<String> {
    if want == got {
        return None;
    }
    let mut lines = Vec::new();
    for key in want.pairs.keys().chain(got.pairs.keys()).collect::<BTreeSet<_>>() {
        let (a, b) = (want.pairs.get(key), got.pairs.get(key));
        if a != b {
            lines.push(format!("  {} => {}: expected {a:?}, got {b:?}", key.0, key.1));
        }
    }
    for key in want.outside.keys().chain(got.outside.keys()).collect::<BTreeSet<_>>() {
        let (a, b) = (want.outside.get(key), got.outside.get(key));
        if a != b {
            let side = if key.1 { "=> outside" } else { "<= outside" };
            lines.push(format!("  {} {side}: expected {a:?}, got {b:?}", key.0));
        }
    }
    Some(lines.join("\n"))
}
