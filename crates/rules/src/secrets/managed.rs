//! Objects that keep Secrets elsewhere, and what they give away themselves: sealed secrets, external secrets and their
//! stores, classes of the Secrets Store CSI driver.

use rampart_document::{FieldPath, Node};
use rampart_model::{GroupKind, Object};
use rampart_report::Severity;

use super::credential::{Credential, base64_text, each_below, is_placeholder};
use crate::Findings;

/// The kinds.
pub(super) const KINDS: [GroupKind<'static>; 7] = [
    GroupKind::new("bitnami.com", "SealedSecret"),
    GroupKind::new("external-secrets.io", "ExternalSecret"),
    GroupKind::new("external-secrets.io", "ClusterExternalSecret"),
    GroupKind::new("external-secrets.io", "SecretStore"),
    GroupKind::new("external-secrets.io", "ClusterSecretStore"),
    GroupKind::new("external-secrets.io", "PushSecret"),
    GroupKind::new("secrets-store.csi.x-k8s.io", "SecretProviderClass"),
];

pub(super) fn check(object: Object<'_>, out: &mut Findings) {
    let spec = FieldPath::root().key("spec");
    match object.kind() {
        "SealedSecret" => {
            not_sealed(object, out);
            plain(object, &["spec", "template", "data"], "the template of the SealedSecret holds", out);
        }
        "ExternalSecret" => {
            let field = ["spec", "target", "template", "data"];
            plain(object, &field, "the template of the ExternalSecret holds", out);
        }
        "ClusterExternalSecret" => {
            let field = ["spec", "externalSecretSpec", "target", "template", "data"];
            plain(object, &field, "the template of the ClusterExternalSecret holds", out);
        }
        "SecretStore" | "ClusterSecretStore" => {
            let provider = object.field(&["spec", "provider"]);
            if let Some(data) =
                provider.and_then(|provider| provider.field("fake")).and_then(|fake| fake.field("data"))
            {
                let path = spec.key("provider").key("fake").key("data");
                if !data.is_empty() {
                    out.fail(path, "the store serves values that it holds itself (fake provider)")
                        .sensitive()
                        .class("store");
                }
            }
            plain(object, &["spec", "provider"], "the store holds", out);
        }
        "SecretProviderClass" => plain(object, &["spec", "parameters"], "the class holds", out),
        _ => {}
    }
}

/// Credentials below a field, where only references to them belong.
fn plain(object: Object<'_>, field: &[&str], whose: &str, out: &mut Findings) {
    let Some(node) = object.field(field) else { return };
    let path = field.iter().fold(FieldPath::root(), |path, key| path.key(key));
    each_below(node, &path, &mut |path, found| {
        // `tokenSecretRef: {name: …, key: token}` names keys of Secrets; the fake provider is told as a whole.
        let text = path.as_str();
        if is_reference(text) || text.contains(".fake.") {
            return;
        }
        let draft = out.fail(path, format!("{whose} {}", found.title())).sensitive().class("inline");
        if found == Credential::Named {
            draft.severity(Severity::Medium);
        }
    });
}

fn is_reference(path: &str) -> bool {
    let parents = path.split('.').rev().skip(1);
    parents.take(2).any(|part| part.ends_with("Ref") || part.ends_with("Selector"))
}

/// What `kubeseal` writes is no text once decoded.
fn not_sealed(object: Object<'_>, out: &mut Findings) {
    let data = object.field(&["spec", "encryptedData"]).and_then(Node::as_map);
    for (key, _, value) in data.into_iter().flat_map(Node::entries) {
        let Some(text) = value.as_str().filter(|text| !text.is_empty() && !is_placeholder(text)) else {
            continue;
        };
        if base64_text(text).is_some_and(|text| !text.is_empty() && !is_placeholder(&text)) {
            let path = FieldPath::root().key("spec").key("encryptedData").key(key);
            out.fail(path, format!("key `{key}` is only base64: it was never sealed"))
                .sensitive()
                .class("inline");
        }
    }
}
