use rampart_document::{Edit, Node};
use rampart_model::{Cidr, GroupKind, Object};
use rampart_netpol::Direction;
use rampart_report::{Fix, Severity};
use serde_json::json;

use super::openings::{Hole, KINDS, openings};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "network-policy-open-egress",
    group: Group::Network,
    severity: Severity::Low,
    profile: Profile::Default,
    doc: include_str!("network_policy_open_egress.md"),
    check: Check::Object(KINDS, check),
};

/// What a rule to everywhere must leave out: the metadata service and private networks (RFC 1918; RFC 4193).
const INNER: [&str; 4] = ["169.254.169.254/32", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];
const INNER_V6: [&str; 1] = ["fc00::/7"];

fn check(object: Object<'_>, _context: &Context<'_>, out: &mut Findings) {
    for opening in openings(object, Direction::Egress) {
        match opening.hole {
            Hole::Anyone if opening.ports.is_empty() => {
                out.fail(opening.path, "the rule lets everything out");
            }
            Hole::Block(range, except) if !only_dns(&opening.ports) => {
                let inner: &[&str] = if range.contains(':') { &INNER_V6 } else { &INNER };
                let kept: Vec<Cidr> = except.iter().filter_map(|text| Cidr::parse(text)).collect();
                let missing: Vec<&str> =
                    inner.iter().copied().filter(|range| !is_covered(range, &kept)).collect();
                if missing.is_empty() {
                    continue;
                }
                let what = format!("the rule lets out to {range}, {} included", missing.join(", "));
                let draft = out.fail(opening.path.clone(), what);
                // Other APIs write exceptions elsewhere.
                if object.group_kind() == GroupKind::new("networking.k8s.io", "NetworkPolicy") {
                    let block = opening.path.as_str().strip_suffix(".cidr").unwrap_or("");
                    if let Ok(block) = rampart_document::FieldPath::parse(block) {
                        let all: Vec<&str> = except.iter().copied().chain(missing).collect();
                        let edit = Edit::set(block.key("except"), json!(all));
                        draft.fix(Fix::review("leave out the metadata service and private networks", [edit]));
                    }
                }
            }
            Hole::Anyone | Hole::Block(..) | Hole::EveryPod => {}
        }
    }
}

/// True for a rule that opens port 53 and nothing else.
fn only_dns(ports: &[Node<'_>]) -> bool {
    let dns = |port: &Node<'_>| {
        let number = if port.is_null() { None } else { port.get("port").unwrap_or(*port).scalar_text() };
        number == Some("53") && port.get("endPort").is_none_or(Node::is_null)
    };
    !ports.is_empty() && ports.iter().all(dns)
}

/// True when the ranges together hold all of `wanted`.
fn is_covered(wanted: &str, ranges: &[Cidr]) -> bool {
    Cidr::parse(wanted).is_some_and(|wanted| holds(wanted, ranges))
}

/// Halves a range until each part lies in one of the ranges or in none; ends because it only goes where a smaller range is.
fn holds(wanted: Cidr, ranges: &[Cidr]) -> bool {
    if ranges.iter().any(|range| range.covers(wanted)) {
        return true;
    }
    ranges.iter().any(|range| wanted.covers(*range))
        && wanted.halves().is_some_and(|(low, high)| holds(low, ranges) && holds(high, ranges))
}
