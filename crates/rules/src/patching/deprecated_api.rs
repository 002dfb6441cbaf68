use rampart_document::{Edit, FieldPath, Limits, Node, Source, parse_json};
use rampart_model::{Object, Origin};
use rampart_report::{Fix, Severity};
use rampart_schema::{Schema, validate_as};

use super::lifecycle::{State, state};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "deprecated-api",
    group: Group::Patching,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("deprecated_api.md"),
    check: Check::Set(check),
};

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

fn check(context: &Context<'_>, out: &mut Findings) {
    for object in context.inventory.objects() {
        if matches!(object.origin(), Origin::Cluster { .. } | Origin::Etcd { .. }) {
            stored(context, object, out);
            continue;
        }
        let Some((state, replacement)) = state(object.api_version(), object.kind(), context.version) else {
            continue;
        };
        let out = out.on(object.id());
        let Some((what, severity, class)) = told(context, object, object.api_version(), state, replacement)
        else {
            continue;
        };
        let draft = out.fail(FieldPath::root().key("apiVersion"), what);
        draft.severity(severity).class(class);
        if let Some(fix) = replacement.and_then(|version| bumped(context, object, version)) {
            draft.fix(fix);
        }
    }
}

fn told(
    context: &Context<'_>,
    object: Object<'_>,
    api_version: &str,
    state: State,
    replacement: Option<&str>,
) -> Option<(String, Severity, &'static str)> {
    let kind = object.kind();
    let instead = replacement.map_or_else(String::new, |version| format!("; use {version}"));
    let version = context.version;
    match state {
        State::Removed(minor) => {
            let what =
                format!("{api_version} {kind} is not served by {version}: removed in 1.{minor}{instead}");
            Some((what, Severity::High, "removed"))
        }
        State::Deprecated(since, planned) => {
            let until = planned.map_or_else(String::new, |minor| format!(", removed in 1.{minor}"));
            let what = format!("{api_version} {kind} is deprecated since 1.{since}{until}{instead}");
            Some((what, Severity::Low, "deprecated"))
        }
        State::Current => None,
    }
}

/// The API server converts what it stores, so the version it answers with says nothing. What clients last sent does.
fn stored(context: &Context<'_>, object: Object<'_>, out: &mut Findings) {
    if state(object.api_version(), object.kind(), context.version).is_none() {
        return;
    }
    let out = out.on(object.id());
    let mut tell = |api_version: &str, path: FieldPath, who: &str| {
        let Some((state, replacement)) = state(api_version, object.kind(), context.version) else { return };
        if let Some((what, severity, class)) = told(context, object, api_version, state, replacement) {
            out.fail(path, format!("{who} sends {what}")).severity(severity).class(class);
        }
    };
    let metadata = FieldPath::root().key("metadata");
    if let Some(text) = object.annotations().get(LAST_APPLIED) {
        let parsed = parse_json(&Source::new(LAST_APPLIED, text), &Limits::default());
        let root = parsed.tree.documents().next();
        if let Some(version) = root.and_then(|root| root.get("apiVersion")).and_then(Node::scalar_text) {
            tell(version, metadata.key("annotations").key(LAST_APPLIED), "kubectl apply");
        }
    }
    let managed = object.field(&["metadata", "managedFields"]).into_iter().flat_map(Node::items);
    for (index, entry) in managed.enumerate() {
        let text = |key| entry.get(key).and_then(Node::scalar_text).unwrap_or("");
        let path = metadata.key("managedFields").index(index).key("apiVersion");
        tell(text("apiVersion"), path, text("manager"));
    }
}

/// The new version in place of the old one, when it has every field that the object uses.
fn bumped(context: &Context<'_>, object: Object<'_>, version: &'static str) -> Option<Fix> {
    let schema = Schema::for_version(context.version);
    let info = schema.kind(version, object.kind()).filter(|info| info.served)?;
    if !validate_as(object.node(), schema, &info).is_empty() {
        return None;
    }
    let edits = [Edit::set(FieldPath::root().key("apiVersion"), version)];
    let title = format!("use {version}");
    Some(if means_the_same(object) { Fix::safe(title, edits) } else { Fix::review(title, edits) })
}

/// True when the same fields mean the same in the old and the new version, defaults included.
fn means_the_same(object: Object<'_>) -> bool {
    let group = object.api_version().split_once('/').map_or("", |(group, _)| group);
    match (group, object.api_version(), object.kind()) {
        // An empty selector selected nothing and now selects everything.
        ("policy", _, "PodDisruptionBudget") => {
            object.field(&["spec", "selector"]).is_some_and(|selector| !selector.is_empty())
        }
        ("batch" | "rbac.authorization.k8s.io" | "scheduling.k8s.io" | "storage.k8s.io", ..)
        | ("coordination.k8s.io" | "node.k8s.io", ..)
        | (_, "autoscaling/v2beta2" | "apps/v1beta2", _)
        | ("networking.k8s.io", _, "IngressClass" | "IPAddress" | "ServiceCIDR")
        | ("extensions", _, "NetworkPolicy") => true,
        // Elsewhere defaults changed with the version (selectors, failure policies, update strategies).
        _ => false,
    }
}
