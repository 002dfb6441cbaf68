//! `rampart rbac can-i`.

use std::fmt::Write as _;
use std::io::{BufRead, Write as _};

use anyhow::{Context as _, bail};
use rampart_authz::rbac::{Grant, NearMiss};
use rampart_authz::{Answer, Authorizer, Because, Decision, Identity, Request, ReviewStatus, parse_review};
use serde_json::{Value, json};

use super::world::World;
use super::{CanIArguments, request};
use crate::input::batch_lines;
use crate::{emit, exit};

/// Nearest rules that are shown for a no.
const NEAREST: usize = 3;
/// Further grants that a text shows.
const ALSO: usize = 3;
/// Width of the answer's column.
const INDENT: &str = "         ";

pub(crate) fn run(arguments: &CanIArguments) -> anyhow::Result<u8> {
    let policy = &arguments.policy;
    if let Some(file) = &arguments.batch {
        return batch(file, &arguments.words, arguments);
    }
    let [verb, resource, paths @ ..] = arguments.words.as_slice() else {
        bail!("a verb and a resource are needed, e.g. rampart rbac can-i get secrets --as amy");
    };
    let outputs = emit::open(&policy.show.output, &["text", "json"])?;
    let world = load(paths, arguments)?;
    let identity = Identity::user(arguments.user.as_deref().unwrap_or_default(), arguments.groups.clone());
    let asked = request::parse(
        verb,
        resource,
        arguments.subresource.as_deref(),
        arguments.namespace.as_deref(),
        &world.loaded.inventory,
    )?;
    if let Some(note) = asked.note.filter(|_| !policy.read.quiet) {
        writeln!(anstream::stderr(), "note: {note}")?;
    }
    let answer = world.chain.authorize(&identity, &asked.request);
    for output in &outputs {
        match output.format.as_str() {
            "json" => output.json(&value(&world, &identity, &asked.request, &answer)?)?,
            _ => output.write(&text(&world, arguments, &identity, &asked.request, &answer))?,
        }
    }
    Ok(world.exit_code(match answer.decision {
        Decision::Allow => 0,
        Decision::Deny | Decision::NoOpinion => exit::FINDINGS,
        Decision::Unknown => exit::INCOMPLETE,
    }))
}

fn load(paths: &[String], arguments: &CanIArguments) -> anyhow::Result<World> {
    let policy = &arguments.policy;
    let here = [".".to_owned()];
    let paths = if paths.is_empty() { &here } else { paths };
    World::load(paths, &policy.read, policy.default_namespace.as_deref(), &policy.show)?
        .with_chain(&arguments.chain)
}

/// The answer for people: the first word is the answer.
fn text(
    world: &World,
    arguments: &CanIArguments,
    identity: &Identity,
    request: &Request,
    answer: &Answer,
) -> String {
    let mut out = String::new();
    let written = match answer.decision {
        Decision::Allow => allowed(&mut out, world, arguments, identity, request, answer),
        Decision::Deny | Decision::NoOpinion => refused(&mut out, world, identity, request, answer),
        Decision::Unknown => unknown(&mut out, world, identity, request, answer),
    };
    // Writing to a string cannot fail.
    written.map_or_else(|_| String::new(), |()| out)
}

fn allowed(
    out: &mut String,
    world: &World,
    arguments: &CanIArguments,
    identity: &Identity,
    request: &Request,
    answer: &Answer,
) -> std::fmt::Result {
    let Because::Rbac(first) = answer.because else {
        return match answer.because {
            Because::Masters => {
                writeln!(out, "yes      members of system:masters are allowed before any rule is read")
            }
            Because::Abac(line) => {
                writeln!(out, "yes      ABAC  {}", arguments.chain.abac_line(line))
            }
            because => writeln!(out, "yes      the {} authorizer allows it", because.authorizer()),
        };
    };
    write!(out, "yes      {}", world.grant_text(first, INDENT))?;
    let others = others(world, identity, request, first);
    for &grant in others.iter().take(ALSO) {
        write!(out, "also     {}", world.grant_text(grant, INDENT))?;
    }
    if others.len() > ALSO {
        writeln!(out, "and {} more; -o json lists them", others.len() - ALSO)?;
    }
    Ok(())
}

/// The other grants that would do.
fn others(world: &World, identity: &Identity, request: &Request, first: Grant) -> Vec<Grant> {
    let mut grants = world.policy.all_grants(identity, request);
    grants.retain(|&grant| grant != first);
    grants
}

fn refused(
    out: &mut String,
    world: &World,
    identity: &Identity,
    request: &Request,
    answer: &Answer,
) -> std::fmt::Result {
    match answer.because {
        Because::Webhook(link) if answer.decision == Decision::Deny => {
            let links = world.chain.links();
            let name = match links.get(link as usize) {
                Some(Authorizer::Webhook(webhook)) => webhook.name.as_str(),
                _ => "",
            };
            writeln!(out, "no       a condition of webhook {name} fails, and its failurePolicy is Deny")?;
            return writeln!(out, "{INDENT}{}", answer.error);
        }
        _ => writeln!(out, "no       nothing allows it")?,
    }
    reason(out, answer)?;
    misses(out, world, identity, request)
}

fn unknown(
    out: &mut String,
    world: &World,
    identity: &Identity,
    request: &Request,
    answer: &Answer,
) -> std::fmt::Result {
    let by = answer.because.authorizer();
    match answer.because {
        Because::Nobody => writeln!(out, "unknown  nothing in this input allows it; what was not read may")?,
        Because::Webhook(_) => {
            writeln!(out, "unknown  {by} refuses it, unless an authorizer before it allows")?;
        }
        _ => writeln!(out, "unknown  {by} allows it, unless an authorizer before it refuses")?,
    }
    reason(out, answer)?;
    for question in &answer.unknown {
        writeln!(out, "{INDENT}? {question}")?;
    }
    misses(out, world, identity, request)?;
    if world.is_complete() {
        return Ok(());
    }
    writeln!(out, "next: --complete says that the input is all there is")
}

/// The API server's words, where it has any: roles that bindings name and that are not there.
fn reason(out: &mut String, answer: &Answer) -> std::fmt::Result {
    answer.reason.lines().try_for_each(|line| writeln!(out, "{INDENT}{line}"))
}

fn misses(out: &mut String, world: &World, identity: &Identity, request: &Request) -> std::fmt::Result {
    for miss in nearest(world, identity, request) {
        write!(out, "nearest  {}", world.grant_text(miss.grant, INDENT))?;
        writeln!(out, "{INDENT}   {}", differs(world, &miss))?;
    }
    Ok(())
}

/// The nearest rules that have something in common with the request. What everybody gets from Kubernetes itself is near
/// nothing.
fn nearest(world: &World, identity: &Identity, request: &Request) -> Vec<NearMiss> {
    let mut misses = world.policy.near_misses(identity, request, usize::MAX);
    misses.retain(|miss| miss.failing.len() < 3 && !world.is_built_in(miss.grant));
    misses.truncate(NEAREST);
    misses
}

fn differs(world: &World, miss: &NearMiss) -> String {
    let parts: Vec<&str> = miss.failing.iter().map(|part| part.as_str()).collect();
    let mut words = Vec::new();
    if !parts.is_empty() {
        words.push(format!("differs in {}", parts.join(" and ")));
    }
    if let Some(namespace) = world.policy.binding(miss.grant.binding).namespace.filter(|_| miss.elsewhere) {
        words.push(format!("holds in namespace {namespace} only"));
    }
    words.join("; ")
}

/// The answer for programs: that of a batch, and the places.
fn value(world: &World, identity: &Identity, request: &Request, answer: &Answer) -> anyhow::Result<Value> {
    let mut value = serde_json::to_value(ReviewStatus::new(&world.chain, answer))?;
    let grants: Vec<Value> = match answer.because {
        Because::Rbac(first) => std::iter::once(first)
            .chain(others(world, identity, request, first))
            .map(|grant| world.grant_json(grant))
            .collect(),
        _ => Vec::new(),
    };
    let nearest: Vec<Value> = match answer.decision {
        Decision::Allow => Vec::new(),
        _ => nearest(world, identity, request)
            .iter()
            .map(|miss| {
                let failing: Vec<&str> = miss.failing.iter().map(|part| part.as_str()).collect();
                let mut value = world.grant_json(miss.grant);
                value["failing"] = json!(failing);
                value["elsewhere"] = json!(miss.elsewhere);
                value
            })
            .collect(),
    };
    value["grants"] = json!(grants);
    value["nearest"] = json!(nearest);
    Ok(value)
}

/// Answers a file of reviews line by line. A line that is none costs that line, and is bad input.
fn batch(file: &str, paths: &[String], arguments: &CanIArguments) -> anyhow::Result<u8> {
    let lines = batch_lines(file, paths)?;
    let world = load(paths, arguments)?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut code = 0;
    for line in lines.lines() {
        let line = line.with_context(|| format!("cannot read {file}"))?;
        if line.trim().is_empty() {
            continue;
        }
        let status = review(&world, &line).unwrap_or_else(|refused| {
            code = exit::BAD_INPUT;
            refused
        });
        serde_json::to_writer(&mut out, &status)?;
        writeln!(out)?;
    }
    out.flush()?;
    Ok(world.exit_code(code))
}

/// One line's answer; for a line that is no question, an unknown that says so.
fn review(world: &World, line: &str) -> Result<ReviewStatus, ReviewStatus> {
    match parse_review(line) {
        Ok((identity, request)) => {
            Ok(ReviewStatus::new(&world.chain, &world.chain.authorize(&identity, &request)))
        }
        Err(error) => Err(ReviewStatus {
            allowed: false,
            denied: false,
            unknown: true,
            reason: error.to_string(),
            authorizer: None,
            binding: None,
            role: None,
            rule: None,
        }),
    }
}
