use rampart_document::{FieldPath, Node};
use rampart_model::{GroupKind, Object, Selector};
use rampart_report::Severity;

use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "gateway-routes-from-all",
    group: Group::Network,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("gateway_routes_from_all.md"),
    check: Check::Object(KINDS, check),
};

const KINDS: &[GroupKind<'static>] = &[
    GroupKind::new("gateway.networking.k8s.io", "Gateway"),
    GroupKind::new("gateway.networking.k8s.io", "ListenerSet"),
    GroupKind::new("gateway.networking.x-k8s.io", "XListenerSet"),
];

fn check(object: Object<'_>, _context: &Context<'_>, out: &mut Findings) {
    let spec = FieldPath::root().key("spec");
    let listeners = object.field(&["spec", "listeners"]).and_then(Node::as_seq);
    for (index, listener) in listeners.into_iter().flat_map(Node::items).enumerate() {
        let namespaces = listener.field("allowedRoutes").and_then(|routes| routes.field("namespaces"));
        let path = spec.key("listeners").index(index).key("allowedRoutes").key("namespaces");
        let Some((path, how)) = namespaces.and_then(|namespaces| everybody(namespaces, &path)) else {
            continue;
        };
        let text = |key| listener.field(key).and_then(Node::as_str).filter(|text| !text.is_empty());
        let name = text("name").unwrap_or("");
        match text("hostname") {
            Some(host) if !host.starts_with('*') => {
                out.fail(
                    path,
                    format!("listener `{name}` for {host} takes routes from every namespace{how}"),
                )
                .severity(Severity::Low);
            }
            host => {
                let hosts = host.unwrap_or("any host");
                out.fail(
                    path,
                    format!("listener `{name}` for {hosts} takes routes from every namespace{how}"),
                );
            }
        }
    }
    let sets = object.field(&["spec", "allowedListeners", "namespaces"]);
    let path = spec.key("allowedListeners").key("namespaces");
    if let Some((path, how)) = sets.and_then(|namespaces| everybody(namespaces, &path)) {
        out.fail(path, format!("the Gateway takes listeners from every namespace{how}"));
    }
}

/// Where a choice of namespaces is all of them. Unset means the own namespace (for listeners: none).
fn everybody(namespaces: Node<'_>, path: &FieldPath) -> Option<(FieldPath, &'static str)> {
    match namespaces.field("from").and_then(Node::as_str) {
        Some("All") => Some((path.key("from"), "")),
        Some("Selector") => {
            let selector = namespaces.field("selector");
            let all = selector.is_some_and(|node| Selector::label_selector(node).is_empty());
            all.then(|| (path.key("selector"), " (the selector is empty)"))
        }
        _ => None,
    }
}
