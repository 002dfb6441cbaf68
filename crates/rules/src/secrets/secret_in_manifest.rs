use rampart_document::{FieldPath, Kind, Limits, Node, Source, parse_json};
use rampart_model::{GroupKind, Object, Origin};
use rampart_report::Severity;

use super::credential::{base64_text, is_certificate, is_placeholder};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "secret-in-manifest",
    group: Group::Secrets,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("secret_in_manifest.md"),
    check: Check::Object(&[GroupKind::core("Secret")], check),
};

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

fn check(object: Object<'_>, _context: &Context<'_>, out: &mut Findings) {
    let encrypted = object.node().get("sops").is_some_and(|sops| !sops.is_null());
    if *object.origin() == Origin::File && !encrypted {
        let keys: Vec<(&str, &str)> =
            ["data", "stringData"].into_iter().flat_map(|field| plain_keys(object, field)).collect();
        if let [(field, first), ..] = keys[..] {
            let names: Vec<&str> = keys.iter().map(|(_, key)| *key).take(3).collect();
            let more = if keys.len() > 3 { ", …" } else { "" };
            let keys_word = if keys.len() == 1 { "key" } else { "keys" };
            let what = format!("the manifest holds {keys_word} {}{more} in plain text", quoted(&names));
            out.fail(FieldPath::root().key(field).key(first), what).sensitive();
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
