//! The table of rights: one bit each, several rows where groups or scopes differ.

use rampart_authz::rbac::PolicyRule;
use rampart_authz::rbac::cover::resource_matches;

use super::rights::{Right, Rights, Verbs};

/// Sets each constant to a bit of its own.
macro_rules! bits {
    ($($(#[$doc:meta])* $name:ident = $bit:literal,)+) => {
        $($(#[$doc])* pub(crate) const $name: Rights = Rights(1 << $bit);)+
        #[cfg(test)]
        const BITS: &[u32] = &[$($bit),+];
    };
}

bits! {
    /// Reads Secrets.
    SECRETS_READ = 0,
    /// Creates Secrets.
    SECRETS_CREATE = 1,
    /// Changes Secrets.
    SECRETS_CHANGE = 2,
    /// Creates pods or what makes pods.
    PODS_CREATE = 3,
    /// Changes pods or what makes pods.
    PODS_MODIFY = 4,
    /// Runs commands in pods.
    EXEC_CREATE = 5,
    /// The same with a WebSocket, before 1.35.
    EXEC_GET = 6,
    /// Talks to pods through the API server.
    FORWARD = 7,
    /// The same by port-forward with a WebSocket, before 1.35.
    FORWARD_GET = 8,
    /// Adds ephemeral containers.
    EPHEMERAL = 9,
    /// Talks to kubelets through the API server.
    NODE_PROXY = 10,
    /// Acts as another user, group or ServiceAccount.
    IMPERSONATE = 11,
    /// Sets uid or extra fields of who it acts as.
    IMPERSONATE_DETAILS = 12,
    /// Binds roles beyond its own rights.
    BIND = 13,
    /// Writes roles beyond its own rights.
    ESCALATE = 14,
    /// Writes roles.
    ROLES_WRITE = 15,
    /// Writes bindings.
    BINDINGS_WRITE = 16,
    /// Changes RoleBindings that are there.
    ROLE_BINDINGS_CHANGE = 17,
    /// Changes ClusterRoleBindings that are there.
    CLUSTER_BINDINGS_CHANGE = 18,
    /// Approves certificate requests.
    CSR_APPROVE = 19,
    /// Issues certificates for requests.
    CSR_STATUS = 20,
    /// Approves for some signer.
    SIGNER_APPROVE = 21,
    /// Signs for some signer.
    SIGNER_SIGN = 22,
    /// Writes admission configuration.
    ADMISSION_WRITE = 23,
    /// Deletes admission configuration.
    ADMISSION_DELETE = 24,
    /// Requests tokens of ServiceAccounts.
    TOKEN_CREATE = 25,
    /// Writes PersistentVolumes.
    PV_WRITE = 26,
    /// Creates ConfigMaps.
    CONFIGMAPS_CREATE = 27,
    /// Changes or deletes ConfigMaps.
    CONFIGMAPS_ALTER = 28,
    /// Writes what directs or limits traffic.
    NETWORK_WRITE = 29,
    /// Deletes NetworkPolicies.
    NETPOL_DELETE = 30,
    /// Writes endpoints.
    ENDPOINTS_WRITE = 31,
    /// Writes the status of Services.
    SERVICE_STATUS = 32,
    /// Writes nodes.
    NODES_WRITE = 33,
    /// Writes the status of nodes or pods.
    STATUS_WRITE = 34,
    /// Deletes workloads or data.
    WORKLOADS_DELETE = 35,
    /// Deletes namespaces or PersistentVolumes.
    WIDE_DELETE = 36,
    /// Deletes events.
    EVENTS_DELETE = 37,
    /// Deletes logs, an operation that does not exist.
    LOGS_DELETE = 38,
    /// Changes namespaces.
    NAMESPACES_CHANGE = 39,
    /// Writes APIServices.
    API_SERVICES_WRITE = 40,
    /// Writes CustomResourceDefinitions.
    CRDS_WRITE = 41,
    /// `*` on `*.*`.
    WILDCARD_ALL = 42,
    /// Every verb on named resources or groups.
    WILDCARD_VERB = 43,
    /// Named verbs on every resource.
    WILDCARD_RESOURCE = 44,
    /// Named verbs on a subresource of every resource.
    WILDCARD_SUBRESOURCE = 45,
    /// Named resources in every group.
    WILDCARD_GROUP = 46,
    /// Constrained impersonation: a mode, or what may be done in it; told apart by the rule that reports it.
    CONSTRAINED = 47,
    /// Reads storage classes, as provisioners of volumes do.
    STORAGE_CLASSES_READ = 48,
    /// Something else than reading.
    ANY_WRITE = 49,
}

const RBAC: &str = "rbac.authorization.k8s.io";
const CERTIFICATES: &str = "certificates.k8s.io";
const ADMISSION: &[&str] = &[
    "validatingwebhookconfigurations",
    "mutatingwebhookconfigurations",
    "validatingadmissionpolicies",
    "validatingadmissionpolicybindings",
    "mutatingadmissionpolicies",
    "mutatingadmissionpolicybindings",
];
const CORE_CONTROLLERS: &[&str] = &["pods", "replicationcontrollers", "podtemplates"];
const APPS: &[&str] = &["deployments", "statefulsets", "daemonsets", "replicasets"];
const BATCH: &[&str] = &["jobs", "cronjobs"];

const fn row(gives: Rights, verbs: Verbs, group: &'static str, resources: &'static [&'static str]) -> Right {
    Right { gives, verbs, group, resources, cluster: false }
}

/// A row of cluster-scoped resources.
const fn wide(gives: Rights, verbs: Verbs, group: &'static str, resources: &'static [&'static str]) -> Right {
    Right { gives, verbs, group, resources, cluster: true }
}

/// One verb.
const fn only(verb: &'static str) -> Verbs {
    Verbs::of(&[verb])
}

pub(super) static TABLE: &[Right] = &[
    row(SECRETS_READ, Verbs::READ, "", &["secrets"]),
    row(SECRETS_CREATE, only("create"), "", &["secrets"]),
    row(SECRETS_CHANGE, Verbs::CHANGE, "", &["secrets"]),
    row(PODS_CREATE, only("create"), "", CORE_CONTROLLERS),
    row(PODS_CREATE, only("create"), "apps", APPS),
    row(PODS_CREATE, only("create"), "batch", BATCH),
    row(PODS_MODIFY, Verbs::CHANGE, "", CORE_CONTROLLERS),
    row(PODS_MODIFY, Verbs::CHANGE, "apps", APPS),
    row(PODS_MODIFY, Verbs::CHANGE, "batch", BATCH),
    row(EXEC_CREATE, only("create"), "", &["pods/exec", "pods/attach"]),
    row(EXEC_GET, only("get"), "", &["pods/exec", "pods/attach"]),
    row(FORWARD, Verbs::of(&["get", "create"]), "", &["pods/proxy", "services/proxy"]),
    row(FORWARD, only("create"), "", &["pods/portforward"]),
    row(FORWARD_GET, only("get"), "", &["pods/portforward"]),
    row(EPHEMERAL, Verbs::CHANGE, "", &["pods/ephemeralcontainers"]),
    wide(NODE_PROXY, Verbs::of(&["get", "create", "update", "patch", "delete"]), "", &["nodes/proxy"]),
    row(IMPERSONATE, only("impersonate"), "", &["serviceaccounts"]),
    wide(IMPERSONATE, only("impersonate"), "", &["users", "groups"]),
    wide(IMPERSONATE_DETAILS, only("impersonate"), "authentication.k8s.io", &["uids"]),
    // The right to bind or write a ClusterRole is asked in the namespace of the binding or role.
    row(BIND, only("bind"), RBAC, &["roles", "clusterroles"]),
    row(ESCALATE, only("escalate"), RBAC, &["roles", "clusterroles"]),
    row(ROLES_WRITE, Verbs::WRITE, RBAC, &["roles"]),
    wide(ROLES_WRITE, Verbs::WRITE, RBAC, &["clusterroles"]),
    row(BINDINGS_WRITE, Verbs::WRITE, RBAC, &["rolebindings"]),
    wide(BINDINGS_WRITE, Verbs::WRITE, RBAC, &["clusterrolebindings"]),
    row(ROLE_BINDINGS_CHANGE, Verbs::CHANGE, RBAC, &["rolebindings"]),
    wide(CLUSTER_BINDINGS_CHANGE, Verbs::CHANGE, RBAC, &["clusterrolebindings"]),
    wide(CSR_APPROVE, Verbs::CHANGE, CERTIFICATES, &["certificatesigningrequests/approval"]),
    wide(CSR_STATUS, Verbs::CHANGE, CERTIFICATES, &["certificatesigningrequests/status"]),
    wide(SIGNER_APPROVE, only("approve"), CERTIFICATES, &["signers"]),
    wide(SIGNER_SIGN, only("sign"), CERTIFICATES, &["signers"]),
    wide(ADMISSION_WRITE, Verbs::WRITE, "admissionregistration.k8s.io", ADMISSION),
    wide(ADMISSION_DELETE, only("delete"), "admissionregistration.k8s.io", ADMISSION),
    row(TOKEN_CREATE, only("create"), "", &["serviceaccounts/token"]),
    wide(PV_WRITE, Verbs::WRITE, "", &["persistentvolumes"]),
    row(CONFIGMAPS_CREATE, only("create"), "", &["configmaps"]),
    row(CONFIGMAPS_ALTER, Verbs::of(&["update", "patch", "delete"]), "", &["configmaps"]),
    row(NETWORK_WRITE, Verbs::EDIT, "", &["services"]),
    row(NETWORK_WRITE, Verbs::EDIT, "networking.k8s.io", &["ingresses", "networkpolicies"]),
    row(NETWORK_WRITE, Verbs::EDIT, "gateway.networking.k8s.io", &["gateways", "httproutes"]),
    wide(
        NETWORK_WRITE,
        Verbs::EDIT,
        "policy.networking.k8s.io",
        &["adminnetworkpolicies", "baselineadminnetworkpolicies", "clusternetworkpolicies"],
    ),
    row(NETWORK_WRITE, Verbs::EDIT, "cilium.io", &["ciliumnetworkpolicies"]),
    wide(NETWORK_WRITE, Verbs::EDIT, "cilium.io", &["ciliumclusterwidenetworkpolicies"]),
    row(NETWORK_WRITE, Verbs::EDIT, "projectcalico.org", &["networkpolicies"]),
    wide(NETWORK_WRITE, Verbs::EDIT, "projectcalico.org", &["globalnetworkpolicies", "tiers"]),
    row(NETWORK_WRITE, Verbs::EDIT, "crd.projectcalico.org", &["networkpolicies"]),
    wide(NETWORK_WRITE, Verbs::EDIT, "crd.projectcalico.org", &["globalnetworkpolicies", "tiers"]),
    row(NETPOL_DELETE, only("delete"), "networking.k8s.io", &["networkpolicies"]),
    row(ENDPOINTS_WRITE, Verbs::WRITE, "", &["endpoints"]),
    row(ENDPOINTS_WRITE, Verbs::WRITE, "discovery.k8s.io", &["endpointslices"]),
    row(SERVICE_STATUS, Verbs::CHANGE, "", &["services/status"]),
    wide(NODES_WRITE, Verbs::EDIT, "", &["nodes"]),
    wide(STATUS_WRITE, Verbs::CHANGE, "", &["nodes/status"]),
    row(STATUS_WRITE, Verbs::CHANGE, "", &["pods/status"]),
    row(
        WORKLOADS_DELETE,
        Verbs::DELETE,
        "",
        &["pods", "persistentvolumeclaims", "secrets", "configmaps", "services", "replicationcontrollers"],
    ),
    row(WORKLOADS_DELETE, Verbs::DELETE, "apps", APPS),
    row(WORKLOADS_DELETE, Verbs::DELETE, "batch", BATCH),
    // A request for one namespace is authorized in that namespace.
    row(WIDE_DELETE, Verbs::DELETE, "", &["namespaces"]),
    wide(WIDE_DELETE, Verbs::DELETE, "", &["persistentvolumes"]),
    row(EVENTS_DELETE, Verbs::DELETE, "", &["events"]),
    row(EVENTS_DELETE, Verbs::DELETE, "events.k8s.io", &["events"]),
    row(LOGS_DELETE, Verbs::DELETE, "", &["pods/log"]),
    // A change through the subresource `status` sets labels, too.
    row(NAMESPACES_CHANGE, Verbs::CHANGE, "", &["namespaces", "namespaces/status"]),
    wide(API_SERVICES_WRITE, Verbs::WRITE, "apiregistration.k8s.io", &["apiservices"]),
    wide(CRDS_WRITE, Verbs::WRITE, "apiextensions.k8s.io", &["customresourcedefinitions"]),
    wide(STORAGE_CLASSES_READ, Verbs::READ, "storage.k8s.io", &["storageclasses"]),
];

/// Rights that are no matter of single resources: those that hold in any scope, and those of the whole cluster only.
pub(super) fn beside_the_table(rule: &PolicyRule<&str>) -> (Rights, Rights) {
    let star = |list: &[&str]| list.contains(&"*");
    let (verbs, groups, resources) = (star(&rule.verbs), star(&rule.api_groups), star(&rule.resources));
    let mut all = match (verbs, groups, resources) {
        _ if rule.resources.is_empty() || rule.verbs.is_empty() || rule.api_groups.is_empty() => Rights::NONE,
        (true, true, true) => WILDCARD_ALL,
        (true, _, _) => WILDCARD_VERB,
        (false, _, true) => WILDCARD_RESOURCE,
        (false, _, false) if rule.resources.iter().any(|item| item.starts_with("*/")) => WILDCARD_SUBRESOURCE,
        (false, true, false) => WILDCARD_GROUP,
        (false, false, false) => Rights::NONE,
    };
    if rule.verbs.iter().any(|verb| !matches!(*verb, "get" | "list" | "watch")) {
        all |= ANY_WRITE;
    }
    if rule.verbs.iter().any(|verb| verb.starts_with("impersonate:") || verb.starts_with("impersonate-on:")) {
        all |= CONSTRAINED;
    }
    let of_group = groups || rule.api_groups.contains(&"authentication.k8s.io");
    let cluster = if of_group && (verbs || rule.verbs.contains(&"impersonate")) && extras(rule).is_some() {
        IMPERSONATE_DETAILS
    } else {
        Rights::NONE
    };
    (all, cluster)
}

/// The entry of a rule's `resources` that means some extra field of a user: `userextras/KEY`, whose keys are free.
pub(crate) fn extras(rule: &PolicyRule<&str>) -> Option<usize> {
    let key = |item: &str| match item.split_once('/') {
        Some((parent, key)) => matches!(parent, "userextras" | "*") && key != "*",
        None => resource_matches(item, "userextras"),
    };
    rule.resources.iter().position(|item| key(item))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_right_has_a_bit_of_its_own() {
        let mut bits = BITS.to_vec();
        bits.sort_unstable();
        bits.dedup();
        assert_eq!(bits.len(), BITS.len());
        assert!(bits.iter().all(|&bit| bit < 64));
    }
}
