//! `rampart rbac who-can`.

use std::collections::{BTreeSet, HashSet};
use std::fmt::Write as _;
use std::io::Write as _;

use rampart_authz::Request;
use rampart_authz::closure::{Closure, ClusterFacts, Node};
use rampart_authz::rbac::{Breadth, Grant, Policy, Principal};
use serde_json::{Value, json};

use super::world::World;
use super::{WhoCanArguments, request, words};
use crate::emit;

/// Somebody who may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Holder<'a> {
    principal: Principal,
    /// Where; none means wherever it was asked for.
    namespace: Option<&'a str>,
    /// Not every name, but those of the rule.
    some_names: bool,
    grant: Grant,
}

pub(crate) fn run(arguments: &WhoCanArguments) -> anyhow::Result<u8> {
    let (input, namespace) = (&arguments.input, arguments.namespace.as_deref());
    let outputs = emit::open(&arguments.show.output, &["text", "json", "csv"])?;
    let world =
        World::load(&input.paths, &input.read, arguments.default_namespace.as_deref(), &arguments.show)?;
    let asked = request::parse(
        &arguments.verb,
        &arguments.resource,
        arguments.subresource.as_deref(),
        namespace,
        &world.loaded.inventory,
    )?;
    if let Some(note) = asked.note.filter(|_| !input.read.quiet) {
        writeln!(anstream::stderr(), "note: {note}")?;
    }
    let anywhere = asked.namespaced && namespace.is_none();
    let holders = holders(&world.policy, &asked.request, anywhere);
    let facts = ClusterFacts::from_inventory(&world.loaded.inventory);
    let closure = arguments.transitively.then(|| Closure::new(&world.policy, &facts));
    let more = closure.as_ref().map(|closure| becoming(&world, closure, &holders)).unwrap_or_default();
    for output in &outputs {
        match output.format.as_str() {
            "json" => output.json(&value(&world, &holders, &more))?,
            "csv" => output.write(&csv(&world, &holders, &more)?)?,
            _ => output.write(&text(&world, &holders, &more, arguments.show.verbose))?,
        }
    }
    Ok(world.exit_code(0))
}

/// Who may do it as asked, then, if `anywhere`, who may in which namespace only. Of each first those with every name.
fn holders<'a>(policy: &'a Policy, request: &Request, anywhere: bool) -> Vec<Holder<'a>> {
    let mut found = Vec::new();
    let mut everywhere = HashSet::new();
    let mut ask = |request: &Request, namespace: Option<&'a str>| {
        let mut here = HashSet::new();
        for some_names in [false, true] {
            let breadth = Breadth { any_namespace: false, any_name: some_names };
            for (principal, grant) in policy.who_can(request, breadth).iter() {
                if !everywhere.contains(&principal) && here.insert(principal) {
                    found.push(Holder { principal, namespace, some_names, grant });
                }
                if namespace.is_none() && !some_names {
                    everywhere.insert(principal);
                }
            }
        }
    };
    ask(request, None);
    if anywhere {
        let namespaces: BTreeSet<&str> =
            policy.bindings().filter_map(|binding| policy.binding(binding).namespace).collect();
        for namespace in namespaces {
            ask(&request.clone().in_namespace(namespace), Some(namespace));
        }
    }
    // What holds cluster-wide for some names only shows up again in every namespace.
    let listed: HashSet<(Principal, Grant)> =
        found.iter().filter(|row| row.namespace.is_none()).map(|row| (row.principal, row.grant)).collect();
    found.retain(|row| row.namespace.is_none() || !listed.contains(&(row.principal, row.grant)));
    found
}

/// Somebody who can become a holder, and by which steps.
struct Becoming {
    who: String,
    way: Vec<String>,
}

/// Identities that reach everything, or one of the holders, without being one themselves.
fn becoming(world: &World, closure: &Closure<'_>, holders: &[Holder<'_>]) -> Vec<Becoming> {
    let node = |principal: Principal| match principal {
        Principal::User(name) => Node::User(world.policy.text(name).to_owned()),
        Principal::Group(name) => Node::Group(world.policy.text(name).to_owned()),
    };
    let goals: Vec<Node> = std::iter::once(Node::ClusterAdmin)
        .chain(
            holders
                .iter()
                .filter(|holder| !world.is_built_in(holder.grant))
                .map(|holder| node(holder.principal)),
        )
        .collect();
    let own: BTreeSet<Node> = holders.iter().map(|holder| node(holder.principal)).collect();
    let mut out = Vec::new();
    for identity in closure.identities().filter(|identity| !own.contains(identity)) {
        // What Kubernetes itself is given is no news.
        let is_own = closure
            .steps(identity)
            .iter()
            .any(|(_, _, grants)| grants.is_empty() || grants.iter().any(|&grant| !world.is_built_in(grant)));
        let ways = goals.iter().filter_map(|goal| closure.path(identity, goal)).filter(|way| !way.is_empty());
        if let Some(way) = ways.min_by_key(Vec::len).filter(|_| is_own) {
            let step = |(state, step): &(&Node, Option<rampart_authz::closure::Step<'_>>)| {
                let by = step.map(|step| format!(" ({})", step.technique)).unwrap_or_default();
                format!("{}{by}", super::escalate::state(state))
            };
            out.push(Becoming { who: super::escalate::state(identity), way: way.iter().map(step).collect() });
        }
    }
    out
}

fn name(policy: &Policy, principal: Principal) -> String {
    match principal {
        Principal::User(name) => words::subject(false, policy.text(name)),
        Principal::Group(name) => words::subject(true, policy.text(name)),
    }
}

fn text(world: &World, holders: &[Holder<'_>], more: &[Becoming], verbose: bool) -> String {
    let (own, other): (Vec<&Holder<'_>>, Vec<&Holder<'_>>) =
        holders.iter().partition(|holder| verbose || !world.is_built_in(holder.grant));
    let mut out = match own.len() {
        0 => "nobody that this input names\n".to_owned(),
        n => format!("{n} may\n"),
    };
    for holder in own {
        let scope = holder.namespace.map_or_else(String::new, |namespace| format!(" in {namespace}"));
        let names = if holder.some_names { ", some names only" } else { "" };
        // Writing to a string cannot fail.
        let _ = write!(
            out,
            "{}{scope}{names}\n   {}",
            name(&world.policy, holder.principal),
            world.grant_text(holder.grant, "   ")
        );
    }
    if !more.is_empty() {
        let _ = writeln!(out, "{} can become somebody who may", more.len());
    }
    for one in more {
        let _ = writeln!(out, "{}\n   -> {}", one.who, one.way.join("\n   -> "));
    }
    if !other.is_empty() {
        let _ = writeln!(out, "and {} of Kubernetes itself; -v lists them", other.len());
    }
    out + &world.open_end()
}

fn value(world: &World, holders: &[Holder<'_>], more: &[Becoming]) -> Value {
    let rows: Vec<Value> = holders
        .iter()
        .map(|holder| {
            let (kind, name) = match holder.principal {
                Principal::User(name) => ("User", world.policy.text(name)),
                Principal::Group(name) => ("Group", world.policy.text(name)),
            };
            json!({
                "kind": kind,
                "name": name,
                "namespace": holder.namespace,
                "someNames": holder.some_names,
                "grant": world.grant_json(holder.grant),
            })
        })
        .collect();
    let becoming: Vec<Value> = more.iter().map(|one| json!({"identity": one.who, "way": one.way})).collect();
    json!({"complete": world.is_complete(), "holders": rows, "becoming": becoming})
}

/// One line for each holder.
fn csv(world: &World, holders: &[Holder<'_>], more: &[Becoming]) -> anyhow::Result<String> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(["subject", "namespace", "someNames", "binding", "role", "through"])?;
    for holder in holders {
        let grant = world.grant_json(holder.grant);
        let text = |key: &str| grant[key].as_str().unwrap_or_default().to_owned();
        out.write_record([
            name(&world.policy, holder.principal),
            holder.namespace.unwrap_or("*").to_owned(),
            holder.some_names.to_string(),
            text("binding"),
            text("role"),
            String::new(),
        ])?;
    }
    for one in more {
        out.write_record([&one.who, "*", "", "", "", &one.way.join(" -> ")])?;
    }
    Ok(String::from_utf8(out.into_inner()?)?)
}
