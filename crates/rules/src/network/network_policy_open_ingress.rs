use rampart_document::Node;
use rampart_model::{GroupKind, Object, Selector};
use rampart_netpol::Direction;
use rampart_report::Severity;

use crate::index::{Door, Pods};

use super::openings::{Hole, KINDS, openings};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "network-policy-open-ingress",
    group: Group::Network,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("network_policy_open_ingress.md"),
    check: Check::Object(KINDS, check),
};

fn check(object: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    let openings = openings(object, Direction::Ingress);
    let mut public = None;
    for opening in openings {
        let (what, low) = match opening.hole {
            Hole::Anyone => ("the rule lets everybody in".to_owned(), false),
            Hole::Block(range, except) if except.is_empty() => {
                (format!("the rule lets every address in ({range})"), false)
            }
            Hole::Block(..) => continue,
            Hole::EveryPod => ("the rule lets pods of all namespaces in".to_owned(), true),
        };
        let meant = !opening.ports.is_empty() && *public.get_or_insert_with(|| is_public(object, context));
        if meant {
            let what = format!("{what}; the selected pods are published on purpose");
            out.fail(opening.path, what).severity(Severity::Info).class("public");
        } else if low {
            out.fail(opening.path, what).severity(Severity::Low).class("all-namespaces");
        } else {
            out.fail(opening.path, what);
        }
    }
}

/// True when the policy selects something and all of it is behind a load balancer or an Ingress.
fn is_public(object: Object<'_>, context: &Context<'_>) -> bool {
    if object.group_kind() != GroupKind::new("networking.k8s.io", "NetworkPolicy") {
        return false;
    }
    let selector = object.field(&["spec", "podSelector"]).and_then(Node::as_map);
    let Some(selector) = selector.map(Selector::label_selector) else { return false };
    let Some(namespace) = object.effective_namespace() else { return false };
    let mut pods = Pods::selected(context, namespace, selector).map(Object::id).peekable();
    pods.peek().is_some()
        && pods.all(|pod| {
            let published = |door| !matches!(door, Door::NodePort | Door::ExternalIp);
            context.exposure().of(pod).iter().any(|way| published(way.door))
        })
}
