//! `rampart rbac escalate`: what identities can become.

use std::fmt::Write as _;

use anyhow::bail;
use rampart_authz::closure::{Closure, ClusterFacts, Node, Step};
use rampart_authz::service_account_user;
use serde_json::{Value, json};

use super::perms::Subject;
use super::world::World;
use super::{EscalateArguments, words};
use crate::emit;

pub(crate) fn run(arguments: &EscalateArguments) -> anyhow::Result<u8> {
    let outputs = emit::open(&arguments.show.output, &["text", "json"])?;
    let only = arguments.subject.as_deref().map(node).transpose()?;
    let input = &arguments.input;
    let world =
        World::load(&input.paths, &input.read, arguments.default_namespace.as_deref(), &arguments.show)?;
    let facts = ClusterFacts::from_inventory(&world.loaded.inventory);
    let closure = Closure::new(&world.policy, &facts);
    let chosen = chosen(&world, &closure, only.as_ref(), arguments.show.verbose);
    for output in &outputs {
        match output.format.as_str() {
            "json" => {
                let rows: Vec<Value> = chosen.iter().map(|node| value(&world, &closure, node)).collect();
                output.json(&json!({"complete": world.is_complete(), "identities": rows}))?;
            }
            _ => output.write(&text(&world, &closure, &chosen, only.is_some()))?,
        }
    }
    Ok(world.exit_code(0))
}

/// A subject of the command line as a state.
fn node(text: &str) -> anyhow::Result<Node> {
    Ok(match Subject::parse(text) {
        Some(Subject::User(name)) => Node::User(name),
        Some(Subject::Group(name)) => Node::Group(name),
        Some(Subject::Account(namespace, name)) => Node::User(service_account_user(&namespace, &name)),
        None => bail!("`{text}` is no subject; give e.g. sa:NAMESPACE/NAME"),
    })
}

/// Identities that lead anywhere, those that reach everything first. Those of Kubernetes itself only if asked for.
fn chosen<'a>(
    world: &World,
    closure: &'a Closure<'_>,
    only: Option<&'a Node>,
    verbose: bool,
) -> Vec<&'a Node> {
    if let Some(only) = only {
        return vec![only];
    }
    let own = |node: &&Node| {
        let steps = closure.steps(node);
        let through_own = |grants: &[rampart_authz::rbac::Grant]| {
            grants.is_empty() || grants.iter().any(|&grant| !world.is_built_in(grant))
        };
        !steps.is_empty() && (verbose || steps.iter().any(|(_, _, grants)| through_own(grants)))
    };
    let mut nodes: Vec<&Node> = closure.identities().filter(own).collect();
    nodes.sort_by_cached_key(|node| {
        let reach = closure.reach(node);
        (!reach.cluster_admin, usize::MAX - reach.states.len(), usize::MAX - reach.identities)
    });
    nodes
}

/// A state in words.
pub(crate) fn state(node: &Node) -> String {
    let within = |namespace: &Option<String>| match namespace {
        Some(namespace) => format!("of namespace {namespace}"),
        None => "of the cluster".to_owned(),
    };
    match node {
        Node::User(name) => words::subject(false, name),
        Node::Group(name) => words::subject(true, name),
        Node::ServiceAccounts(namespace) => format!("every ServiceAccount {}", within(namespace)),
        Node::RunningPods(namespace) => {
            format!("every ServiceAccount that a pod {} runs as", within(namespace))
        }
        Node::Secrets(namespace) => format!("reading the Secrets {}", within(namespace)),
        Node::AdmissionBypass(namespace) => {
            format!("pods that admission would refuse, {}", within(namespace))
        }
        Node::Users => "every user that is no ServiceAccount".to_owned(),
        Node::Kubelets => "the credentials of kubelets".to_owned(),
        Node::Nodes => "root on nodes".to_owned(),
        Node::ClusterAdmin => "everything in the cluster".to_owned(),
    }
}

fn step_words(step: &Step<'_>) -> String {
    let scope = step.namespace.map(|namespace| format!(" in {namespace}")).unwrap_or_default();
    let names = if step.named { ", some names only" } else { "" };
    let condition =
        if step.condition.is_empty() { String::new() } else { format!("; if {}", step.condition) };
    format!("{}{scope}{names}{condition}", step.technique)
}

/// Identities that a text shows.
const SHOWN: usize = 30;

fn text(world: &World, closure: &Closure<'_>, nodes: &[&Node], detail: bool) -> String {
    let admins = nodes.iter().filter(|node| closure.reach(node).cluster_admin).count();
    let mut out = String::new();
    if !detail {
        let _ = writeln!(
            out,
            "{} identities can become somebody else, {admins} of them everything\n",
            nodes.len()
        );
    }
    for &node in nodes.iter().take(SHOWN) {
        let reach = closure.reach(node);
        let end = if reach.cluster_admin {
            "everything in the cluster".to_owned()
        } else {
            format!("{} others", reach.identities)
        };
        let _ = writeln!(out, "{}  reaches {end}", state(node));
        for state in reach.states.iter().filter(|state| ***state != Node::ClusterAdmin) {
            let _ = writeln!(out, "   {}", self::state(state));
        }
        if let Some(way) = closure.path(node, &Node::ClusterAdmin).filter(|_| reach.cluster_admin) {
            out.push_str("   the shortest way:\n");
            for (state, step) in way {
                let by = step.map(|step| step_words(&step)).unwrap_or_else(|| "which includes".to_owned());
                let _ = writeln!(out, "   -> {}   {by}", self::state(state));
            }
        }
        if detail {
            for (step, target, grants) in closure.steps(node) {
                let _ = writeln!(out, "   {} -> {}", step_words(&step), state(target));
                for grant in grants {
                    let _ = write!(out, "      {}", world.grant_text(grant, "      "));
                }
            }
        }
    }
    if nodes.len() > SHOWN {
        let _ = writeln!(out, "and {} more; -o json lists them", nodes.len() - SHOWN);
    }
    out + &world.open_end()
}

fn value(world: &World, closure: &Closure<'_>, node: &Node) -> Value {
    let reach = closure.reach(node);
    let steps: Vec<Value> = closure
        .steps(node)
        .into_iter()
        .map(|(step, target, grants)| {
            let grants: Vec<Value> = grants.into_iter().map(|grant| world.grant_json(grant)).collect();
            json!({"technique": step.technique, "to": state(target), "condition": step.condition,
                "namespace": step.namespace, "someNames": step.named, "grants": grants})
        })
        .collect();
    let way: Option<Vec<Value>> = closure.path(node, &Node::ClusterAdmin).filter(|_| reach.cluster_admin).map(|way| {
        way.iter()
            .map(|(node, step)| json!({"state": state(node), "technique": step.as_ref().map(|step| step.technique)}))
            .collect()
    });
    json!({
        "identity": state(node), "clusterAdmin": reach.cluster_admin, "identities": reach.identities,
        "states": reach.states.iter().map(|node| state(node)).collect::<Vec<_>>(), "steps": steps, "wayToClusterAdmin": way,
    })
}
