use rampart_document::{FieldPath, Kind, Limits, Node, Source, parse_json};
use rampart_model::{GroupKind, HELM_VALUES, KUBECONFIG, Object, Origin, SOPS_FILE};
use rampart_report::Severity;

use super::credential::{
    Credential, LAST_APPLIED, base64_text, in_annotation, is_certificate, is_placeholder,
};
use super::{managed, side_documents};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "secret-in-manifest",
    group: Group::Secrets,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("secret_in_manifest.md"),
    check: Check::Object(KINDS, check),
};

/// Secrets, what stands for them, files that hold credentials, and objects whose annotations configure others.
const KINDS: &[GroupKind<'static>] = &[
    GroupKind::core("Secret"),
    HELM_VALUES,
    KUBECONFIG,
    SOPS_FILE,
    managed::KINDS[0],
    managed::KINDS[1],
    managed::KINDS[2],
    managed::KINDS[3],
    managed::KINDS[4],
    managed::KINDS[5],
    managed::KINDS[6],
    GroupKind::core("ConfigMap"),
    GroupKind::core("Namespace"),
    GroupKind::core("Service"),
    GroupKind::core("ServiceAccount"),
    GroupKind::new("apps", "DaemonSet"),
    GroupKind::new("apps", "Deployment"),
    GroupKind::new("apps", "StatefulSet"),
    GroupKind::new("batch", "CronJob"),
    GroupKind::new("batch", "Job"),
    GroupKind::new("gateway.networking.k8s.io", "Gateway"),
    GroupKind::new("networking.k8s.io", "Ingress"),
];

fn check(object: Object<'_>, _context: &Context<'_>, out: &mut Findings) {
    match object.group_kind() {
        KUBECONFIG => return side_documents::kubeconfig(object, out),
        HELM_VALUES => return side_documents::values(object, out),
        SOPS_FILE => return side_documents::sops(object, out),
        kind if managed::KINDS.contains(&kind) => managed::check(object, out),
        GroupKind { group: "", kind: "Secret" } => secret(object, out),
        _ => {}
    }
    for (key, value) in object.annotations().iter() {
        if let Some(found) = in_annotation(key, value) {
            let path = FieldPath::root().key("metadata").key("annotations").key(key);
            let draft = out.fail(path, format!("annotation `{key}` holds {}", found.title())).sensitive();
            draft.class("annotation");
            if found == Credential::Named {
                draft.severity(Severity::Medium);
            }
        }
    }
}

fn secret(object: Object<'_>, out: &mut Findings) {
    let sops = object.node().get("sops").filter(|sops| !sops.is_null());
    // SOPS leaves a checksum; without one the key is no proof of what was left readable.
    let checked = sops.is_some_and(|sops| sops.get("mac").is_some());
    if *object.origin() == Origin::File && (sops.is_none() || checked) {
        let keys: Vec<(&str, &str)> =
            ["data", "stringData"].into_iter().flat_map(|field| plain_keys(object, field)).collect();
        if let [(field, first), ..] = keys[..] {
            let names: Vec<&str> = keys.iter().map(|(_, key)| *key).take(3).collect();
            let more = if keys.len() > 3 { ", …" } else { "" };
            let keys_word = if keys.len() == 1 { "key" } else { "keys" };
            let names = quoted(&names);
            let path = FieldPath::root().key(field).key(first);
            if checked {
                let cause = side_documents::gap(object);
                let are = if keys.len() == 1 { "is" } else { "are" };
                let what = format!(
                    "the file is encrypted with SOPS, and {keys_word} {names}{more} {are} still in plain text{cause}"
                );
                out.fail(path, what).sensitive().class("sops");
            } else {
                let what = format!("the manifest holds {keys_word} {names}{more} in plain text");
                out.fail(path, what).sensitive();
            }
        }
    }
    if object.annotations().get(LAST_APPLIED).is_some_and(holds_data) {
        let path = FieldPath::root().key("metadata").key("annotations").key(LAST_APPLIED);
        out.fail(path, "the annotation of kubectl apply repeats the Secret's data")
            .sensitive()
            .severity(Severity::Low)
            .class("last-applied");
    }
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The keys of `data` or `stringData` whose values are there for all to read.
fn plain_keys<'a>(object: Object<'a>, field: &'static str) -> impl Iterator<Item = (&'static str, &'a str)> {
    let entries = object.node().field(field).and_then(Node::as_map).into_iter().flat_map(Node::entries);
    entries.filter_map(move |(key, _, value)| {
        let text = value.as_str()?;
        let decoded = if field == "data" { base64_text(text) } else { None };
        let shown = decoded.as_deref().unwrap_or(text);
        let plain = !text.trim().is_empty()
            && !is_placeholder(text)
            && !is_placeholder(shown)
            && !is_certificate(shown);
        plain.then_some((field, key))
    })
}

fn holds_data(annotation: &str) -> bool {
    let parsed = parse_json(&Source::new("annotation", annotation), &Limits::default());
    parsed.tree.documents().any(|root| {
        ["data", "stringData"]
            .iter()
            .any(|field| root.get(field).is_some_and(|data| data.kind() == Kind::Map && !data.is_empty()))
    })
}
