use rampart_document::{FieldPath, Node};
use rampart_model::{GroupKind, Object};
use rampart_report::Severity;

use crate::shared::backends::{INGRESS, ROUTES, parents};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "ingress-no-tls",
    group: Group::Network,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("ingress_no_tls.md"),
    check: Check::Object(&[INGRESS, GATEWAY], check),
};

const GATEWAY: GroupKind<'static> = GroupKind::new("gateway.networking.k8s.io", "Gateway");

/// Annotations with which a provider ends TLS in front of the cluster.
const ELSEWHERE: [&str; 6] = [
    "alb.ingress.kubernetes.io/certificate-arn",
    "networking.gke.io/managed-certificates",
    "networking.gke.io/certmap",
    "ingress.gcp.kubernetes.io/pre-shared-cert",
    "appgw.ingress.kubernetes.io/appgw-ssl-certificate",
    "service.beta.kubernetes.io/aws-load-balancer-ssl-cert",
];

fn check(object: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    if object.kind() == "Gateway" { gateway(object, context, out) } else { ingress(object, out) }
}

fn items<'a>(node: Option<Node<'a>>, key: &str) -> impl Iterator<Item = Node<'a>> + use<'a> {
    node.and_then(|node| node.field(key)).and_then(Node::as_seq).into_iter().flat_map(Node::items)
}

fn ingress(object: Object<'_>, out: &mut Findings) {
    let spec = FieldPath::root().key("spec");
    let mut open: Vec<(FieldPath, String)> = Vec::new();
    let tls: Vec<Node<'_>> = items(object.spec(), "tls").collect();
    if tls.is_empty() {
        open.push((spec.key("tls"), "the Ingress serves plain HTTP: it has no tls".to_owned()));
    }
    // An entry without hosts is the default certificate.
    let default = tls.iter().any(|entry| entry.field("hosts").is_none_or(Node::is_empty));
    let hosts: Vec<&str> =
        tls.iter().flat_map(|entry| items(Some(*entry), "hosts")).filter_map(Node::as_str).collect();
    for (index, rule) in items(object.spec(), "rules").enumerate() {
        let host = rule.field("host").and_then(Node::as_str).unwrap_or("");
        let named = !tls.is_empty() && !default && !host.is_empty();
        if named && !hosts.iter().any(|pattern| covers(pattern, host)) {
            let place = spec.key("rules").index(index).key("host");
            open.push((place, format!("host {host} is not covered by tls")));
        }
    }
    let elsewhere =
        ELSEWHERE.iter().find(|key| object.annotations().get(key).is_some_and(|value| !value.is_empty()));
    for (path, what) in open {
        let draft = out.fail(path, what);
        if let Some(key) = elsewhere {
            let place = FieldPath::root().key("metadata").key("annotations").key(key);
            draft
                .severity(Severity::Info)
                .class("elsewhere")
                .evidence(place, "ends TLS in front of the cluster");
        }
    }
}

/// True when a certificate for `pattern` serves `host`: equal, or a wildcard for one label.
fn covers(pattern: &str, host: &str) -> bool {
    let (pattern, host) = (pattern.to_ascii_lowercase(), host.to_ascii_lowercase());
    pattern == host
        || pattern.strip_prefix("*.").is_some_and(|domain| {
            host.split_once('.')
                .is_some_and(|(label, rest)| !label.is_empty() && label != "*" && rest == domain)
        })
}

fn gateway(object: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    for (index, listener) in items(object.spec(), "listeners").enumerate() {
        let path = FieldPath::root().key("spec").key("listeners").index(index);
        let text = |key| listener.field(key).and_then(Node::as_str);
        let name = text("name").unwrap_or("");
        match text("protocol") {
            Some("HTTP") => plain(object, listener, &path, context, out),
            Some("HTTPS" | "TLS") => {
                let tls = listener.field("tls");
                let field = |key| tls.and_then(|tls| tls.field(key));
                let ends = field("mode").and_then(Node::as_str).unwrap_or("Terminate") == "Terminate";
                let bare = field("certificateRefs").is_none_or(Node::is_empty)
                    && field("options").is_none_or(Node::is_empty);
                if ends && bare {
                    let what = format!("listener `{name}` ends TLS without a certificate");
                    out.fail(path.key("tls").key("certificateRefs"), what).class("no-certificate");
                }
            }
            _ => {}
        }
    }
}

/// A listener for HTTP: fine when it only redirects to HTTPS.
fn plain(
    object: Object<'_>,
    listener: Node<'_>,
    path: &FieldPath,
    context: &Context<'_>,
    out: &mut Findings,
) {
    let name = listener.field("name").and_then(Node::as_str).unwrap_or("");
    let port = listener.field("port").and_then(Node::as_i64);
    let inventory = context.inventory;
    let attached = |route: &Object<'_>| {
        parents(*route).any(|parent| {
            parent.kind == GATEWAY
                && Some(parent.namespace) == object.effective_namespace()
                && parent.name == object.name()
                && parent.section.is_none_or(|section| section == name)
                && parent.port.is_none_or(|wanted| Some(wanted) == port)
        })
    };
    let routes: Vec<Object<'_>> = inventory.of_kind(ROUTES[0]).filter(attached).collect();
    let serving = routes.iter().find(|route| !redirects(**route));
    let place = path.key("protocol");
    if let Some(route) = serving {
        let what = format!("listener `{name}` serves plain HTTP ({route})");
        out.fail(place, what).evidence_in(
            route.id(),
            FieldPath::root().key("spec").key("rules"),
            "is served without TLS",
        );
    } else if routes.is_empty() && !inventory.coverage().is_full(ROUTES[0], None) {
        let what = format!("listener `{name}` takes plain HTTP; its routes were not read");
        out.fail(place, what).severity(Severity::Info).class("routes-unread");
    }
}

/// True when every rule of the route redirects to https.
fn redirects(route: Object<'_>) -> bool {
    let mut rules = items(route.spec(), "rules").peekable();
    rules.peek().is_some()
        && rules.all(|rule| {
            items(Some(rule), "filters").any(|filter| {
                filter.field("type").and_then(Node::as_str) == Some("RequestRedirect")
                    && filter
                        .field("requestRedirect")
                        .and_then(|redirect| redirect.field("scheme"))
                        .and_then(Node::as_str)
                        == Some("https")
            })
        })
}
