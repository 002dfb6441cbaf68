//! What every node may do whatever runs on it.

use crate::request::{Request, Target};

/// Verbs, API groups and resources (with subresource) of the rules for all nodes, for the parts of the API that are
/// not subdivided by node.
const UNIFORM: &[(&[&str], &[&str], &[&str])] = &[
    (&["create"], &["authentication.k8s.io"], &["tokenreviews"]),
    (&["create"], &["authorization.k8s.io"], &["subjectaccessreviews", "localsubjectaccessreviews"]),
    (&["get", "list", "watch"], &[""], &["services"]),
    (&["create", "update", "patch"], &["", "events.k8s.io"], &["events"]),
    (&["get"], &[""], &["endpoints"]),
    (&["create", "get", "list", "watch"], &["certificates.k8s.io"], &["certificatesigningrequests"]),
    (&["get", "list", "watch"], &["storage.k8s.io"], &["csidrivers"]),
    (&["get", "list", "watch"], &["node.k8s.io"], &["runtimeclasses"]),
];

/// Pods and nodes, before selectors could restrict them (1.31 and older).
const BEFORE_SELECTORS: &[(&[&str], &[&str], &[&str])] = &[
    (&["create", "get", "list", "watch", "update", "patch"], &[""], &["nodes"]),
    (&["update", "patch"], &[""], &["nodes/status"]),
    (&["get", "list", "watch", "create", "delete"], &[""], &["pods"]),
    (&["update", "patch"], &[""], &["pods/status"]),
    (&["create"], &[""], &["pods/eviction"]),
];

/// Whether the rules for all nodes allow the request. Nodes have no rights to paths beyond those of all users.
pub(super) fn allow(request: &Request, selectors: bool) -> bool {
    let Target::Resource(target) = &request.target else { return false };
    let resource = if target.subresource.is_empty() {
        target.resource.clone()
    } else {
        format!("{}/{}", target.resource, target.subresource)
    };
    let matches = |&&(verbs, groups, resources): &&(&[&str], &[&str], &[&str])| {
        verbs.contains(&request.verb.as_str())
            && groups.contains(&target.group.as_str())
            && resources.contains(&resource.as_str())
    };
    let older: &[_] = if selectors { &[] } else { BEFORE_SELECTORS };
    UNIFORM.iter().chain(older).any(|rule| matches(&rule))
}
