//! `rampart rbac lint`: roles and bindings that do nothing, or nothing more than others do.

use std::fmt::Write as _;

use rampart_authz::from_inventory::BUILT_IN;
use rampart_authz::rbac::{BindingId, Idle, RoleId, RoleKind};
use rampart_document::{FieldPath, Node};
use rampart_model::{GroupKind, Inventory, Object, ObjectId, Selector};
use serde_json::{Value, json};

use super::world::World;
use super::{LintArguments, records, unused, words};
use crate::{emit, exit};

/// A finding: kind, object, what, place.
struct Finding {
    kind: &'static str,
    subject: String,
    what: String,
    at: String,
}

const RBAC: &str = "rbac.authorization.k8s.io";

pub(crate) fn run(arguments: &LintArguments) -> anyhow::Result<u8> {
    let outputs = emit::open(&arguments.show.output, &["text", "json", "csv"])?;
    let input = &arguments.input;
    let world =
        World::load(&input.paths, &input.read, arguments.default_namespace.as_deref(), &arguments.show)?;
    let mut findings = idle(&world);
    let (absent, left_out) = absent(&world);
    findings.extend(absent);
    let mut notes = String::new();
    if left_out > 0 {
        let _ = writeln!(
            notes,
            "? {left_out} more rest on what the input does not hold; --complete says that it is all there is"
        );
    }
    if !arguments.audit_log.is_empty() {
        let records = records::read(&arguments.audit_log)?;
        let lines = unused::lines(&world, &records.recording, false);
        findings.extend(lines.iter().filter(|line| line.used.is_none()).map(|line| Finding {
            kind: "unused-grant",
            subject: binding_name(&world, line.binding),
            what: format!(
                "rule {} of its role was not used: {}",
                line.rule + 1,
                unused::rule_words(&world, line)
            ),
            at: world.at(world.policy.binding(line.binding).origin, &FieldPath::root().key("roleRef")),
        }));
        notes.push_str(&records::report(&records));
    }
    for output in &outputs {
        match output.format.as_str() {
            "json" => {
                let rows: Vec<Value> = findings
                    .iter()
                    .map(|one| json!({"kind": one.kind, "object": one.subject, "what": one.what, "at": one.at}))
                    .collect();
                output
                    .json(&json!({"complete": world.is_complete(), "findings": rows, "leftOut": left_out}))?;
            }
            "csv" => {
                let mut out = csv::Writer::from_writer(Vec::new());
                out.write_record(["kind", "object", "what", "at"])?;
                for one in &findings {
                    out.write_record([one.kind, &one.subject, &one.what, &one.at])?;
                }
                output.write(&String::from_utf8(out.into_inner()?)?)?;
            }
            _ => {
                let mut text = String::new();
                for one in &findings {
                    let _ = writeln!(text, "{:<16}{}: {}   {}", one.kind, one.subject, one.what, one.at);
                }
                let _ = writeln!(text, "{}", words::count(findings.len(), "finding"));
                output.write(&(text + &notes))?;
            }
        }
    }
    Ok(world.exit_code(if findings.is_empty() { 0 } else { exit::FINDINGS }))
}

fn binding_name(world: &World, id: BindingId) -> String {
    let view = world.policy.binding(id);
    match view.namespace {
        None => format!("ClusterRoleBinding {}", view.name),
        Some(namespace) => format!("RoleBinding {namespace}/{}", view.name),
    }
}

fn role_name(world: &World, id: RoleId) -> String {
    let view = world.policy.role(id);
    match view.kind {
        RoleKind::ClusterRole => format!("ClusterRole {}", view.name),
        RoleKind::Role => format!("Role {}/{}", view.namespace, view.name),
    }
}

fn idle(world: &World) -> Vec<Finding> {
    let policy = &world.policy;
    let selectors = aggregations(&world.loaded.inventory);
    let feeds = |id: RoleId| {
        let view = policy.role(id);
        if view.kind != RoleKind::ClusterRole || view.origin == BUILT_IN {
            return view.origin == BUILT_IN;
        }
        let object = world.loaded.inventory.object(ObjectId(view.origin));
        is_source(object, &selectors)
    };
    let mut out = Vec::new();
    for one in policy.idle(feeds) {
        let binding = |id: BindingId, field: &str| {
            let origin = policy.binding(id).origin;
            (binding_name(world, id), origin, FieldPath::root().key(field))
        };
        let rule = |id: RoleId, rule: u32| {
            (
                role_name(world, id),
                policy.role(id).origin,
                FieldPath::root().key("rules").index(rule as usize),
            )
        };
        let (kind, (subject, origin, path), what) = match &one {
            // Roles outside the input are not dangling unless the input is all there is.
            Idle::Dangling(_) if !world.is_complete() => continue,
            Idle::Unbound(_) if !world.is_complete() => continue,
            Idle::Dangling(id) => {
                let view = policy.binding(*id);
                let what = format!(
                    "{} {} does not exist; who may create it gives these subjects any right",
                    view.role_kind, view.role_name
                );
                ("dangling", binding(*id, "roleRef"), what)
            }
            Idle::Nobody(id) => {
                ("no-subjects", binding(*id, "subjects"), "has no subject that anybody can be".to_owned())
            }
            Idle::Redundant(id, wide) => (
                "redundant",
                binding(*id, "roleRef"),
                format!("{} gives the same everywhere", binding_name(world, *wide)),
            ),
            Idle::Unbound(id) => {
                let place = (role_name(world, *id), policy.role(*id).origin, FieldPath::root());
                ("unused-role", place, "no binding refers to it".to_owned())
            }
            Idle::Shadowed(id, at, by) => {
                ("shadowed-rule", rule(*id, *at), format!("rule {} is covered by rule {}", at + 1, by + 1))
            }
            Idle::NeverMatches(id, at, part) => {
                ("never-matches", rule(*id, *at), format!("rule {}: no request has {part}", at + 1))
            }
        };
        if origin != BUILT_IN {
            out.push(Finding { kind, subject, what, at: world.at(origin, &path) });
        }
    }
    out
}

/// Labels that aggregated ClusterRoles look for; `admin`, `edit` and `view` of Kubernetes itself among them.
fn aggregations(inventory: &Inventory) -> Vec<Node<'_>> {
    let roles = inventory.of_kind(GroupKind::new(RBAC, "ClusterRole"));
    let lists = roles.filter_map(|role| role.field(&["aggregationRule", "clusterRoleSelectors"]));
    lists.flat_map(|list| list.items().collect::<Vec<_>>()).collect()
}

fn is_source(object: Object<'_>, selectors: &[Node<'_>]) -> bool {
    let built_in = ["admin", "edit", "view"];
    let own = object.labels();
    built_in.iter().any(|role| own.get(&format!("{RBAC}/aggregate-to-{role}")) == Some("true"))
        || selectors.iter().any(|selector| Selector::label_selector(*selector).matches(own) == Some(true))
}

/// ServiceAccounts that bindings name and the input does not have, and how many are left out because it is not complete.
fn absent(world: &World) -> (Vec<Finding>, usize) {
    let inventory = &world.loaded.inventory;
    let kind = GroupKind::core("ServiceAccount");
    let exists = |namespace: &str, name: &str| {
        // Every namespace has one of this name.
        name == "default" || inventory.find(kind, Some(namespace), name).is_some()
    };
    let mut out = Vec::new();
    let mut left_out = 0;
    for (account, id) in world.policy.absent_accounts(exists) {
        let origin = world.policy.binding(id).origin;
        let namespace = account.split('/').next().unwrap_or_default();
        if origin == BUILT_IN {
            continue;
        }
        if !inventory.coverage().is_full(kind, Some(namespace)) {
            left_out += 1;
            continue;
        }
        out.push(Finding {
            kind: "absent-subject",
            subject: binding_name(world, id),
            what: format!("ServiceAccount {account} does not exist; who may create it gets these rights"),
            at: world.at(origin, &FieldPath::root().key("subjects")),
        });
    }
    (out, left_out)
}
