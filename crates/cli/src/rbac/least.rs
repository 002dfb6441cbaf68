//! `rampart rbac least-privilege`: the smallest roles that allow what was recorded.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;

use anyhow::bail;
use rampart_authz::rbac::Principal;
use rampart_authz::{Generalize, documents, least_privilege, service_account_of, service_account_user};
use rampart_document::to_yaml;
use serde_json::{Value, json};

use super::perms::Subject;
use super::records::{self, Records};
use super::world::World;
use super::{LeastArguments, words};
use crate::emit;

/// The roles of one user.
struct Proposal {
    user: String,
    documents: Vec<Value>,
    /// Recorded requests behind them.
    requests: u64,
}

pub(crate) fn run(arguments: &LeastArguments) -> anyhow::Result<u8> {
    let outputs = emit::open(&arguments.policy.show.output, &["yaml", "json"])?;
    let (subject, paths) = match (arguments.all, arguments.words.as_slice()) {
        (true, paths) => (None, paths),
        (false, [subject, paths @ ..]) => (Some(user(subject)?), paths),
        (false, []) => bail!("name a subject, e.g. sa:ci/deployer, or give --all"),
    };
    let policy = &arguments.policy;
    let here = [".".to_owned()];
    let paths = if paths.is_empty() { &here[..] } else { paths };
    let world = World::load(paths, &policy.read, policy.default_namespace.as_deref(), &policy.show)?;
    let records = records::read(&arguments.audit_log)?;
    let users = match subject {
        Some(user) => BTreeSet::from([user]),
        None => everybody(&records),
    };
    let generalize = generalize(arguments);
    let proposals: Vec<Proposal> = users
        .into_iter()
        .map(|user| proposal(&world, &records, user, generalize, arguments.max_names))
        .collect();
    for output in &outputs {
        match output.format.as_str() {
            "json" => {
                let rows: Vec<Value> = proposals
                    .iter()
                    .map(
                        |one| json!({"user": one.user, "requests": one.requests, "documents": one.documents}),
                    )
                    .collect();
                let (first, last) = records.summary.window.clone().unzip();
                output.json(&json!({"window": {"from": first, "to": last}, "subjects": rows}))?;
            }
            _ => output.write(&yaml(&records, &proposals))?,
        }
    }
    if !policy.read.quiet {
        write!(anstream::stderr(), "{}", notes(&world, &records, &proposals))?;
    }
    Ok(world.exit_code(0))
}

fn user(text: &str) -> anyhow::Result<String> {
    Ok(match Subject::parse(text) {
        Some(Subject::User(name)) => name,
        Some(Subject::Account(namespace, name)) => service_account_user(&namespace, &name),
        _ => bail!("`{text}` makes no requests by itself; name a user or sa:NAMESPACE/NAME"),
    })
}

fn generalize(arguments: &LeastArguments) -> Generalize {
    let asked = |word: &str| arguments.generalize.iter().any(|own| own == word);
    Generalize {
        names: asked("names"),
        verbs: asked("verbs"),
        resources: asked("resources").then_some(arguments.max_resources),
    }
}

/// Users that the log names, but for those that Kubernetes itself looks after and those nobody can bind.
fn everybody(records: &Records) -> BTreeSet<String> {
    let rows = records.recording.rows().iter().filter(|row| row.allowed);
    let names = rows.map(|row| row.identity.name.as_str());
    names
        .filter(|name| {
            !name.starts_with("system:")
                || service_account_of(name).is_some_and(|(own, _)| own != "kube-system")
        })
        .map(str::to_owned)
        .collect()
}

fn proposal(
    world: &World,
    records: &Records,
    user: String,
    generalize: Generalize,
    max_names: usize,
) -> Proposal {
    let needs = least_privilege(&records.recording, &user, Some(&world.policy), generalize, max_names);
    let documents = documents(&user, &name(world, &user), &needs);
    let rows = records.recording.rows().iter().filter(|row| row.allowed && row.identity.name == user);
    Proposal { documents, requests: rows.map(|row| row.count).sum(), user }
}

/// The name of the role the user has today, when it is theirs alone; else one made from the user's.
fn name(world: &World, user: &str) -> String {
    let policy = &world.policy;
    let own = policy.find_principal(false, user);
    let bindings = policy.bindings().filter(|&binding| {
        let subjects: Vec<Option<Principal>> =
            policy.subjects_of(binding).map(|subject| subject.principal).collect();
        own.is_some() && subjects == [own]
    });
    let mut roles: Vec<&str> = bindings
        .filter(|&binding| policy.binding(binding).origin != rampart_authz::from_inventory::BUILT_IN)
        .filter_map(|binding| policy.binding(binding).role.map(|role| policy.role(role)))
        .filter(|role| role.origin != rampart_authz::from_inventory::BUILT_IN)
        .map(|role| role.name)
        .collect();
    roles.sort_unstable();
    roles.dedup();
    if let [role] = roles.as_slice() {
        return (*role).to_owned();
    }
    let plain = service_account_of(user).map_or(user, |(_, account)| account);
    let name: String = plain
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '.' { c.to_ascii_lowercase() } else { '-' })
        .collect();
    name.trim_matches(['-', '.']).to_owned()
}

fn yaml(records: &Records, proposals: &[Proposal]) -> String {
    let window = match &records.summary.window {
        Some((first, last)) => format!("from {first} to {last}"),
        None => "in the log".to_owned(),
    };
    let mut out = String::new();
    for one in proposals {
        for (number, document) in one.documents.iter().enumerate() {
            out.push_str("---\n");
            if number == 0 {
                let _ = writeln!(
                    out,
                    "# {}: what {} recorded requests {window} needed. What runs seldom may be missing.",
                    words::subject(false, &one.user),
                    one.requests
                );
            }
            out.push_str(&to_yaml(document));
        }
    }
    out
}

/// What was read, who needs nothing, and what today's grants were used for.
fn notes(world: &World, records: &Records, proposals: &[Proposal]) -> String {
    let mut out = records::report(records);
    for one in proposals {
        let subject = words::subject(false, &one.user);
        match (one.requests, one.documents.len()) {
            (0, _) => {
                let _ = writeln!(out, "{subject} made no request that was allowed");
            }
            (requests, 0) => {
                let _ = writeln!(out, "{subject}: {requests} requests, all allowed to everybody");
            }
            (requests, count) => {
                let _ = writeln!(out, "{subject}: {requests} requests, {count} objects");
            }
        }
        let own = world.policy.find_principal(false, &one.user);
        for line in super::unused::lines(world, &records.recording, false) {
            let mut subjects = world.policy.subjects_of(line.binding);
            if own.is_some() && subjects.any(|subject| subject.principal == own) {
                let _ = writeln!(out, "  {}", super::unused::words(world, &line));
            }
        }
    }
    out
}
