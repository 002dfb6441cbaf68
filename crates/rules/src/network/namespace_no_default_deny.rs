use rampart_document::FieldPath;
use rampart_model::ObjectId;
use rampart_netpol::{
    Action, Direction, NamespaceId, Peer, PodSelector, Policy, PortSet, Rule as Entry, Scope, Tier,
};
use rampart_report::{Fix, ObjectChange, Severity};
use serde_json::json;

use super::policies::{Known, deny, known, namespace_of, new_policy, title};
use crate::index::{Reachability, is_every_pod};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "namespace-no-default-deny",
    group: Group::Network,
    severity: Severity::Low,
    profile: Profile::Strict,
    doc: include_str!("namespace_no_default_deny.md"),
    check: Check::Set(check),
};

fn check(context: &Context<'_>, out: &mut Findings) {
    let Some(reach) = context.reachability() else { return };
    let world = reach.index().world();
    for (namespace, number) in world.namespaces.iter().zip(0..) {
        let name = world.symbols.text(namespace.name);
        let Some(&first) = context.policies().of(name).first() else { continue };
        let object = namespace_of(context.inventory, name);
        let place: (ObjectId, FieldPath) = match object {
            Some(object) => (object.id(), FieldPath::root().key("metadata").key("name")),
            None => (first, FieldPath::root().key("metadata").key("namespace")),
        };
        let out = out.on(place.0);
        if let Known::No(reason) = known(context, name, context.inventory.object(first).is_from_files()) {
            out.unknown(place.1, format!("network policies were not read in full: {reason}"));
            continue;
        }
        let asked: &[Direction] = if context.strict { &Direction::BOTH } else { &[Direction::Ingress] };
        let open: Vec<Direction> = asked
            .iter()
            .copied()
            .filter(|&direction| !denies_by_default(reach, NamespaceId(number), direction))
            .collect();
        if open.is_empty() {
            continue;
        }
        let titles: Vec<&str> = open.iter().map(|&direction| title(direction)).collect();
        let what = format!("no policy of namespace {name} denies {} by default", titles.join(" and "));
        let manifest = new_policy(context.inventory, name, "default-deny", &deny(&json!({}), &open));
        let fix = Fix::review("add a default-deny policy; then allow what the pods need", [])
            .with(ObjectChange::Create { manifest });
        out.fail(place.1, what).fix(fix);
    }
}

/// True when a policy isolates every pod of the namespace without letting everything through, or a Baseline rule denies
/// connections with every pod.
fn denies_by_default(reach: &Reachability, namespace: NamespaceId, direction: Direction) -> bool {
    reach.policies().any(|(_, policy, tier)| {
        selects_all(reach, &policy.subject, namespace)
            && (isolates(policy, direction) || baseline_denies(policy, tier, direction))
    })
}

fn isolates(policy: &Policy, direction: Direction) -> bool {
    let everything = |rule: &Entry| {
        rule.action == Action::Allow && rule.peer == Peer::Any && rule.ports.set.covers(&PortSet::transport())
    };
    policy.isolates[direction as usize] && !policy.rules[direction as usize].iter().any(everything)
}

fn baseline_denies(policy: &Policy, tier: &Tier, direction: Direction) -> bool {
    tier.name == "Baseline"
        && policy.rules[direction as usize].iter().any(|rule| {
            rule.action == Action::Deny
                && rule.ports.set.covers(&PortSet::transport())
                && is_every_pod(&rule.peer)
        })
}

fn selects_all(reach: &Reachability, subject: &Peer, namespace: NamespaceId) -> bool {
    let world = reach.index().world();
    match subject {
        Peer::Pods(PodSelector { scope, pods, .. }) => {
            let holds = match scope {
                Scope::All => true,
                Scope::One(one) => *one == namespace,
                Scope::Where(expr) => expr
                    .matches(&world.symbols, &|attr| world.namespace_value(namespace, world.attrs.get(attr))),
            };
            holds && *pods == rampart_netpol::Expr::True
        }
        other => is_every_pod(other),
    }
}
