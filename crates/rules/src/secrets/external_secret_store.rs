use rampart_document::{FieldPath, Node};
use rampart_model::{GroupKind, Object};
use rampart_report::Severity;

use crate::index::Named;
use crate::shared::coverage::gap_of;
use crate::shared::paths::at;
use crate::{Check, Context, Findings, Group, Profile, Rule, Workload};

pub(crate) static RULE: Rule = Rule {
    id: "external-secret-store",
    group: Group::Secrets,
    severity: Severity::Info,
    profile: Profile::Inventory,
    doc: include_str!("external_secret_store.md"),
    check: Check::WorkloadAndObject(check_workload, KINDS, check_object),
};

const LIST: &str = "secretStores";
const EXTERNAL: GroupKind<'static> = GroupKind::new("external-secrets.io", "ExternalSecret");
const CLUSTER_EXTERNAL: GroupKind<'static> = GroupKind::new("external-secrets.io", "ClusterExternalSecret");
const STORE: GroupKind<'static> = GroupKind::new("external-secrets.io", "SecretStore");
const CLUSTER_STORE: GroupKind<'static> = GroupKind::new("external-secrets.io", "ClusterSecretStore");
const SEALED: GroupKind<'static> = GroupKind::new("bitnami.com", "SealedSecret");
const SOPS: GroupKind<'static> = GroupKind::new("isindir.github.com", "SopsSecret");

const KINDS: &[GroupKind<'static>] = &[
    Named::Secret.kind(),
    EXTERNAL,
    CLUSTER_EXTERNAL,
    STORE,
    CLUSTER_STORE,
    SEALED,
    Named::ProviderClass.kind(),
    SOPS,
];

/// Kinds whose objects fill Secrets or pods.
const FILLING: [GroupKind<'static>; 5] =
    [EXTERNAL, CLUSTER_EXTERNAL, SEALED, Named::ProviderClass.kind(), SOPS];

const INJECT: &str = "vault.hashicorp.com/agent-inject";
const UNVERIFIED: &str = "vault.hashicorp.com/tls-skip-verify";
const SERVICE: &str = "vault.hashicorp.com/service";

fn check_workload(workload: &Workload<'_>, _context: &Context<'_>, out: &mut Findings) {
    if workload.pod.annotations().get(INJECT) == Some("true") {
        out.fact(
            LIST,
            at(&["metadata", "annotations", INJECT]),
            "the Vault agent injects secrets into the pod",
        );
        let unverified = workload.pod.annotations().get(UNVERIFIED) == Some("true");
        let plain = workload.pod.annotations().get(SERVICE).is_some_and(|url| url.starts_with("http://"));
        for (weak, key, what) in [
            (unverified, UNVERIFIED, "the Vault agent does not verify the certificate of Vault"),
            (plain, SERVICE, "the Vault agent talks to Vault over plain HTTP"),
        ] {
            if weak {
                out.fact(LIST, at(&["metadata", "annotations", key]), what);
            }
        }
    }
}

fn check_object(object: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    let name = object.name();
    let path = at(&["metadata", "name"]);
    match object.kind() {
        "Secret" => secret(object, context, out),
        "ExternalSecret" | "ClusterExternalSecret" => {
            let store = object.field(&["spec", "secretStoreRef", "name"]);
            let store = store
                .or_else(|| object.field(&["spec", "externalSecretSpec", "secretStoreRef", "name"]))
                .and_then(Node::scalar_text)
                .unwrap_or("several stores");
            out.fact(LIST, path, format!("{} `{name}` fills Secrets from {store}", object.kind()));
        }
        "SecretStore" | "ClusterSecretStore" => {
            let provider = object.field(&["spec", "provider"]).and_then(|node| node.entries().next());
            let provider = provider.map_or("an unknown provider", |(key, ..)| key);
            out.fact(LIST, path, format!("{} `{name}` reads from {provider}", object.kind()));
        }
        "SealedSecret" => out.fact(LIST, path, format!("SealedSecret `{name}` is decrypted in the cluster")),
        "SopsSecret" => out.fact(LIST, path, format!("SopsSecret `{name}` is decrypted in the cluster")),
        _ => {
            let provider =
                object.field(&["spec", "provider"]).and_then(Node::scalar_text).unwrap_or("unknown");
            out.fact(
                LIST,
                path,
                format!("SecretProviderClass `{name}` mounts secrets of the provider {provider}"),
            );
        }
    }
}

/// Opaque Secrets that nothing fills: somebody wrote them by hand or from a manifest.
fn secret(object: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    let kind = object.field(&["type"]).map_or(Some("Opaque"), Node::as_str);
    let owned =
        object.metadata().and_then(|node| node.get("ownerReferences")).is_some_and(|list| !list.is_empty());
    let target = (Named::Secret, object.effective_namespace(), object.name());
    if kind != Some("Opaque") || owned || context.makers().makes(target) {
        return;
    }
    let none = FILLING.iter().all(|&kind| context.inventory.of_kind(kind).next().is_none());
    let after = match (none, gap_of(context, &FILLING, None)) {
        (true, None) => ", and no external store is in use",
        _ => "",
    };
    let what = format!("Opaque Secret `{}` is filled by no external store{after}", object.name());
    out.fact(LIST, FieldPath::root().key("metadata").key("name"), what);
}
