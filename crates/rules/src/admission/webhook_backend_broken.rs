use rampart_document::{FieldPath, Node};
use rampart_model::{GroupKind, Object};
use rampart_report::Severity;

use super::webhooks::{KINDS, Webhook, webhooks};
use crate::index::{Found, Named};
use crate::shared::certificates::{decode, read_all};
use crate::shared::time::date;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "webhook-backend-broken",
    group: Group::Admission,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("webhook_backend_broken.md"),
    check: Check::Object(&KINDS, check),
};

const DAY: i64 = 86_400;
const SLICE: GroupKind<'static> = GroupKind::new("discovery.k8s.io", "EndpointSlice");

fn check(object: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    for webhook in webhooks(object) {
        let Some(client) = webhook.node.field("clientConfig") else { continue };
        let after = if webhook.fails_open() { "the check is silently off" } else { "requests are refused" };
        let root = webhook.path("clientConfig");
        bundle(&webhook, client, &root, after, context, out);
        if let Some(service) = client.field("service") {
            backend(&webhook, service, &root.key("service"), after, context, out);
        }
        if let Some(url) = client.field("url").and_then(Node::as_str).filter(|url| leaves(url)) {
            let what =
                format!("{} sends all it is asked about out of the cluster, to {url}", webhook.title());
            out.fail(root.key("url"), what).severity(Severity::Medium).class("url");
        }
    }
}

/// True when something writes the CA into the configuration once it is applied.
fn is_injected(object: Object<'_>) -> bool {
    object.annotations().iter().any(|(key, _)| {
        key.starts_with("cert-manager.io/inject-")
            || key == "service.beta.openshift.io/inject-cabundle"
            || key == "certmanager.k8s.io/inject-ca-from"
    })
}

fn bundle(
    webhook: &Webhook<'_>,
    client: Node<'_>,
    root: &FieldPath,
    after: &str,
    context: &Context<'_>,
    out: &mut Findings,
) {
    let title = webhook.title();
    let path = root.key("caBundle");
    let text = match client.field("caBundle").map(Node::as_str) {
        Some(None) => return,
        Some(Some(text)) => text,
        None => "",
    };
    let pem = decode(text);
    // Charts write a line break where something fills the CA in later.
    if pem.as_deref().is_some_and(|pem| pem.iter().all(u8::is_ascii_whitespace)) {
        if !is_injected(webhook.object) {
            let what =
                format!("{title} has no caBundle: only certificates that the system trusts are accepted");
            out.fail(path, what).severity(Severity::Low).class("no-bundle");
        }
        return;
    }
    let Some(all) = pem.and_then(|pem| read_all(&pem)) else {
        out.fail(path, format!("the caBundle of {title} holds no certificate that can be read: {after}"));
        return;
    };
    let Some(now) = context.now else {
        out.unknown(path, format!("{title}: the time is not known in this run"));
        return;
    };
    // One certificate that is still good is enough.
    let Some(last) = all.iter().map(|one| one.not_after).max() else { return };
    let end = date(last);
    if last < now {
        out.fail(path, format!("the caBundle of {title} ended on {end}: {after}")).class("expired");
    } else if last - now < context.settings.certificate_days * DAY {
        out.fail(path, format!("the caBundle of {title} ends on {end}; then {after}")).class("expiring");
    }
}

fn backend(
    webhook: &Webhook<'_>,
    service: Node<'_>,
    path: &FieldPath,
    after: &str,
    context: &Context<'_>,
    out: &mut Findings,
) {
    let text = |field| service.field(field).and_then(Node::as_str);
    let (Some(namespace), Some(name)) = (text("namespace"), text("name")) else { return };
    let title = webhook.title();
    let path = path.key("name");
    match context.look_up((Named::Service, Some(namespace), name)) {
        Found::Missing | Found::Made => {
            let what = format!("Service {namespace}/{name} of {title} does not exist: {after}");
            out.fail(path, what).class("service");
        }
        Found::NotRead(gap) => {
            out.unknown(path, format!("Service {namespace}/{name} cannot be looked up: {gap}"))
                .class("service");
        }
        Found::Here(found) => {
            let live = !found.is_from_files() && context.inventory.coverage().is_full(SLICE, Some(namespace));
            if live && !is_ready(namespace, name, context) {
                let what = format!("Service {namespace}/{name} of {title} has no ready endpoint: {after}");
                out.fail(path, what).class("endpoints");
            }
        }
    }
}

fn is_ready(namespace: &str, service: &str, context: &Context<'_>) -> bool {
    let slices = context.inventory.of_kind(SLICE).filter(|slice| {
        slice.effective_namespace() == Some(namespace)
            && slice.labels().get("kubernetes.io/service-name") == Some(service)
    });
    let mut endpoints =
        slices.flat_map(|slice| slice.field(&["endpoints"]).into_iter().flat_map(Node::items));
    // Unset means ready.
    endpoints.any(|one| {
        let ready = one.field("conditions").and_then(|conditions| conditions.field("ready"));
        ready.and_then(Node::as_bool) != Some(false)
    })
}

/// True for hosts outside of the cluster and of the node.
fn leaves(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?']).next().unwrap_or(rest);
    let host = match authority.strip_prefix('[') {
        Some(six) => six.split(']').next().unwrap_or(six),
        None => authority.split(':').next().unwrap_or(authority),
    };
    let inside = host.ends_with(".svc") || host.contains(".svc.") || host.ends_with(".cluster.local");
    !(inside || host == "localhost" || host.starts_with("127.") || host == "::1")
}
