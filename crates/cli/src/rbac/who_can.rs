//! `rampart rbac who-can`.

use std::collections::{BTreeSet, HashSet};
use std::fmt::Write as _;
use std::io::Write as _;

use rampart_authz::Request;
use rampart_authz::rbac::{Breadth, Grant, Policy, Principal};
use serde_json::{Value, json};

use super::world::World;
use super::{Format, WhoCanArguments, request, words};

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
    let mut out = anstream::stdout().lock();
    match arguments.show.output {
        Format::Text => write!(out, "{}", text(&world, &holders, arguments.show.verbose))?,
        Format::Json => {
            serde_json::to_writer_pretty(&mut out, &value(&world, &holders))?;
            writeln!(out)?;
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

fn name(policy: &Policy, principal: Principal) -> String {
    match principal {
        Principal::User(name) => words::subject(false, policy.text(name)),
        Principal::Group(name) => words::subject(true, policy.text(name)),
    }
}

fn text(world: &World, holders: &[Holder<'_>], verbose: bool) -> String {
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
    if !other.is_empty() {
        let _ = writeln!(out, "and {} of Kubernetes itself; -v lists them", other.len());
    }
    out + &world.open_end()
}

fn value(world: &World, holders: &[Holder<'_>]) -> Value {
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
    json!({"complete": world.is_complete(), "holders": rows})
}
