use rampart_schema::{KindInfo, Schema, Scope, Version};

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

/// True for kinds that live outside namespaces: Kubernetes' own as the API's description has them, and well-known custom
/// ones. Other custom kinds are taken as namespaced.
pub fn is_cluster_scoped(group: &str, kind: &str) -> bool {
    let of_kind = |info: &KindInfo| {
        info.kind == kind && info.group_version.rsplit_once('/').map_or("", |(group, _)| group) == group
    };
    // Scope never changed between versions of a kind.
    match Schema::for_version(Version::NEWEST).kinds().find(of_kind) {
        Some(info) => info.scope == Scope::Cluster,
        None => is_custom_cluster_scoped(group, kind),
    }
}

/// The same for kinds that the API's description does not hold, old and alpha ones of Kubernetes' own among them.
fn is_custom_cluster_scoped(group: &str, kind: &str) -> bool {
    match group {
        // Only ever read, so the description has no object of it.
        "" => kind == "ComponentStatus",
        "internal.apiserver.k8s.io" | "storagemigration.k8s.io" | "policy.networking.k8s.io" => true,
        "gateway.networking.k8s.io" => kind == "GatewayClass",
        "external-secrets.io" => {
            matches!(kind, "ClusterSecretStore" | "ClusterExternalSecret" | "ClusterPushSecret")
        }
        "cilium.io" => kind.starts_with("CiliumClusterwide") || kind == "CiliumNode",
        "projectcalico.org" | "crd.projectcalico.org" => {
            kind.starts_with("Global") || matches!(kind, "Tier" | "HostEndpoint" | "IPPool" | "Profile")
        }
        // Side documents live in no namespace.
        "rampart.dev" => true,
        "kyverno.io" => kind.starts_with("Cluster"),
        "trust.cert-manager.io" => kind == "Bundle",
        "policies.kyverno.io" => kind != "PolicyException" && !kind.starts_with("Namespaced"),
        "policies.kubewarden.io" => kind.starts_with("Cluster") || kind == "PolicyServer",
        "policy.sigstore.dev" => kind == "ClusterImagePolicy",
        "cert-manager.io" => kind == "ClusterIssuer",
        "snapshot.storage.k8s.io" => matches!(kind, "VolumeSnapshotClass" | "VolumeSnapshotContent"),
        "templates.gatekeeper.sh" | "constraints.gatekeeper.sh" => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes() {
        for (group, kind, want) in [
            ("", "Node", true),
            ("", "Pod", false),
            ("", "ComponentStatus", true),
            ("certificates.k8s.io", "CertificateSigningRequest", true),
            ("certificates.k8s.io", "ClusterTrustBundle", true),
            ("certificates.k8s.io", "PodCertificateRequest", false),
            ("storage.k8s.io", "CSIStorageCapacity", false),
            ("storage.k8s.io", "StorageClass", true),
            ("networking.k8s.io", "IngressClass", true),
            ("networking.k8s.io", "IPAddress", true),
            ("resource.k8s.io", "ResourceSlice", true),
            ("resource.k8s.io", "ResourceClaim", false),
            ("resource.k8s.io", "DeviceTaintRule", true),
            ("policy", "PodSecurityPolicy", true),
            ("policy", "PodDisruptionBudget", false),
            ("storagemigration.k8s.io", "StorageVersionMigration", true),
            ("internal.apiserver.k8s.io", "StorageVersion", true),
            ("flowcontrol.apiserver.k8s.io", "FlowSchema", true),
            ("gateway.networking.k8s.io", "GatewayClass", true),
            ("kyverno.io", "ClusterPolicy", true),
            ("policies.kyverno.io", "ValidatingPolicy", true),
            ("policies.kyverno.io", "NamespacedValidatingPolicy", false),
            ("policy.sigstore.dev", "ClusterImagePolicy", true),
            ("snapshot.storage.k8s.io", "VolumeSnapshot", false),
            ("example.com", "Runner", false),
        ] {
            assert_eq!(is_cluster_scoped(group, kind), want, "{group} {kind}");
        }
    }
}
