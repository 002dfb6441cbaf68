//! What the rules about probes share.

use rampart_document::{Edit, FieldPath, Kind, Node};
use rampart_model::{CarrierKind, Container, GroupKind, Pod, ProbeKind};
use rampart_report::{Fix, Severity};
use serde_json::Value;

use crate::Findings;

/// True when the pods are meant to run until somebody stops them.
pub(super) fn is_long_running(pod: &Pod<'_>) -> bool {
    match pod.carrier {
        CarrierKind::LongRunning | CarrierKind::Daemon => true,
        // A pod restarts for ever unless it says otherwise.
        CarrierKind::Pod => pod.fields.restart_policy.is_none_or(|policy| policy.as_str() == Some("Always")),
        CarrierKind::Batch | CarrierKind::Template => false,
    }
}

/// True for kinds whose controller adds a readiness probe of its own.
pub(super) fn brings_its_own_readiness(kind: GroupKind<'_>) -> bool {
    kind.group == "serving.knative.dev"
}

/// Finds probes of this kind whose port the container does not have.
pub(super) fn check_ports(pod: &Pod<'_>, kind: ProbeKind, noun: &str, out: &mut Findings) {
    for container in pod.running_containers() {
        if let Some(probe) = container.probe(kind)
            && let Some((handler, target)) = network_handler(probe.node)
            && let Some(port) = target.field("port")
        {
            let path = || container.root().key(kind.field()).key(handler).key("port");
            check_port(container, noun, handler, target, port, path, out);
        }
    }
}

fn check_port(
    container: &Container<'_>,
    noun: &str,
    handler: &str,
    target: Node<'_>,
    port: Node<'_>,
    path: impl Fn() -> FieldPath,
    out: &mut Findings,
) {
    if port.kind() == Kind::Str && handler != "grpc" {
        let name = port.scalar_text().unwrap_or("");
        let named = |(_, entry): (usize, Node<'_>)| entry.field("name").and_then(Node::as_str) == Some(name);
        if !container.ports().any(named) {
            let what = format!(
                "the {noun} of {} asks for port `{name}`, a name none of its ports has",
                container.title()
            );
            let draft = out.fail(path(), what).class("name");
            if let Some((name, value)) = only_port(container) {
                let edit = Edit::set(path(), value);
                draft.fix(Fix::review(format!("ask for port {name}, the only one it declares"), [edit]));
            }
        }
        return;
    }
    let Some(number) = port.as_i64() else { return };
    // With a host of its own the probe does not ask this container.
    if handler != "grpc" && target.field("host").is_some() {
        return;
    }
    let mut declared =
        container.ports().filter_map(|(_, entry)| entry.field("containerPort")?.as_i64()).peekable();
    if declared.peek().is_some() && !declared.any(|port| port == number) {
        let what =
            format!("the {noun} of {} asks for port {number}, which it does not declare", container.title());
        out.fail(path(), what).severity(Severity::Low).class("number");
    }
}

/// The port of a container that declares one: how people and how a probe call it.
fn only_port(container: &Container<'_>) -> Option<(String, Value)> {
    let mut ports = container.ports();
    let (Some((_, port)), None) = (ports.next(), ports.next()) else { return None };
    let name = port.field("name").and_then(Node::as_str).map(|name| (format!("`{name}`"), Value::from(name)));
    let number = || port.field("containerPort")?.as_i64().map(|number| (number.to_string(), number.into()));
    name.or_else(number)
}

/// The handler of a probe that connects to a port, with its name.
pub(super) fn network_handler(probe: Node<'_>) -> Option<(&'static str, Node<'_>)> {
    let handler = |name: &'static str| Some((name, probe.field(name)?));
    handler("httpGet").or_else(|| handler("tcpSocket")).or_else(|| handler("grpc"))
}
