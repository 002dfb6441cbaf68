use rampart_document::{Edit, Node};
use rampart_model::{Container, Env, GroupKind, Object};
use rampart_report::{Fix, Severity};
use rustc_hash::FxHashMap;

use super::env::{mentions, same_value};
use crate::{Check, Context, Findings, Group, Profile, Rule, Workload};

pub(crate) static RULE: Rule = Rule {
    id: "duplicate-env",
    group: Group::Hygiene,
    severity: Severity::Low,
    profile: Profile::Default,
    doc: include_str!("duplicate_env.md"),
    check: Check::Workload(check),
};

/// Up to this many entries comparing them in pairs is faster than a table.
const FEW: usize = 16;

fn check(workload: &Workload<'_>, context: &Context<'_>, out: &mut Findings) {
    for container in workload.pod.containers() {
        let Some(list) = container.fields.env.and_then(Node::as_seq) else { continue };
        if list.len() > 1 && has_twins(container, list.len()) {
            twins(container, out);
        }
        if container.fields.env_from.is_some() {
            overrides(container, workload.object, context, out);
        }
    }
}

fn has_twins(container: &Container<'_>, count: usize) -> bool {
    if count <= FEW {
        return container
            .env()
            .any(|entry| container.env().any(|other| other.index > entry.index && other.name == entry.name));
    }
    let mut seen = rustc_hash::FxHashSet::default();
    container.env().any(|entry| !seen.insert(entry.name))
}

/// A finding for every entry that a later one of the same name replaces.
fn twins(container: &Container<'_>, out: &mut Findings) {
    let entries: Vec<Env<'_>> = container.env().collect();
    let mut next: FxHashMap<&str, usize> = FxHashMap::default();
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for at in (0..entries.len()).rev() {
        if let Some(later) = next.insert(entries[at].name, at) {
            pairs.push((at, later));
        }
    }
    for (earlier, later) in pairs.into_iter().rev() {
        // Values of later entries, the replacing one included, may still build on the earlier value.
        let used = entries[earlier + 1..=later].iter().any(|entry| mentions(entry, entries[earlier].name));
        let is_last = !entries[later + 1..].iter().any(|entry| entry.name == entries[later].name);
        let (earlier, later) = (&entries[earlier], &entries[later]);
        let env = container.path("env");
        let what = format!("{} sets {} twice: only the later value counts", container.title(), earlier.name);
        let draft = out.fail(env.index(earlier.index).key("name"), what);
        draft.evidence(env.index(later.index).key("name"), "set again here");
        let remove = |entry: &Env<'_>| [Edit::remove(env.index(entry.index))];
        draft.fix(if !used {
            Fix::safe("remove the earlier entry", remove(earlier))
        } else if is_last && same_value(earlier, later) {
            Fix::safe("remove the later entry", remove(later))
        } else {
            Fix::review("remove the earlier entry", remove(earlier))
        });
    }
}

/// Entries of `env` that replace a key of a ConfigMap or Secret read through `envFrom`, as far as that was read.
fn overrides(container: &Container<'_>, object: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    let sources = container.fields.env_from.and_then(Node::as_seq);
    for (position, source) in sources.into_iter().flat_map(Node::items).enumerate() {
        let Some((kind, from)) = read_source(source, object, context) else { continue };
        let prefix = source.field("prefix").and_then(Node::as_str).unwrap_or("");
        for entry in container.env() {
            let Some(key) = entry.name.strip_prefix(prefix) else { continue };
            if ["data", "stringData"].iter().any(|field| from.field(&[field, key]).is_some()) {
                let env_from = container.path("envFrom").index(position);
                let what = format!(
                    "{} sets {} in place of the key of {kind} {}",
                    container.title(),
                    entry.name,
                    from.name()
                );
                out.fail(container.path("env").index(entry.index).key("name"), what)
                    .severity(Severity::Info)
                    .class("env-from")
                    .evidence(env_from, "also sets it");
            }
        }
    }
}

fn read_source<'c>(
    source: Node<'_>,
    object: Object<'_>,
    context: &'c Context<'_>,
) -> Option<(&'static str, Object<'c>)> {
    for (field, kind) in [("configMapRef", "ConfigMap"), ("secretRef", "Secret")] {
        if let Some(reference) = source.field(field) {
            let name = reference.field("name")?.as_str()?;
            let namespace = object.effective_namespace();
            let found = context.inventory.find(GroupKind::core(kind), namespace, name)?;
            return Some((kind, found));
        }
    }
    None
}
