use rampart_document::Node;
use rampart_model::{Pod, ProbeKind};
use rampart_report::Severity;

use super::probes::network_handler;
use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "probes-identical",
    group: Group::Availability,
    severity: Severity::Low,
    profile: Profile::Strict,
    doc: include_str!("probes_identical.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, _env: &Env<'_>, out: &mut Findings) {
    for container in pod.running_containers() {
        let (Some(live), Some(ready)) =
            (container.probe(ProbeKind::Liveness), container.probe(ProbeKind::Readiness))
        else {
            continue;
        };
        let (Some(restart), Some(drain)) = (patience(live.node), patience(ready.node)) else { continue };
        if restart <= drain && same_handler(live.node, ready.node) {
            let what = format!(
                "the liveness probe of {} is its readiness probe and gives up as soon ({restart} s, readiness {drain} s)",
                container.title()
            );
            out.fail(container.path("livenessProbe"), what)
                .evidence(container.path("readinessProbe"), "the same question");
        }
    }
}

/// Seconds of failures until the probe acts; `None` when a value is no number. Defaults: 3 failures, every 10 s.
fn patience(probe: Node<'_>) -> Option<i64> {
    let number = |key, default| probe.field(key).map_or(Some(default), Node::as_i64);
    Some(number("failureThreshold", 3)?.saturating_mul(number("periodSeconds", 10)?))
}

fn same_handler(a: Node<'_>, b: Node<'_>) -> bool {
    match (network_handler(a), network_handler(b)) {
        (Some((kind, a)), Some((other, b))) if kind == other => {
            let rest = match kind {
                "httpGet" => {
                    same_text(a, b, "scheme", "HTTP")
                        && same_text(a, b, "path", "/")
                        && same_text(a, b, "host", "")
                        && same_data(a.field("httpHeaders"), b.field("httpHeaders"))
                }
                "tcpSocket" => same_text(a, b, "host", ""),
                _ => same_text(a, b, "service", ""),
            };
            rest && same_data(a.field("port"), b.field("port"))
        }
        (None, None) => {
            let (a, b) = (command(a), command(b));
            a.is_some() && same_data(a, b)
        }
        _ => false,
    }
}

fn command(probe: Node<'_>) -> Option<Node<'_>> {
    probe.field("exec")?.field("command")
}

fn same_text(a: Node<'_>, b: Node<'_>, key: &str, default: &str) -> bool {
    let a = a.field(key).map_or(Some(default), Node::as_str);
    a == b.field(key).map_or(Some(default), Node::as_str)
}

fn same_data(a: Option<Node<'_>>, b: Option<Node<'_>>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a.same_data(b),
        (None, None) => true,
        _ => false,
    }
}
