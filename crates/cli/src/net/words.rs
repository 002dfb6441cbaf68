//! Decisions and groups of endpoints in words.

use rampart_document::Segment;
use rampart_netpol::query::{Group, Remedy};
use rampart_netpol::{
    Action, By, Decision, Direction, EndpointId, EndpointKind, Outcome, Party, PolicyId, PortSet, Verdict,
    blocks_of,
};
use serde_json::{Value, json};

use super::world::World;

/// `yes`, `no`, `?`.
pub(crate) fn answer(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allowed => "yes",
        Verdict::Denied => "no",
        Verdict::Unknown => "unknown",
    }
}

/// What an action does to a connection.
pub(crate) fn action(action: Action) -> &'static str {
    match action {
        Action::Allow => "allows",
        Action::Deny => "denies",
        Action::Pass => "passes on",
    }
}

/// One end of a connection.
pub(crate) fn party(world: &World, party: Party) -> String {
    match party {
        Party::Endpoint(id) => world.net().title(id),
        Party::Address(address) => match world.index.by_address(address) {
            Some(id) => format!("{address} ({})", world.net().title(id)),
            None => address.to_string(),
        },
    }
}

/// One direction's decision: a sentence, and where what decided is written.
pub(crate) fn decision(
    world: &World,
    decision: &Decision,
    subject: &str,
    direction: Direction,
) -> (String, Option<String>) {
    let side = format!("{} of {subject}", direction.name());
    let state = match decision.verdict {
        Verdict::Allowed => "open",
        Verdict::Denied => "closed",
        Verdict::Unknown => "not known",
    };
    let (text, at) = match &decision.by {
        By::Nothing => (format!("no policy selects it for {}", direction.name()), None),
        By::Unbound => ("policies bind pods only".to_owned(), None),
        By::Itself => ("a pod and itself".to_owned(), None),
        By::OwnNode => ("a pod and the node it runs on".to_owned(), None),
        By::SharedAddress => ("several endpoints claim the address".to_owned(), None),
        By::Rule { policy, rule } => {
            let name = world.policy_name(*policy);
            match world.rule_at(*rule) {
                Some((at, path)) => (format!("{name}, {path}"), Some(at)),
                None => (name, Some(world.policy_at(*policy))),
            }
        }
        By::Isolation { policies, .. } => {
            let names: Vec<String> = policies.iter().map(|id| world.policy_name(*id)).collect();
            let at = policies.first().map(|id| world.policy_at(*id));
            let verb = if names.len() == 1 { "selects" } else { "select" };
            let rule = if decision.verdict == Verdict::Denied {
                "no rule allows it"
            } else {
                "perhaps no rule allows it"
            };
            (format!("{} {verb} it and {rule}", join(&names)), at)
        }
    };
    let mut text = format!("{side} is {state}: {text}");
    for reason in &decision.reasons {
        text.push_str("; ");
        text.push_str(world.net().reasons.get(reason.0));
    }
    if decision.plugin {
        text.push_str("; the APIs leave it to the network plugin (--cni)");
    }
    (text, at)
}

/// A decision for programs: `by` holds the policy, the rule's index in its list (from 0) and `file:line:column`.
pub(crate) fn decision_json(world: &World, decision: &Decision) -> Value {
    let by = match &decision.by {
        By::Rule { policy, rule } => {
            let mut by = policy_json(world, *policy);
            if let Some((at, path)) = world.rule_at(*rule) {
                by["rule"] = json!(path.segments().find_map(|segment| index(&segment)));
                by["path"] = json!(path.as_str());
                by["at"] = json!(at);
            }
            by
        }
        By::Isolation { policies, .. } => match policies.first() {
            Some(first) => {
                let mut by = policy_json(world, *first);
                by["isolates"] = policies.iter().map(|id| json!(world.policy_name(*id))).collect();
                by
            }
            None => Value::Null,
        },
        By::Nothing => json!({"default": "no policy selects it"}),
        By::Unbound => json!({"default": "not bound by policies"}),
        By::Itself => json!({"default": "a pod and itself"}),
        By::OwnNode => json!({"default": "a pod and its node"}),
        By::SharedAddress => json!({"default": "shared address"}),
    };
    json!({"verdict": decision.verdict.to_string(), "by": by})
}

fn index(segment: &Segment<'_>) -> Option<usize> {
    match segment {
        Segment::Index(index) => Some(*index),
        Segment::Key(_) => None,
    }
}

fn policy_json(world: &World, id: PolicyId) -> Value {
    json!({"policy": world.policy_name(id), "rule": null, "at": world.policy_at(id)})
}

/// A change that allows a connection.
pub(crate) fn remedy(world: &World, remedy: &Remedy) -> String {
    match remedy {
        Remedy::Allow { policy, direction, labels, peer, port } => {
            let word = if *direction == Direction::Ingress { "from" } else { "to" };
            let text = |sym| world.net().symbols.text(sym);
            let labels: Vec<String> =
                labels.iter().map(|&(key, value)| format!("{}={}", text(key), text(value))).collect();
            let peer = match peer {
                Party::Address(address) => address.to_string(),
                Party::Endpoint(id) => match world.net().endpoints[id.0 as usize].namespace {
                    Some(namespace) => {
                        let namespace = text(world.net().namespaces[namespace.0 as usize].name);
                        let pods = if labels.is_empty() { "every pod".to_owned() } else { labels.join(",") };
                        format!("namespace {namespace}, {pods}")
                    }
                    None => world.net().title(*id),
                },
            };
            format!(
                "add to {}  {} {word} {peer}, {} {}   {}",
                world.policy_name(*policy),
                direction.name(),
                port.0.name(),
                port.1,
                world.policy_at(*policy)
            )
        }
        Remedy::Except { policy, rule, .. } => {
            let at = world.rule_at(*rule).map_or_else(|| world.policy_at(*policy), |(at, _)| at);
            format!("make an exception in {}, which denies it   {at}", world.policy_name(*policy))
        }
    }
}

/// Ports as people read them; an outcome with something unknown says so.
pub(crate) fn ports(outcome: &Outcome) -> String {
    let transport = PortSet::transport();
    let (allowed, unknown) =
        (outcome.allowed().intersect(&transport), outcome.unknown().intersect(&transport));
    match (allowed.is_empty(), unknown.is_empty()) {
        (_, true) => allowed.to_string(),
        (true, false) => format!("? {unknown}"),
        (false, false) => format!("{allowed}, ? {unknown}"),
    }
}

/// `a, b and c`.
pub(crate) fn join(names: &[String]) -> String {
    match names {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// What stands behind a row of a matrix.
#[derive(serde::Serialize)]
pub(crate) struct GroupWords {
    /// A short name.
    pub(crate) title: String,
    /// Every workload, node or address block.
    pub(crate) members: Vec<String>,
    /// The namespaces of its pods, sorted.
    pub(crate) namespaces: Vec<String>,
    /// True for addresses outside the cluster.
    pub(crate) outside: bool,
}

/// Names a group by its workloads.
pub(crate) fn group(world: &World, group: &Group) -> GroupWords {
    let mut members: Vec<String> = Vec::new();
    let mut namespaces: Vec<String> = Vec::new();
    let text = |sym| world.net().symbols.text(sym);
    for class in &group.classes {
        for id in &world.index.classes().list[*class as usize].members {
            members.push(workload(world, *id));
            if let Some(namespace) = world.net().endpoints[id.0 as usize].namespace {
                namespaces.push(text(world.net().namespaces[namespace.0 as usize].name).to_owned());
            }
        }
    }
    for list in [&mut members, &mut namespaces] {
        list.sort_unstable();
        list.dedup();
    }
    if !group.atoms.is_empty() {
        let blocks = address_blocks(world, &group.atoms);
        let all = group.atoms.len() == world.index.classes().atoms.len();
        let title = if all { "outside".to_owned() } else { shorten(&blocks, "block") };
        return GroupWords { title, members: blocks, namespaces, outside: true };
    }
    let title = match (members.as_slice(), namespaces.as_slice()) {
        ([one], _) => one.clone(),
        (many, [namespace]) if whole_namespace(world, namespace, group) => {
            format!("{namespace}/* ({})", many.len())
        }
        (many, _) => shorten(many, "workload"),
    };
    GroupWords { title, members, namespaces, outside: false }
}

/// `ns/name` of an endpoint's workload; nodes and hostNetwork pods say so.
pub(crate) fn workload(world: &World, id: EndpointId) -> String {
    let endpoint = &world.net().endpoints[id.0 as usize];
    let text = |sym| world.net().symbols.text(sym);
    let name = text(endpoint.workload.1);
    match (endpoint.namespace, endpoint.network) {
        (None, _) => format!("node {name}"),
        (Some(namespace), network) => {
            let namespace = text(world.net().namespaces[namespace.0 as usize].name);
            let host = if network == EndpointKind::HostPod { " (host network)" } else { "" };
            format!("{namespace}/{name}{host}")
        }
    }
}

fn whole_namespace(world: &World, namespace: &str, group: &Group) -> bool {
    let Some(id) = world.net().find_namespace(namespace) else { return false };
    let inside = |class: u32| group.classes.contains(&class);
    let endpoints = world.net().endpoints.iter().enumerate();
    endpoints
        .filter(|(_, endpoint)| endpoint.namespace == Some(id))
        .all(|(number, _)| inside(world.index.classes().of[number]))
}

fn address_blocks(world: &World, atoms: &[u32]) -> Vec<String> {
    let mut ranges: Vec<(rampart_netpol::Point, rampart_netpol::Point)> = Vec::new();
    for atom in atoms {
        let (first, last) = world.index.classes().atoms.range(*atom);
        match ranges.last_mut().filter(|known| known.1.next() == Some(first)) {
            Some(known) => known.1 = last,
            None => ranges.push((first, last)),
        }
    }
    ranges
        .into_iter()
        .flat_map(|(first, last)| blocks_of(first, last))
        .map(|block| block.to_string())
        .collect()
}

fn shorten(members: &[String], noun: &str) -> String {
    match members {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [one, other] => format!("{one}, {other}"),
        [first, ..] => format!("{first} + {} {noun}s", members.len() - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_in_words() {
        let own = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        assert_eq!(join(&own(&["a"])), "a");
        assert_eq!(join(&own(&["a", "b", "c"])), "a, b and c");
        assert_eq!(shorten(&own(&["a", "b", "c"]), "workload"), "a + 2 workloads");
    }
}
