use rampart_document::{Edit, FieldPath, Node};
use rampart_model::{Cidr, GroupKind, Object};
use rampart_report::{Fix, Severity};

use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "service-external-ip",
    group: Group::Network,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("service_external_ip.md"),
    check: Check::Object(&[GroupKind::core("Service")], check),
};

fn check(service: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    let list = service.field(&["spec", "externalIPs"]).and_then(Node::as_seq);
    let addresses: Vec<&str> = list.into_iter().flat_map(Node::items).filter_map(Node::as_str).collect();
    if addresses.is_empty() {
        return;
    }
    let path = FieldPath::root().key("spec").key("externalIPs");
    let named = addresses.join(", ");
    if addresses.iter().all(|address| is_allowed(address, &context.settings.allowed_external_ips)) {
        out.fail(path, format!("the Service claims allowed addresses: {named}"))
            .severity(Severity::Info)
            .class("allowed");
        return;
    }
    let fix = Fix::review("remove externalIPs", [Edit::remove(path.clone())]);
    out.fail(path, format!("the Service takes over traffic to {named}")).fix(fix);
}

fn is_allowed(address: &str, allowed: &[String]) -> bool {
    allowed.iter().any(|range| match (Cidr::parse(range), address.parse()) {
        (Some(range), Ok(address)) => range.contains(address),
        _ => range == address,
    })
}
