use rampart_document::{FieldPath, Node};
use rampart_model::{GroupKind, Object};
use rampart_report::Severity;

use crate::shared::services::{Reach, kind, reach};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "service-load-balancer",
    group: Group::Network,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("service_load_balancer.md"),
    check: Check::Object(&[GroupKind::core("Service")], check),
};

fn check(service: Object<'_>, _context: &Context<'_>, out: &mut Findings) {
    if kind(service) != "LoadBalancer" {
        return;
    }
    let spec = |field: &str| FieldPath::root().key("spec").key(field);
    let draft = match reach(service) {
        Reach::Everyone => {
            let ranges = service.field(&["spec", "loadBalancerSourceRanges"]);
            let path = if ranges.is_some() { spec("loadBalancerSourceRanges") } else { spec("type") };
            out.fail(path, "the load balancer takes connections from any address")
        }
        Reach::Limited(place) => {
            let what = "the load balancer takes connections from listed sources only";
            out.fail(spec("type"), what)
                .severity(Severity::Info)
                .class("limited")
                .evidence(place, "limits the sources")
        }
        Reach::Internal(place) => out
            .fail(spec("type"), "the load balancer is internal")
            .severity(Severity::Info)
            .class("internal")
            .evidence(place, "makes it internal"),
    };
    let text = |field| service.field(&["spec", field]).and_then(Node::as_str);
    if text("externalTrafficPolicy") != Some("Local") {
        draft.evidence(
            spec("externalTrafficPolicy"),
            "Cluster: pods see node addresses, not those of clients",
        );
    }
    let ports = service.field(&["spec", "allocateLoadBalancerNodePorts"]).map_or(Some(true), Node::as_bool);
    if ports == Some(true) {
        draft.evidence(spec("allocateLoadBalancerNodePorts"), "it opens a port on every node, too");
    }
}
