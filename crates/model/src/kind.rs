/// A kind in its API group, e.g. `("apps", "Deployment")`; the core group is `""`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupKind<'a> {
    /// API group without version.
    pub group: &'a str,
    /// Kind as in `kind:`.
    pub kind: &'a str,
}

impl<'a> GroupKind<'a> {
    /// The kind `kind` of `group`.
    pub const fn new(group: &'a str, kind: &'a str) -> Self {
        Self { group, kind }
    }

    /// The kind that an `apiVersion` and a `kind` name, in the group that serves it today.
    pub fn of(api_version: &'a str, kind: &'a str) -> Self {
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        Self::new(normalise_group(group, kind), kind)
    }

    /// A kind of the core group.
    pub const fn core(kind: &'a str) -> Self {
        Self::new("", kind)
    }
}

/// The group that serves a kind today, for kinds that moved between groups: `extensions` Deployments are `apps` ones.
/// Source: the Kubernetes deprecation guide.
pub fn normalise_group<'a>(group: &'a str, kind: &str) -> &'a str {
    match (group, kind) {
        ("extensions", "Deployment" | "DaemonSet" | "ReplicaSet") => "apps",
        ("extensions", "Ingress" | "NetworkPolicy") => "networking.k8s.io",
        ("extensions", "PodSecurityPolicy") => "policy",
        _ => group,
    }
}

/// True for built-in kinds that live outside namespaces. Custom kinds are taken as namespaced.
pub fn is_cluster_scoped(group: &str, kind: &str) -> bool {
    match group {
        "" => matches!(kind, "Namespace" | "Node" | "PersistentVolume" | "ComponentStatus"),
        "rbac.authorization.k8s.io" => matches!(kind, "ClusterRole" | "ClusterRoleBinding"),
        "apiextensions.k8s.io"
        | "apiregistration.k8s.io"
        | "admissionregistration.k8s.io"
        | "certificates.k8s.io"
        | "scheduling.k8s.io"
        | "node.k8s.io"
        | "flowcontrol.apiserver.k8s.io"
        | "storagemigration.k8s.io"
        | "internal.apiserver.k8s.io" => true,
        "storage.k8s.io" => kind != "CSIStorageCapacity",
        "networking.k8s.io" => matches!(kind, "IngressClass" | "IPAddress" | "ServiceCIDR"),
        "gateway.networking.k8s.io" => kind == "GatewayClass",
        "policy" => kind == "PodSecurityPolicy",
        "policy.networking.k8s.io" => true,
        "resource.k8s.io" => matches!(kind, "DeviceClass" | "ResourceSlice" | "DeviceTaintRule"),
        "external-secrets.io" => {
            matches!(kind, "ClusterSecretStore" | "ClusterExternalSecret" | "ClusterPushSecret")
        }
        "cilium.io" => kind.starts_with("CiliumClusterwide") || kind == "CiliumNode",
        "projectcalico.org" | "crd.projectcalico.org" => {
            kind.starts_with("Global") || matches!(kind, "Tier" | "HostEndpoint" | "IPPool" | "Profile")
        }
        "kyverno.io" => kind.starts_with("Cluster"),
        "templates.gatekeeper.sh" | "constraints.gatekeeper.sh" => true,
        _ => false,
    }
}
