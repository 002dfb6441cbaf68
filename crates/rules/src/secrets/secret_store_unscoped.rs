use rampart_document::{FieldPath, Node};
use rampart_model::{GroupKind, Object};
use rampart_report::Severity;

use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "secret-store-unscoped",
    group: Group::Secrets,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("secret_store_unscoped.md"),
    check: Check::Object(KINDS, check),
};

const KINDS: &[GroupKind<'static>] = &[
    GroupKind::new("external-secrets.io", "ClusterSecretStore"),
    GroupKind::new("external-secrets.io", "ClusterExternalSecret"),
    GroupKind::new("bitnami.com", "SealedSecret"),
    GroupKind::new("secrets-store.csi.x-k8s.io", "SecretProviderClass"),
];

const CLUSTER_WIDE: &str = "sealedsecrets.bitnami.com/cluster-wide";

fn check(object: Object<'_>, _context: &Context<'_>, out: &mut Findings) {
    match object.kind() {
        "ClusterSecretStore" => store(object, out),
        "ClusterExternalSecret" => external_secret(object, out),
        "SealedSecret" => sealed_secret(object, out),
        _ => {
            let copies = object.field(&["spec", "secretObjects"]).and_then(Node::as_seq);
            if copies.is_some_and(|list| !list.is_empty()) {
                let what = "the class copies the external secret into Secrets of the cluster (secretObjects)";
                out.fail(spec("secretObjects"), what).severity(Severity::Low).class("copied");
            }
        }
    }
}

fn spec(field: &str) -> FieldPath {
    FieldPath::root().key("spec").key(field)
}

/// External Secrets: without conditions any namespace may use the store; with some, one that holds is enough.
fn store(object: Object<'_>, out: &mut Findings) {
    let conditions = object.field(&["spec", "conditions"]).and_then(Node::as_seq);
    let Some(list) = conditions.filter(|list| !list.is_empty()) else {
        out.fail(spec("conditions"), "the store has no conditions: any namespace may use it");
        return;
    };
    for (index, condition) in list.items().enumerate() {
        let path = spec("conditions").index(index);
        let everything = |pattern: &str| matches!(pattern, ".*" | "^.*$" | ".+" | "^.+$" | "^" | "");
        if condition.field("namespaceSelector").is_some_and(selects_all) {
            out.fail(
                path.key("namespaceSelector"),
                "an empty namespaceSelector lets any namespace use the store",
            );
        }
        let patterns = condition.field("namespaceRegexes").into_iter().flat_map(Node::items).enumerate();
        for (at, pattern) in patterns {
            if pattern.as_str().is_some_and(everything) {
                let path = path.key("namespaceRegexes").index(at);
                out.fail(path, "this pattern lets any namespace use the store");
            }
        }
    }
}

fn selects_all(selector: Node<'_>) -> bool {
    ["matchLabels", "matchExpressions"].iter().all(|part| selector.field(part).is_none_or(Node::is_empty))
}

fn external_secret(object: Object<'_>, out: &mut Findings) {
    let what = "an empty selector creates the secret in every namespace";
    if object.field(&["spec", "namespaceSelector"]).is_some_and(selects_all) {
        out.fail(spec("namespaceSelector"), what);
    }
    let selectors = object.field(&["spec", "namespaceSelectors"]).and_then(Node::as_seq);
    for (index, selector) in selectors.into_iter().flat_map(Node::items).enumerate() {
        if selects_all(selector) {
            out.fail(spec("namespaceSelectors").index(index), what);
        }
    }
}

fn sealed_secret(object: Object<'_>, out: &mut Findings) {
    let template = FieldPath::root().key("spec").key("template").key("metadata");
    for (metadata, path) in [
        (object.metadata(), FieldPath::root().key("metadata")),
        (object.field(&["spec", "template", "metadata"]), template),
    ] {
        let annotations = metadata.and_then(|node| node.field("annotations"));
        let value = annotations.and_then(|node| node.field(CLUSTER_WIDE)).and_then(Node::scalar_text);
        if value == Some("true") {
            let what =
                "the SealedSecret is cluster-wide: it can be unsealed in any namespace, under any name";
            out.fail(path.key("annotations").key(CLUSTER_WIDE), what);
        }
    }
}
