use rampart_document::{Edit, Node};
use rampart_model::{GroupKind, Object};
use rampart_report::{Fix, Severity};

use crate::index::{NAMESPACE, is_system};
use crate::shared::paths::at;
use crate::shared::policies::{engines::gatekeeper_denies, matches_glob};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "gatekeeper-not-enforcing",
    group: Group::Admission,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("gatekeeper_not_enforcing.md"),
    check: Check::Set(check),
};

const TEMPLATE: GroupKind<'static> = GroupKind::new("templates.gatekeeper.sh", "ConstraintTemplate");
const CONFIG: GroupKind<'static> = GroupKind::new("config.gatekeeper.sh", "Config");

fn check(context: &Context<'_>, out: &mut Findings) {
    let templates: Vec<&str> = context
        .inventory
        .of_kind(TEMPLATE)
        .filter_map(|one| one.field(&["spec", "crd", "spec", "names", "kind"])?.scalar_text())
        .collect();
    for (kind, ids) in context.inventory.kinds() {
        if kind.group != "constraints.gatekeeper.sh" {
            continue;
        }
        for &id in ids {
            let object = context.inventory.object(id);
            let out = out.on(id);
            action(object, out);
            excluded(object, context, out);
            if !templates.contains(&kind.kind) {
                template(object, context, out);
            }
        }
    }
    for config in context.inventory.of_kind(CONFIG) {
        exempt(config, out.on(config.id()));
    }
}

fn title(object: Object<'_>) -> String {
    format!("constraint {} {}", object.kind(), object.name())
}

fn action(constraint: Object<'_>, out: &mut Findings) {
    let path = at(&["spec", "enforcementAction"]);
    let said = constraint.field(&["spec", "enforcementAction"]);
    if said.is_some_and(|said| said.scalar_text().is_none()) {
        out.unknown(path, format!("the enforcement action of {} cannot be read", title(constraint)));
    } else if !gatekeeper_denies(constraint) {
        let said = said.and_then(Node::scalar_text).unwrap_or("");
        let what = format!("{} only reports what breaks it (enforcementAction {said})", title(constraint));
        let draft = out.fail(path.clone(), what);
        // A scoped one lists its points of enforcement on purpose.
        if said != "scoped" {
            draft.fix(Fix::review("refuse what breaks it", [Edit::set(path, "deny")]));
        }
    }
}

/// Excluded namespaces may leave none with workloads.
fn excluded(constraint: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    let Some(list) =
        constraint.field(&["spec", "match", "excludedNamespaces"]).filter(|list| !list.is_empty())
    else {
        return;
    };
    let takes =
        |name: &str| list.items().filter_map(Node::scalar_text).any(|pattern| matches_glob(pattern, name));
    let mut inhabited = context
        .inventory
        .of_kind(NAMESPACE)
        .map(Object::name)
        .filter(|name| !is_system(name) && !context.namespaces().of(name).workloads.is_empty())
        .peekable();
    let all = inhabited.peek().is_some() && inhabited.all(takes);
    if all || list.items().any(|item| item.scalar_text() == Some("*")) {
        let what = format!("{} excludes every namespace with workloads", title(constraint));
        out.fail(at(&["spec", "match", "excludedNamespaces"]), what).class("excluded");
    }
}

fn template(constraint: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    match context.inventory.coverage().gap(TEMPLATE, None) {
        Some(gap) => {
            let what = format!("the template of {} was not read: {gap}", title(constraint));
            out.unknown(at(&["kind"]), what).class("template");
        }
        None => {
            let what = format!("{} has no template, so nothing evaluates it", title(constraint));
            out.fail(at(&["kind"]), what).class("template");
        }
    }
}

/// Namespaces that Gatekeeper's configuration leaves out altogether.
fn exempt(config: Object<'_>, out: &mut Findings) {
    for (index, one) in config.field(&["spec", "match"]).into_iter().flat_map(Node::items).enumerate() {
        let items =
            |field: &str| one.field(field).into_iter().flat_map(Node::items).filter_map(Node::scalar_text);
        if !items("processes").any(|process| matches!(process, "*" | "webhook")) {
            continue;
        }
        for (at_name, name) in items("excludedNamespaces").enumerate() {
            if !matches!(name, "kube-system" | "gatekeeper-system") && Some(name) != config.namespace() {
                let path = at(&["spec", "match"]).index(index).key("excludedNamespaces").index(at_name);
                out.fail(path, format!("Gatekeeper checks nothing in namespace {name}")).class("exempt");
            }
        }
    }
}
