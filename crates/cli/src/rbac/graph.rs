//! `rampart rbac graph`: subjects, bindings and roles as a picture.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use rampart_authz::rbac::{RoleId, RoleKind, risks};
use serde_json::{Value, json};

use super::world::World;
use super::{GraphArguments, words};
use crate::emit;

/// The picture's facts.
#[derive(Default)]
struct Graph {
    subjects: Vec<String>,
    roles: Vec<Role>,
    /// Subject, role, how the binding is called.
    edges: Vec<(usize, usize, String)>,
}

struct Role {
    name: String,
    rules: Vec<String>,
    /// The worst risk of its rules, if there is one.
    worst: Option<(&'static str, String)>,
}

pub(crate) fn run(arguments: &GraphArguments) -> anyhow::Result<u8> {
    let outputs = emit::open(&arguments.show.output, &["dot", "mermaid", "html", "json"])?;
    let input = &arguments.input;
    let world =
        World::load(&input.paths, &input.read, arguments.default_namespace.as_deref(), &arguments.show)?;
    let graph = graph(&world, arguments.show.verbose);
    for output in &outputs {
        match output.format.as_str() {
            "json" => output.json(&value(&graph))?,
            "mermaid" => output.write(&mermaid(&graph))?,
            "html" => {
                let data = serde_json::to_string(&value(&graph))?.replace('<', "\\u003c");
                output.write(&include_str!("graph.html").replacen("\"DATA\"", &data, 1))?;
            }
            _ => output.write(&dot(&graph))?,
        }
    }
    Ok(world.exit_code(0))
}

fn graph(world: &World, verbose: bool) -> Graph {
    let policy = &world.policy;
    let mut graph = Graph::default();
    let (mut subjects, mut roles) = (BTreeMap::new(), BTreeMap::new());
    for binding in policy.bindings() {
        let view = policy.binding(binding);
        let built_in = view.origin == rampart_authz::from_inventory::BUILT_IN;
        let Some(role) = view.role.filter(|_| verbose || !built_in) else { continue };
        let title = match view.namespace {
            None => format!("{} (everywhere)", view.name),
            Some(namespace) => format!("{} (in {namespace})", view.name),
        };
        let to = *roles.entry(role).or_insert_with(|| {
            graph.roles.push(self::role(world, role));
            graph.roles.len() - 1
        });
        for subject in policy.subjects_of(binding) {
            let name = match subject.principal {
                Some(rampart_authz::rbac::Principal::User(name)) => words::subject(false, policy.text(name)),
                Some(rampart_authz::rbac::Principal::Group(name)) => words::subject(true, policy.text(name)),
                None => continue,
            };
            let from = *subjects.entry(name.clone()).or_insert_with(|| {
                graph.subjects.push(name);
                graph.subjects.len() - 1
            });
            graph.edges.push((from, to, title.clone()));
        }
    }
    graph
}

fn role(world: &World, id: RoleId) -> Role {
    let view = world.policy.role(id);
    let name = match view.kind {
        RoleKind::ClusterRole => format!("ClusterRole {}", view.name),
        RoleKind::Role => format!("Role {}/{}", view.namespace, view.name),
    };
    let rules: Vec<_> = world.policy.rules_of(id).map(|rule| world.policy.rule(rule)).collect();
    let worst = rules.iter().flat_map(risks).max_by_key(|&(_, severity)| severity);
    Role {
        name,
        rules: rules.iter().map(words::rule).collect(),
        worst: worst.map(|(id, severity)| (words::severity(severity), id.to_owned())),
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn dot(graph: &Graph) -> String {
    let mut out =
        String::from("digraph rbac {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n");
    for (index, subject) in graph.subjects.iter().enumerate() {
        let _ = writeln!(out, "  s{index} [label={}, shape=ellipse];", quoted(subject));
    }
    for (index, role) in graph.roles.iter().enumerate() {
        let risk = role.worst.as_ref().map(|(severity, id)| format!("\n{severity} {id}")).unwrap_or_default();
        let color = match role.worst.as_ref().map(|(severity, _)| *severity) {
            Some("critical" | "high") => ", color=red, penwidth=2",
            Some(_) => ", color=orange",
            None => "",
        };
        let label = quoted(&format!("{}{risk}", role.name)).replace('\n', "\\n");
        let _ =
            writeln!(out, "  r{index} [label={label}, tooltip={}{color}];", quoted(&role.rules.join("; ")));
    }
    for (from, to, title) in &graph.edges {
        let _ = writeln!(out, "  s{from} -> r{to} [label={}];", quoted(title));
    }
    out.push_str("}\n");
    out
}

fn mermaid(graph: &Graph) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "#quot;"));
    let mut out = String::from("flowchart LR\n");
    for (index, subject) in graph.subjects.iter().enumerate() {
        let _ = writeln!(out, "  s{index}([{}])", quoted(subject));
    }
    for (index, role) in graph.roles.iter().enumerate() {
        let risk =
            role.worst.as_ref().map(|(severity, id)| format!("<br>{severity} {id}")).unwrap_or_default();
        let _ = writeln!(out, "  r{index}[{}]", quoted(&format!("{}{risk}", role.name)));
    }
    for (from, to, title) in &graph.edges {
        let _ = writeln!(out, "  s{from} -->|{}| r{to}", quoted(title));
    }
    out
}

fn value(graph: &Graph) -> Value {
    let roles: Vec<Value> = graph
        .roles
        .iter()
        .map(|role| {
            let (severity, risk) = role.worst.clone().unzip();
            json!({"name": role.name, "rules": role.rules, "severity": severity, "risk": risk})
        })
        .collect();
    let edges: Vec<Value> = graph
        .edges
        .iter()
        .map(|(from, to, binding)| json!({"subject": from, "role": to, "binding": binding}))
        .collect();
    json!({"subjects": graph.subjects, "roles": roles, "edges": edges})
}
