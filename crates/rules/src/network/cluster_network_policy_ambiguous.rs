use rampart_document::{Edit, FieldPath};
use rampart_model::ObjectId;
use rampart_netpol::query::undefined_orders;
use rampart_netpol::{Action, Direction, Policy, PolicyId, Rule as Entry, Tier};
use rampart_report::{Fix, Severity};

use super::covers;
use crate::index::Reachability;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "cluster-network-policy-ambiguous",
    group: Group::Network,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("cluster_network_policy_ambiguous.md"),
    check: Check::Set(check),
};

fn check(context: &Context<'_>, out: &mut Findings) {
    let Some(reach) = context.reachability() else { return };
    let all: Vec<&Policy> =
        reach.policies().filter(|(_, _, tier)| is_cluster_tier(tier)).map(|(_, policy, _)| policy).collect();
    if all.is_empty() {
        return;
    }
    let met = undefined_orders(reach.index(), is_cluster_tier);
    let world = reach.index().world();
    let number = |id: PolicyId| world.policies[id.0 as usize].provenance;
    let met: Vec<(u32, u32)> = met.into_iter().map(|(a, b)| (number(a), number(b))).collect();
    for tier in all.chunk_by(|a, b| a.tier == b.tier) {
        for (at, policy) in tier.iter().enumerate() {
            let out = out.on(ObjectId(policy.provenance));
            ties(context, policy, &tier[..at], &met, out);
            hidden(context, policy, &tier[..at], reach, out);
        }
    }
}

/// The tiers of policies for the whole cluster.
fn is_cluster_tier(tier: &Tier) -> bool {
    matches!(tier.name.as_str(), "Admin" | "Baseline")
}

/// Another policy of the same priority that decides some connection otherwise; `met` are pairs that do so for pods that
/// were read.
fn ties(context: &Context<'_>, policy: &Policy, earlier: &[&Policy], met: &[(u32, u32)], out: &mut Findings) {
    let disagree = |other: &&&Policy| {
        let (a, b) = (other.provenance, policy.provenance);
        by_text(other, policy) || met.contains(&(a, b)) || met.contains(&(b, a))
    };
    let Some(other) = earlier.iter().filter(|other| other.order == policy.order).find(disagree) else {
        return;
    };
    let other = context.inventory.object(ObjectId(other.provenance));
    let path = FieldPath::root().key("spec").key("priority");
    out.fail(
        path.clone(),
        format!("{other} has the same priority and decides the same connections otherwise"),
    )
    .class("tie")
    .evidence_in(other.id(), path, "the same priority");
}

/// Rules whose texts overlap for certain, also when no pod that was read is selected.
fn by_text(a: &Policy, b: &Policy) -> bool {
    let over = |x: &Policy, y: &Policy| covers::peer(&x.subject, &y.subject);
    (over(a, b) || over(b, a))
        && Direction::BOTH.into_iter().any(|direction| {
            a.rules[direction as usize].iter().any(|one| {
                let meets = |other: &&Entry| {
                    one.action != other.action
                        && !one.peer.is_nobody()
                        && !other.peer.is_nobody()
                        && (covers::peer(&one.peer, &other.peer) || covers::peer(&other.peer, &one.peer))
                        && !one.ports.set.intersect(&other.ports.set).is_empty()
                };
                b.rules[direction as usize].iter().any(|other| meets(&other))
            })
        })
}

/// Rules that an earlier one of the tier always decides first.
fn hidden(
    context: &Context<'_>,
    policy: &Policy,
    earlier: &[&Policy],
    reach: &Reachability,
    out: &mut Findings,
) {
    for direction in Direction::BOTH {
        let rules = &policy.rules[direction as usize];
        for (at, rule) in rules.iter().enumerate() {
            let before = |other: &&&Policy| {
                other.order < policy.order && covers::peer(&other.subject, &policy.subject)
            };
            let others =
                earlier.iter().filter(before).flat_map(|other| other.rules[direction as usize].iter());
            let hides = |other: &&Entry| {
                other.condition.is_none()
                    && covers::peer(&other.peer, &rule.peer)
                    && covers::ports(&other.ports, &rule.ports)
            };
            let first = rules[..at].iter().chain(others).find(hides);
            let (Some(first), false) = (first, rule.peer.is_nobody()) else { continue };
            let (Some(place), Some(other)) = (reach.place(rule.provenance), reach.place(first.provenance))
            else {
                continue;
            };
            let word = match first.action {
                Action::Allow => "accepts",
                Action::Deny => "denies",
                Action::Pass => "passes on",
            };
            let object = context.inventory.object(other.object);
            let what = format!("the rule can never match: {} of {object} {word} all of it first", other.path);
            let fix = Fix::review("delete the rule", [Edit::remove(place.path.clone())]);
            out.fail(place.path.clone(), what)
                .class("hidden")
                .evidence_in(other.object, other.path.clone(), "decides first")
                .fix(fix);
        }
    }
}
