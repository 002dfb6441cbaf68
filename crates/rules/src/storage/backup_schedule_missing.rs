use rampart_document::Node;
use rampart_model::Object;
use rampart_report::Severity;

use super::backups::KINDS;
use crate::index::{NAMESPACE, Named, is_system};
use crate::shared::coverage::gap_of;
use crate::shared::paths::at;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "backup-schedule-missing",
    group: Group::Storage,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("backup_schedule_missing.md"),
    check: Check::Object(&[NAMESPACE, Named::Claim.kind()], check),
};

fn check(object: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    if object.group_kind() == NAMESPACE {
        namespace(object, object.name(), context, out);
    } else if let Some(name) = object.effective_namespace() {
        claim(object, name, context, out);
    }
}

/// True for objects that say that their backup is somewhere else.
fn is_elsewhere(object: Object<'_>, context: &Context<'_>) -> bool {
    let key = &context.settings.backup_annotation;
    !key.is_empty() && object.annotations().get(key).is_some()
}

/// Reports a namespace without any schedule at `object`: the Namespace, or its first claim.
fn namespace(object: Object<'_>, name: &str, context: &Context<'_>, out: &mut Findings) {
    let residents = context.namespaces().of(name);
    let makes_claims = residents.workloads.iter().any(|&id| {
        let set = context.inventory.object(id);
        set.kind() == "StatefulSet"
            && set.field(&["spec", "volumeClaimTemplates"]).is_some_and(|list: Node<'_>| !list.is_empty())
    });
    let important = context.settings.important_namespaces.iter().any(|own| own == name);
    let holds = !residents.claims.is_empty() || makes_claims;
    if is_system(name) || !(holds || important) || is_elsewhere(object, context) {
        return;
    }
    if context.backups().cover(context, name, &residents.claims) {
        return;
    }
    let why = if holds { "has persistent volumes" } else { "is important" };
    let path = at(&["metadata", "name"]);
    match gap_of(context, &KINDS, Some(name)) {
        Some(gap) => {
            let what = format!("namespace {name} {why} and no schedule that was read backs it up: {gap}");
            out.unknown(path, what)
        }
        None => out.fail(path, format!("namespace {name} {why} and no backup schedule covers it")),
    };
}

fn claim(claim: Object<'_>, namespace: &str, context: &Context<'_>, out: &mut Findings) {
    let place = context.inventory.find(NAMESPACE, None, namespace);
    let residents = context.namespaces().of(namespace);
    let backups = context.backups();
    if !backups.cover(context, namespace, &residents.claims) {
        // Without a Namespace object the first claim stands for it.
        if place.is_none() && residents.claims.first() == Some(&claim.id()) {
            self::namespace(claim, namespace, context, out);
        }
        return;
    }
    let elsewhere = is_elsewhere(claim, context) || place.is_some_and(|place| is_elsewhere(place, context));
    if elsewhere || backups.cover_claim(context, namespace, claim) {
        return;
    }
    let path = at(&["metadata", "name"]);
    match gap_of(context, &KINDS, Some(namespace)) {
        Some(gap) => {
            let what = format!("no schedule that was read backs up claim {}: {gap}", claim.name());
            out.unknown(path, what).class("claim")
        }
        None => {
            let what = format!("claim {} is left out of the backups of namespace {namespace}", claim.name());
            out.fail(path, what).class("claim")
        }
    };
}
