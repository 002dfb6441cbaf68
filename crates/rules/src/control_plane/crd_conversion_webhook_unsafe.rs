use rampart_document::{FieldPath, Node};
use rampart_model::{GroupKind, Object};
use rampart_report::Severity;

use crate::shared::certificates::{decode, read_all};
use crate::shared::urls::{host, is_loopback};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "crd-conversion-webhook-unsafe",
    group: Group::ControlPlane,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("crd_conversion_webhook_unsafe.md"),
    check: Check::Object(KINDS, check),
};

const KINDS: &[GroupKind<'static>] = &[GroupKind::new("apiextensions.k8s.io", "CustomResourceDefinition")];
const SOON: i64 = 30 * 86_400;

fn check(object: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    let Some(conversion) = object.field(&["spec", "conversion"]) else { return };
    if conversion.field("strategy").and_then(Node::as_str) != Some("Webhook") {
        return;
    }
    let webhook = FieldPath::root().key("spec").key("conversion").key("webhook");
    let node = conversion.field("webhook");
    let client = node.and_then(|webhook| webhook.field("clientConfig"));
    let at = webhook.key("clientConfig");
    if let Some(url) = client.and_then(|client| client.field("url")).and_then(Node::as_str)
        && !stays_inside(url)
    {
        let what = format!("objects are sent to {url} outside the cluster for conversion");
        out.fail(at.key("url"), what).class("outside");
    }
    if let Some(service) = client.and_then(|client| client.field("service")) {
        receiver(context, service, at.key("service"), out);
    }
    bundle(object, client, at.key("caBundle"), context.now, out);
    if let Some(versions) = node.and_then(|webhook| webhook.field("conversionReviewVersions"))
        && !versions.items().any(|version| version.scalar_text() == Some("v1"))
    {
        let what = "conversionReviewVersions lacks v1, the only one that the API server still sends";
        out.fail(webhook.key("conversionReviewVersions"), what).class("versions");
    }
}

fn stays_inside(url: &str) -> bool {
    let host = host(url.split_once("://").map_or(url, |(_, rest)| rest));
    host.ends_with(".svc") || host.ends_with(".svc.cluster.local") || is_loopback(host)
}

fn receiver(context: &Context<'_>, service: Node<'_>, at: FieldPath, out: &mut Findings) {
    let text = |key| service.field(key).and_then(Node::as_str);
    let (Some(namespace), Some(name)) = (text("namespace"), text("name")) else { return };
    let kind = GroupKind::core("Service");
    if context.inventory.find(kind, Some(namespace), name).is_some() {
        return;
    }
    let what = format!("Service {namespace}/{name}, which converts its objects, ");
    if context.inventory.coverage().is_full(kind, Some(namespace)) {
        out.fail(at, what + "does not exist: no object of this kind can be read").class("service");
    } else {
        out.unknown(at, what + "was not in the input").class("service");
    }
}

/// The bundle must verify the webhook; cert-manager's injector writes it where an annotation asks for it.
fn bundle(object: Object<'_>, client: Option<Node<'_>>, at: FieldPath, now: Option<i64>, out: &mut Findings) {
    let injected = object.annotations().iter().any(|(key, _)| key.starts_with("cert-manager.io/inject-"));
    let written = client.and_then(|client| client.field("caBundle"));
    let Some(text) = written.and_then(Node::as_str).filter(|text| !text.is_empty()) else {
        if written.is_none() && !injected {
            out.fail(at, "the conversion webhook has no caBundle to verify it with").class("bundle");
        }
        return;
    };
    // `Cg==`, a line feed, stands for a bundle that is injected later.
    if injected && text == "Cg==" {
        return;
    }
    // As long as one certificate is valid, whoever has it is trusted.
    let all = decode(text).and_then(|pem| read_all(&pem));
    let last = all.and_then(|all| all.iter().map(|one| one.not_after).max());
    match (last, now) {
        (None, _) => {
            out.fail(at, "the caBundle of the conversion webhook holds no certificates").class("bundle");
        }
        (Some(_), None) => {
            out.unknown(at, "the time of evaluation is not known");
        }
        (Some(end), Some(now)) if end <= now => {
            let days = (now - end) / 86_400;
            let what = format!("the caBundle of the conversion webhook expired {days} days ago");
            out.fail(at, what).class("expiry");
        }
        (Some(end), Some(now)) if end - now <= SOON => {
            let days = (end - now) / 86_400;
            let what = format!("the caBundle of the conversion webhook expires in {days} days");
            out.fail(at, what).class("expiry");
        }
        _ => {}
    }
}
