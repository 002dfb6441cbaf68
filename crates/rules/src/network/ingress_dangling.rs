use rampart_document::{Edit, FieldPath, Node};
use rampart_model::{GroupKind, IntOrString, Object};
use rampart_report::{Fix, Severity};

use crate::shared::backends::{Backend, INGRESS, ROUTES, backends, has_port, parents, service_ports};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "ingress-dangling",
    group: Group::Network,
    severity: Severity::Low,
    profile: Profile::Default,
    doc: include_str!("ingress_dangling.md"),
    check: Check::Object(KINDS, check),
};

const KINDS: &[GroupKind<'static>] = &[INGRESS, ROUTES[0], ROUTES[1], ROUTES[2], ROUTES[3], ROUTES[4]];
const SERVICE: GroupKind<'static> = GroupKind::core("Service");
const GRANT: GroupKind<'static> = GroupKind::new("gateway.networking.k8s.io", "ReferenceGrant");

fn check(object: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    let own = object.effective_namespace().unwrap_or_default();
    for backend in backends(object) {
        let foreign = backend.namespace != own;
        if foreign && !granted(object, &backend, context, out) {
            continue;
        }
        let title = format!("Service {}/{}", backend.namespace, backend.service);
        match context.inventory.find(SERVICE, Some(backend.namespace), backend.service) {
            Some(service) => {
                if let Some(port) = backend.port.filter(|&port| !has_port(service, port)) {
                    let port = match port {
                        IntOrString::Int(number) => number.to_string(),
                        IntOrString::Text(name) => format!("`{name}`"),
                    };
                    let ports = FieldPath::root().key("spec").key("ports");
                    let draft = out.fail(backend.port_path.clone(), format!("{title} has no port {port}"));
                    draft.evidence_in(service.id(), ports, "its ports");
                    if let Some(edit) = only_port(service, &backend) {
                        draft.fix(Fix::review("name the only port of the Service", [edit]));
                    }
                }
            }
            None => match context.inventory.coverage().gap(SERVICE, Some(backend.namespace)) {
                None => {
                    let draft = out.fail(backend.path, format!("{title} does not exist"));
                    if foreign {
                        // Whoever owns that namespace can create it and take the traffic over.
                        draft.severity(Severity::Medium).class("takeover");
                    }
                }
                Some(_) => {
                    out.unknown(backend.path, format!("{title} is not in the input"));
                }
            },
        }
    }
    if object.kind() != "Ingress" {
        gateways(object, context, out);
    }
}

/// The change to the Service's port where it has one only, and in the form that is asked for.
fn only_port(service: Object<'_>, backend: &Backend<'_>) -> Option<Edit> {
    let mut ports = service_ports(service);
    let only = ports.next().filter(|_| ports.next().is_none())?;
    let path = backend.port_path.clone();
    match backend.port? {
        IntOrString::Int(_) => Some(Edit::set(path, only.field("port")?.as_i64()?)),
        IntOrString::Text(_) => Some(Edit::set(path, only.field("name")?.as_str()?)),
    }
}

/// A backend in another namespace needs a ReferenceGrant there.
fn granted(route: Object<'_>, backend: &Backend<'_>, context: &Context<'_>, out: &mut Findings) -> bool {
    let own = route.effective_namespace();
    let text =
        |node: Node<'_>, key: &str, wanted: Option<&str>| node.field(key).and_then(Node::as_str) == wanted;
    let grants = |grant: Object<'_>| {
        let entries =
            |key| grant.field(&["spec", key]).and_then(Node::as_seq).into_iter().flat_map(Node::items);
        let from = entries("from").any(|from| {
            text(from, "namespace", own)
                && text(from, "kind", Some(route.kind()))
                && text(from, "group", Some(route.group_kind().group))
        });
        let to = entries("to").any(|to| {
            let name = to.field("name").and_then(Node::as_str);
            to.field("group").and_then(Node::as_str).unwrap_or("").is_empty()
                && text(to, "kind", Some("Service"))
                && name.is_none_or(|name| name.is_empty() || name == backend.service)
        });
        grant.effective_namespace() == Some(backend.namespace) && from && to
    };
    if context.inventory.of_kind(GRANT).any(grants) {
        return true;
    }
    let what = format!(
        "Service {}/{} is in another namespace, and no ReferenceGrant there allows it",
        backend.namespace, backend.service
    );
    match context.inventory.coverage().gap(GRANT, Some(backend.namespace)) {
        None => out.fail(backend.path.clone(), what).class("no-grant"),
        Some(_) => out.unknown(backend.path.clone(), format!("{what} in the input")),
    };
    false
}

fn gateways(route: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    for parent in parents(route).filter(|parent| parent.kind.kind == "Gateway") {
        let title = format!("Gateway {}/{}", parent.namespace, parent.name);
        let found = context.inventory.find(parent.kind, Some(parent.namespace), parent.name);
        let Some(gateway) = found else {
            match context.inventory.coverage().gap(parent.kind, Some(parent.namespace)) {
                None => out.fail(parent.path.key("name"), format!("{title} does not exist")),
                Some(_) => out.unknown(parent.path.key("name"), format!("{title} is not in the input")),
            };
            continue;
        };
        let listeners = gateway.field(&["spec", "listeners"]).and_then(Node::as_seq);
        let has = |section: &str| {
            let mut all = listeners.into_iter().flat_map(Node::items);
            all.any(|listener| listener.field("name").and_then(Node::as_str) == Some(section))
        };
        if let Some(section) = parent.section.filter(|section| !has(section)) {
            let what = format!("{title} has no listener `{section}`");
            out.fail(parent.path.key("sectionName"), what);
        }
    }
}
