use rampart_document::{Edit, FieldPath, Node};
use rampart_model::{GroupKind, IntOrString, Object, Pod};
use rampart_report::{Fix, Severity};

use crate::shared::backends::service_ports;
use crate::shared::places::nearest;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "service-target-port",
    group: Group::Network,
    severity: Severity::Low,
    profile: Profile::Default,
    doc: include_str!("service_target_port.md"),
    check: Check::Object(&[GroupKind::core("Service")], check),
};

fn check(service: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    let mut pods: Option<Vec<Object<'_>>> = None;
    for (index, port) in service_ports(service).enumerate() {
        let path = FieldPath::root().key("spec").key("ports").index(index).key("targetPort");
        let protocol = port.field("protocol").and_then(Node::as_str).unwrap_or("TCP");
        let target = port
            .field("targetPort")
            .and_then(IntOrString::read)
            .filter(|target| *target != IntOrString::Int(0));
        if let Some(IntOrString::Text(name)) = target
            && !is_port_name(name)
        {
            let what =
                format!("targetPort `{name}` is no port name (1 to 15 of a-z, 0-9 and -, with a letter)");
            out.fail(path, what).class("invalid");
            continue;
        }
        // Unset means the port's own number.
        let Some(target) = target.or_else(|| port.field("port").and_then(IntOrString::read)) else {
            continue;
        };
        let pods = pods.get_or_insert_with(|| {
            nearest(service, context.pods().of_service(service, context.carriers).collect())
        });
        let missing = |object: &&Object<'_>| {
            context.carriers.pod(**object).is_some_and(|pod| lacks(&pod, target, protocol))
        };
        let Some(first) = pods.iter().find(missing) else { continue };
        let title = format!("{} {}", first.kind(), first.name());
        match target {
            IntOrString::Text(name) => {
                let draft = out.fail(path.clone(), format!("{title} has no {protocol} port named `{name}`"));
                if let Some(only) = only_name(pods, context, protocol) {
                    let edit = Edit::set(path, only);
                    draft.fix(Fix::review("name the only port that the pods declare", [edit]));
                }
            }
            IntOrString::Int(number) => {
                out.fail(path, format!("{title} declares ports, and {protocol} {number} is not among them"))
                    .severity(Severity::Info)
                    .class("undeclared");
            }
        }
    }
}

/// IANA_SVC_NAME as the API validates it. Source: `IsValidPortName` in `k8s.io/apimachinery/pkg/util/validation`.
fn is_port_name(name: &str) -> bool {
    let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    plain
        && (1..=15).contains(&name.len())
        && name.bytes().any(|b| b.is_ascii_lowercase())
        && !name.contains("--")
        && !name.starts_with('-')
        && !name.ends_with('-')
}

/// The declared ports of containers and sidecars for a protocol.
fn declared<'a>(pod: &Pod<'a>, protocol: &str) -> Vec<Node<'a>> {
    let ports = pod.running_containers().flat_map(|container| container.ports()).map(|(_, port)| port);
    ports.filter(|port| port.field("protocol").and_then(Node::as_str).unwrap_or("TCP") == protocol).collect()
}

/// A name must be declared. A number is only missed by pods that declare ports at all.
fn lacks(pod: &Pod<'_>, target: IntOrString<'_>, protocol: &str) -> bool {
    let ports = declared(pod, protocol);
    match target {
        IntOrString::Text(name) => {
            !ports.iter().any(|port| port.field("name").and_then(Node::as_str) == Some(name))
        }
        IntOrString::Int(number) => {
            let is = |port: &Node<'_>| port.field("containerPort").and_then(Node::as_i64) == Some(number);
            let declares = pod.running_containers().any(|container| container.ports().next().is_some());
            declares && !ports.iter().any(is)
        }
    }
}

/// The one port name that every pod declares as its only port of the protocol.
fn only_name<'a>(pods: &[Object<'a>], context: &Context<'_>, protocol: &str) -> Option<&'a str> {
    let mut names = pods.iter().map(|&object| {
        let ports = declared(&context.carriers.pod(object)?, protocol);
        let [only] = ports[..] else { return None };
        only.field("name").and_then(Node::as_str)
    });
    let first = names.next()??;
    names.all(|name| name == Some(first)).then_some(first)
}
