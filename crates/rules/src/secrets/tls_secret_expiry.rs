use rampart_document::{FieldPath, Node};
use rampart_model::{GroupKind, Object};
use rampart_report::Severity;

use crate::index::{Named, Via, of_object};
use crate::shared::certificates::{Certificate, decode, read_all};
use crate::shared::paths::at;
use crate::shared::time::{date, seconds};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "tls-secret-expiry",
    group: Group::Secrets,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("tls_secret_expiry.md"),
    check: Check::Object(&[Named::Secret.kind()], check),
};

const DAY: i64 = 86_400;

fn check(secret: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    if secret.field(&["type"]).and_then(Node::as_str) != Some("kubernetes.io/tls") {
        return;
    }
    let path = place(secret, "tls.crt");
    let encrypted = secret.node().get("sops").is_some_and(|sops| !sops.is_null());
    let Some(pem) = content(secret, "tls.crt").filter(|_| !encrypted) else {
        out.unknown(path, format!("the certificate of Secret {} was not read", secret.name()));
        return;
    };
    let leaf = read_all(&pem).and_then(|all| all.into_iter().next());
    let Some(leaf) = leaf else {
        out.unknown(
            path,
            format!("tls.crt of Secret {} holds no certificate that can be read", secret.name()),
        );
        return;
    };
    expiry(secret, &leaf, context, out);
    if let Some(weakness) = leaf.weakness {
        let what = format!("the certificate of Secret {} has {weakness}", secret.name());
        out.fail(path, what).class("weak").sensitive();
    }
    match content(secret, "tls.key").map(|key| leaf.has_key(&key)) {
        Some(Some(false)) => {
            let what = format!("tls.key of Secret {} does not belong to its certificate", secret.name());
            out.fail(place(secret, "tls.key"), what).class("key").sensitive();
        }
        Some(None) => {
            let what = format!(
                "whether tls.key of Secret {} belongs to its certificate cannot be told",
                secret.name()
            );
            out.unknown(place(secret, "tls.key"), what).class("key").sensitive();
        }
        Some(Some(true)) | None => {}
    }
    hosts(secret, &leaf, context, out);
}

/// The bytes of a key; `None` when it is absent or empty.
fn content(secret: Object<'_>, key: &str) -> Option<Vec<u8>> {
    let text = |field| secret.node().field(field)?.field(key)?.as_str();
    let plain = text("stringData").map(|text| text.as_bytes().to_vec());
    plain.or_else(|| text("data").and_then(decode)).filter(|bytes| !bytes.is_empty())
}

/// Where a key of the Secret stands: what is written as text replaces what is encoded.
fn place(secret: Object<'_>, key: &str) -> FieldPath {
    let plain = secret.node().get("stringData").is_some_and(|data| data.get(key).is_some());
    at(&[if plain { "stringData" } else { "data" }, key])
}

fn expiry(secret: Object<'_>, leaf: &Certificate, context: &Context<'_>, out: &mut Findings) {
    let path = place(secret, "tls.crt");
    let Some(now) = context.now else {
        out.unknown(path, format!("Secret {}: the time is not known in this run", secret.name()));
        return;
    };
    let end = date(leaf.not_after);
    if leaf.not_after < now {
        let what = format!("the certificate of Secret {} ended on {end}", secret.name());
        out.fail(path, what).severity(Severity::High).class("expired").sensitive();
    } else if leaf.not_after - now < context.settings.certificate_days * DAY {
        let what = format!("the certificate of Secret {} ends on {end}", secret.name());
        let draft = out.fail(path, what).class("expiring").sensitive();
        if renews(secret, now, context) {
            draft.severity(Severity::Info);
        }
    }
}

/// True when cert-manager looks after it and has not missed its time.
fn renews(secret: Object<'_>, now: i64, context: &Context<'_>) -> bool {
    const CERTIFICATE: GroupKind<'static> = GroupKind::new("cert-manager.io", "Certificate");
    let Some(name) = secret.annotations().get("cert-manager.io/certificate-name") else { return false };
    let found = context.inventory.find(CERTIFICATE, secret.effective_namespace(), name);
    found.is_some_and(|certificate| {
        let mut conditions = certificate.field(&["status", "conditions"]).into_iter().flat_map(Node::items);
        let text = |one: Node<'_>, field, want| one.field(field).and_then(Node::scalar_text) == Some(want);
        let ready = conditions.any(|one| text(one, "type", "Ready") && text(one, "status", "True"));
        let renewal =
            certificate.field(&["status", "renewalTime"]).and_then(Node::scalar_text).and_then(seconds);
        ready && renewal.is_some_and(|renewal| renewal >= now)
    })
}

/// The hosts that Ingresses and Gateways serve with it.
fn hosts(secret: Object<'_>, leaf: &Certificate, context: &Context<'_>, out: &mut Findings) {
    let target = (Named::Secret, secret.effective_namespace(), secret.name());
    for &id in context.references().users(target) {
        let user = context.inventory.object(id);
        let mut served: Vec<&str> = Vec::new();
        of_object(user, &mut |reference, path| {
            if reference.target != target || reference.via != Via::Tls {
                return;
            }
            // An Ingress names hosts beside the Secret, a Gateway's listener above it.
            let here = user.at(&path());
            served.extend(
                here.and_then(|tls| tls.get("hosts"))
                    .into_iter()
                    .flat_map(Node::items)
                    .filter_map(Node::scalar_text),
            );
            let listeners = user.field(&["spec", "listeners"]).into_iter().flat_map(Node::items);
            let own = |listener: &Node<'_>| {
                let refs = listener.get("tls").and_then(|tls| tls.get("certificateRefs"));
                refs.into_iter().flat_map(Node::items).any(|one| Some(one.id()) == here.map(Node::id))
            };
            served.extend(listeners.filter(own).filter_map(|one| one.get("hostname")?.scalar_text()));
        });
        if let Some(host) = served.iter().find(|host| !leaf.is_for(host)) {
            let what = format!(
                "the certificate of Secret {} is not for {host}, which {} {} serves with it",
                secret.name(),
                user.kind(),
                user.name()
            );
            let draft = out.fail(place(secret, "tls.crt"), what).class("host");
            draft.sensitive().evidence_in(id, at(&["spec"]), "serves the host");
            return;
        }
    }
}
