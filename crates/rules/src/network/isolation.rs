//! What the two rules about isolated pods share: direction by direction, does any policy restrict these pods?

use rampart_document::FieldPath;
use rampart_netpol::Direction;
use rampart_report::{Fix, ObjectChange};
use serde_json::json;

use super::policies::{Known, deny, known, new_policy};
use crate::index::{Isolation, is_controlled};
use crate::{Context, Findings, Workload};

pub(super) fn check(
    workload: &Workload<'_>,
    context: &Context<'_>,
    direction: Direction,
    out: &mut Findings,
) {
    let Workload { object, pod } = workload;
    let Some(namespace) = object.effective_namespace() else { return };
    // Policies do not bind pods in their node's network; owners answer for what they own; templates run nothing.
    let runs = !matches!(object.kind(), "PodTemplate" | "Task" | "ClusterTask");
    if pod.is_set(pod.fields.host_network) || !runs || is_controlled(*object) {
        return;
    }
    let path = FieldPath::root().key("metadata").key("labels");
    let isolation = match context.reachability() {
        None => Isolation::Open,
        Some(reach) => match reach.endpoint(object.id()) {
            Some(endpoint) => reach.isolation(endpoint, direction),
            None => return,
        },
    };
    // Policies only ever add isolation: what was not read cannot take it away.
    if isolation == Isolation::Isolated {
        return;
    }
    let bare = context.policies().of(namespace).is_empty()
        && !context.reachability().is_some_and(|reach| reach.is_walled(namespace));
    // The namespace's own finding says it once.
    if bare && !context.strict {
        return;
    }
    let way = if direction == Direction::Ingress { "into" } else { "out of" };
    match known(context, namespace, object.is_from_files()) {
        Known::Elsewhere => {}
        Known::No(reason) => {
            out.unknown(path, format!("network policies were not read in full: {reason}"));
        }
        Known::Yes if isolation == Isolation::Unclear => {
            let what =
                format!("whether a policy restricts traffic {way} the pod depends on the network plugin");
            out.unknown(path, what);
        }
        Known::Yes => {
            let draft = out.fail(path, format!("no policy restricts traffic {way} the pod"));
            if !bare {
                draft.fix(fix(context, namespace, direction));
            }
        }
    }
}

/// A default-deny policy: it changes nothing for pods that a policy isolates already, and the pods of a namespace share
/// one instead of getting one each.
fn fix(context: &Context<'_>, namespace: &str, direction: Direction) -> Fix {
    let name = format!("default-deny-{}", direction.name());
    let manifest = new_policy(context.inventory, namespace, &name, &deny(&json!({}), &[direction]));
    let title = match direction {
        Direction::Ingress => "let nothing into pods without a policy; then add the sources they need",
        Direction::Egress => "let only DNS out of pods without a policy; then add the destinations they need",
    };
    Fix::review(title, []).with(ObjectChange::Create { manifest })
}
