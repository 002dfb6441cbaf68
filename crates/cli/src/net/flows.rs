//! Recorded flows in the engine's terms.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use rampart_netpol::{Flow, FlowEnd, Proto, Resolver};
use rampart_sources::records::Summary;
use rampart_sources::records::flows::{self, End, Fate, Protocol};

use super::world::World;

/// Equal connections are one, with a count; replies and refused connections are kept apart.
pub(crate) struct Observed {
    pub(crate) flows: Vec<Flow>,
    pub(crate) summary: Summary,
}

/// What makes connections equal.
type Key = (FlowEnd, FlowEnd, Proto, u16, bool, bool);

/// Reads flow files and finds the pods behind them.
pub(crate) fn read(world: &World, paths: &[String]) -> anyhow::Result<Observed> {
    let resolver = Resolver::new(world.net());
    let mut joined: BTreeMap<Key, u64> = BTreeMap::new();
    let summary = flows::read(paths, |flow| {
        let (Some(from), Some(to)) = (end(world, &resolver, &flow.from), end(world, &resolver, &flow.to))
        else {
            return;
        };
        let key = (from, to, proto(flow.protocol), flow.port, flow.reply, flow.fate == Fate::Dropped);
        *joined.entry(key).or_default() += flow.count;
    })?;
    let flows = joined.into_iter().map(|((from, to, proto, port, reply, dropped), count)| Flow {
        from,
        to,
        proto,
        port,
        count,
        reply,
        dropped,
    });
    Ok(Observed { flows: flows.collect(), summary })
}

fn proto(protocol: Protocol) -> Proto {
    match protocol {
        Protocol::Tcp => Proto::Tcp,
        Protocol::Udp => Proto::Udp,
        Protocol::Sctp => Proto::Sctp,
        Protocol::Icmp => Proto::Icmp,
        Protocol::Icmp6 => Proto::Icmp6,
    }
}

/// The best name of an end that the model knows: the pod, its workload, a workload whose pods are named so, the address.
/// An end that nothing is known of at all gives none.
fn end(world: &World, resolver: &Resolver<'_>, end: &End) -> Option<FlowEnd> {
    let mut names = Vec::new();
    if !end.pod.is_empty() {
        names.push(FlowEnd::Pod(end.namespace.clone(), end.pod.clone()));
    }
    if let Some((kind, name)) = &end.workload {
        names.push(FlowEnd::Workload(end.namespace.clone(), kind.clone(), name.clone()));
    }
    if let Some(known) = names.iter().find(|name| resolver.find(name).is_some()) {
        return Some(known.clone());
    }
    let generated = [Some(end.pod.as_str()), end.workload.as_ref().map(|(_, name)| name.as_str())];
    if let Some(owner) = generated.into_iter().flatten().find_map(|name| owner(world, &end.namespace, name)) {
        return Some(owner);
    }
    match end.address {
        Some(address) => Some(FlowEnd::Address(address)),
        None => names.into_iter().next(),
    }
}

/// The workload whose pods (or ReplicaSets) get names that start so: the longest that fits.
fn owner(world: &World, namespace: &str, name: &str) -> Option<FlowEnd> {
    let namespace_id = world.net().find_namespace(namespace)?;
    let text = |sym| world.net().symbols.text(sym);
    let own = world.net().endpoints.iter().filter(|endpoint| endpoint.namespace == Some(namespace_id));
    let fits = own.filter(|endpoint| {
        let rest = name.strip_prefix(text(endpoint.workload.1));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    });
    let best = fits.max_by_key(|endpoint| text(endpoint.workload.1).len())?;
    let (kind, workload) = (text(best.workload.0).to_owned(), text(best.workload.1).to_owned());
    Some(FlowEnd::Workload(namespace.to_owned(), kind, workload))
}

/// An end in words.
pub(crate) fn title(end: &FlowEnd) -> String {
    match end {
        FlowEnd::Pod(namespace, name) | FlowEnd::Workload(namespace, _, name) => {
            format!("{namespace}/{name}")
        }
        FlowEnd::Address(address) => address.to_string(),
        FlowEnd::Outside => "outside".to_owned(),
    }
}

/// A connection in words.
pub(crate) fn words(flow: &Flow) -> String {
    format!("{} -> {} {} {}", title(&flow.from), title(&flow.to), flow.proto.name(), flow.port)
}

/// What was read, and what of it was not used.
pub(crate) fn report(summary: &Summary) -> String {
    let window = match &summary.window {
        Some((first, last)) => format!("from {first} to {last}"),
        None => "at times that the records do not tell".to_owned(),
    };
    let mut out = format!("observed: {} connections in {} lines, {window}\n", summary.records, summary.lines);
    for (reason, count, first) in summary.skipped.iter() {
        let _ = writeln!(out, "  not used: {count} lines, {reason}   {first}");
    }
    out
}
