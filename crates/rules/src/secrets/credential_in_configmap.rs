use rampart_document::{FieldPath, Node};
use rampart_model::{GroupKind, Object};
use rampart_report::Severity;

use super::credential::{Credential, base64_text, is_certificate, search};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "credential-in-configmap",
    group: Group::Secrets,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("credential_in_configmap.md"),
    check: Check::Object(&[GroupKind::core("ConfigMap")], check),
};

fn check(object: Object<'_>, _context: &Context<'_>, out: &mut Findings) {
    let entries =
        |field| object.node().field(field).and_then(Node::as_map).into_iter().flat_map(Node::entries);
    for (key, _, value) in entries("data") {
        if let Some(text) = value.as_str() {
            look("data", key, text, out);
        }
    }
    for (key, _, value) in entries("binaryData") {
        // What is not text holds no text that could be recognised.
        if let Some(text) = value.as_str().and_then(base64_text) {
            look("binaryData", key, &text, out);
        }
    }
}

fn look(field: &str, key: &str, text: &str, out: &mut Findings) {
    if is_certificate(text) {
        return;
    }
    if let Some(found) = search(key, text) {
        let path = FieldPath::root().key(field).key(key);
        let draft = out.fail(path, format!("key `{key}` holds {}", found.title())).sensitive();
        if found == Credential::Named {
            draft.severity(Severity::Medium).class("name");
        }
    }
}
