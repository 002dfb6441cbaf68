//! Every technique of the catalogue that starts from rights is a step of the closure, or is listed here with the reason
//! why it is none.

use std::collections::BTreeSet;

use rampart_authz::closure::technique_ids;

const FAMILIES: [&str; 4] = ["rbac", "token", "admission", "kubelet"];

/// Techniques that no right of the API server gives, and where they belong.
const ELSEWHERE: [(&str, &str); 8] = [
    (
        "token-mounted",
        "starts in a container; pods lead to their ServiceAccounts by the state of running pods",
    ),
    ("token-from-secret", "follows from reading Secrets: an edge from the state, not a right"),
    ("token-from-hostpath", "starts in a container with a mount of the node"),
    ("token-node-request", "follows from kubelet credentials: an edge from the state, not a right"),
    ("anonymous-access", "a binding of the anonymous user: it is an identity of its own in the closure"),
    ("webhook-backend-compromise", "starts in a container that serves a webhook"),
    ("kubelet-anonymous", "starts in the network; no identity is needed"),
    ("kubelet-log-read", "what logs hold is not known from objects"),
];

#[test]
fn every_row_is_a_step_or_has_a_reason() {
    let Some(shared) = rampart_testkit::shared() else { return };
    let text = std::fs::read_to_string(shared.join("knowledge/technique-catalogue.csv")).unwrap();
    let rows: BTreeSet<(&str, &str)> = text.lines().skip(1).filter_map(|line| line.split_once(',')).collect();
    let wanted: BTreeSet<&str> = rows
        .iter()
        .filter(|(_, rest)| rest.split(',').next().is_some_and(|family| FAMILIES.contains(&family)))
        .map(|(id, _)| *id)
        .collect();
    let implemented: BTreeSet<&str> = technique_ids().collect();
    let elsewhere: BTreeSet<&str> = ELSEWHERE.iter().map(|(id, _)| *id).collect();
    assert!(wanted.len() >= 25, "{} rows were read", wanted.len());
    let open: Vec<_> =
        wanted.iter().filter(|id| !implemented.contains(*id) && !elsewhere.contains(*id)).collect();
    assert!(open.is_empty(), "neither implemented nor listed: {open:?}");
    let stale: Vec<_> =
        elsewhere.iter().filter(|id| implemented.contains(*id) || !wanted.contains(*id)).collect();
    assert!(stale.is_empty(), "listed, but implemented or no row: {stale:?}");
    let all: BTreeSet<&str> = rows.iter().map(|(id, _)| *id).collect();
    let unknown: Vec<_> = implemented.iter().filter(|id| !all.contains(*id)).collect();
    assert!(unknown.is_empty(), "not in the catalogue: {unknown:?}");
}
