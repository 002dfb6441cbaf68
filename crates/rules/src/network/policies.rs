//! Which network policies the input holds, whether that is all of them, and how new ones are written.

use rampart_model::{Inventory, Object, State};
use rampart_netpol::Direction;
use serde_json::{Value, json};

use crate::Context;
use crate::index::{CLUSTER_WIDE, NAMESPACE, NAMESPACED};

/// Whether an answer about the policies of a namespace can be given.
pub(super) enum Known {
    /// They were read.
    Yes,
    /// They are kept elsewhere: the input is some files that hold neither the namespace nor a policy for it.
    Elsewhere,
    /// They were not read in full; the reason.
    No(String),
}

/// Whether the policies that apply in a namespace are known. Files that define the namespace or a policy in it are
/// taken to be where its policies are kept.
pub(super) fn known(context: &Context<'_>, namespace: &str, from_files: bool) -> Known {
    let coverage = context.inventory.coverage();
    let kept_here = || {
        !context.policies().of(namespace).is_empty() || namespace_of(context.inventory, namespace).is_some()
    };
    if from_files && !kept_here() {
        let full = coverage.is_full(NAMESPACED[0], Some(namespace));
        return if full { Known::Yes } else { Known::Elsewhere };
    }
    let broken = coverage.entries().any(|(_, state)| *state != State::Full);
    if from_files && !broken {
        return Known::Yes;
    }
    let kinds = NAMESPACED.iter().chain(&CLUSTER_WIDE);
    kinds.into_iter().find_map(|&kind| coverage.gap(kind, Some(namespace))).map_or(Known::Yes, Known::No)
}

/// The Namespace object of that name.
pub(super) fn namespace_of<'a>(inventory: &'a Inventory, name: &str) -> Option<Object<'a>> {
    inventory.find(NAMESPACE, None, name)
}

/// A NetworkPolicy that is not in the input yet; `name` gets a number when it is taken.
pub(super) fn new_policy(inventory: &Inventory, namespace: &str, name: &str, spec: &Value) -> Value {
    let taken = |name: &str| inventory.find(NAMESPACED[0], Some(namespace), name).is_some();
    let mut free = name.to_owned();
    let mut number = 1;
    while taken(&free) {
        number += 1;
        free = format!("{name}-{number}");
    }
    json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": free, "namespace": namespace},
        "spec": spec,
    })
}

/// The spec of a policy that lets nothing through in these directions, except questions to name servers.
pub(super) fn deny(pods: &Value, directions: &[Direction]) -> Value {
    let types: Vec<&str> = directions.iter().map(|&direction| title(direction)).collect();
    let mut spec = json!({"podSelector": pods, "policyTypes": types});
    if directions.contains(&Direction::Egress) {
        let dns = json!([{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]);
        spec["egress"] = json!([{"ports": dns}]);
    }
    spec
}

/// As in `policyTypes`.
pub(super) fn title(direction: Direction) -> &'static str {
    match direction {
        Direction::Ingress => "Ingress",
        Direction::Egress => "Egress",
    }
}
