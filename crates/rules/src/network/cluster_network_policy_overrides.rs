use rampart_document::{Edit, FieldPath};
use rampart_model::ObjectId;
use rampart_netpol::{Action, Cidr, Direction, Peer, PolicyId, PortSet, Rule as Entry};
use rampart_report::{Fix, Severity};

use crate::index::{NAMESPACED, Reachability, is_every_pod};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "cluster-network-policy-overrides",
    group: Group::Network,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("cluster_network_policy_overrides.md"),
    check: Check::Set(check),
};

fn check(context: &Context<'_>, out: &mut Findings) {
    let Some(reach) = context.reachability() else { return };
    let own = |id: ObjectId| NAMESPACED.contains(&context.inventory.object(id).group_kind());
    // Where policies of namespace owners are evaluated.
    let tier = reach
        .policies()
        .find(|(_, policy, _)| own(ObjectId(policy.provenance)))
        .map(|(_, policy, _)| policy.tier);
    let Some(tier) = tier else { return };
    for (id, policy, _) in reach.policies().filter(|(_, policy, _)| policy.tier < tier) {
        let object = ObjectId(policy.provenance);
        let out = out.on(object);
        for direction in Direction::BOTH {
            for rule in policy.rules[direction as usize].iter().filter(|rule| is_for_all(rule)) {
                let Some(place) = reach.place(rule.provenance) else { continue };
                if let Some(overridden) = isolating(context, reach, id, direction) {
                    let action = place.path.key("action");
                    let what = format!(
                        "the rule allows {} of all before {} can restrict it",
                        direction.name(),
                        context.inventory.object(overridden)
                    );
                    let fix =
                        Fix::review("leave it to the namespaces (Pass)", [Edit::set(action.clone(), "Pass")]);
                    let note = "isolates pods that the rule selects";
                    out.fail(action, what)
                        .evidence_in(overridden, FieldPath::root().key("spec"), note)
                        .fix(fix);
                }
            }
        }
    }
}

/// An unconditional Allow with everybody on every port.
fn is_for_all(rule: &Entry) -> bool {
    rule.action == Action::Allow
        && rule.condition.is_none()
        && rule.ports.set.covers(&PortSet::transport())
        && is_everybody(&rule.peer)
}

fn is_everybody(peer: &Peer) -> bool {
    match peer {
        Peer::Address(range) => range.is_everything(),
        Peer::Block(range, except) => range.is_everything() && <[Cidr]>::is_empty(except),
        Peer::AnyOf(parts) => parts.iter().any(is_everybody),
        other => is_every_pod(other),
    }
}

/// A policy of a namespace that isolates a subject of the given one.
fn isolating(
    context: &Context<'_>,
    reach: &Reachability,
    policy: PolicyId,
    direction: Direction,
) -> Option<ObjectId> {
    let world = reach.index().world();
    let own = |id: ObjectId| NAMESPACED.contains(&context.inventory.object(id).group_kind());
    reach.index().subjects_of(policy).into_iter().find_map(|class| {
        let mut bound = reach.index().policies_of(class, direction).filter_map(|(id, certain)| {
            let other = &world.policies[id.0 as usize];
            (certain && other.isolates[direction as usize]).then_some(ObjectId(other.provenance))
        });
        bound.find(|&id| own(id))
    })
}
