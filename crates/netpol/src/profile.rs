//! What a network plugin does where the policy APIs leave room.

/// How something behaves: the documentation settles it, or nobody can know from here.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Tri {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// Undefined or unknown: answers that rest on it are unknown.
    Unknown,
}

/// A network plugin's choices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Name as given to `--cni`.
    pub name: &'static str,
    /// NetworkPolicy is enforced at all.
    pub enforces: Tri,
    /// AdminNetworkPolicy, BaselineAdminNetworkPolicy and ClusterNetworkPolicy are enforced.
    pub enforces_cluster_policies: Tri,
    /// An `ipBlock` matches pods whose address lies in it.
    pub blocks_match_pods: Tri,
    /// A block of an API that says so (`networks`) matches pods whose address lies in it.
    pub networks_match_pods: Tri,
    /// An `ipBlock` matches nodes (and hostNetwork pods) whose address lies in it.
    pub blocks_match_nodes: Tri,
    /// Policies bind hostNetwork pods like other pods.
    pub binds_host_network: Tri,
    /// Pod selectors match hostNetwork pods as peers.
    pub selects_host_network: Tri,
    /// A pod may always be reached from its own node (kubelet probes).
    pub own_node_in: Tri,
    /// A pod may always reach its own node.
    pub own_node_out: Tri,
    /// A pod may always reach itself.
    pub itself: Tri,
    /// Isolation also stops protocols other than TCP, UDP and SCTP.
    pub isolates_other_protocols: Tri,
}

const SPEC: Profile = Profile {
    name: "spec",
    enforces: Tri::Yes,
    enforces_cluster_policies: Tri::Yes,
    blocks_match_pods: Tri::Unknown,
    networks_match_pods: Tri::Yes,
    blocks_match_nodes: Tri::Unknown,
    binds_host_network: Tri::Unknown,
    selects_host_network: Tri::Unknown,
    own_node_in: Tri::Yes,
    own_node_out: Tri::Yes,
    itself: Tri::Yes,
    isolates_other_protocols: Tri::Unknown,
};

const BY_ADDRESS: Profile = Profile {
    blocks_match_pods: Tri::Yes,
    blocks_match_nodes: Tri::Yes,
    binds_host_network: Tri::No,
    selects_host_network: Tri::No,
    isolates_other_protocols: Tri::Yes,
    ..SPEC
};

const NOTHING: Profile = Profile { enforces: Tri::No, enforces_cluster_policies: Tri::No, ..BY_ADDRESS };

impl Profile {
    /// Only what the API texts promise; everything they leave open is unknown.
    pub fn spec() -> Self {
        SPEC
    }

    /// The profiles by name, in the order help texts list them.
    pub fn all() -> Vec<Self> {
        vec![
            SPEC,
            Self { name: "calico", own_node_out: Tri::No, ..BY_ADDRESS },
            Self {
                name: "cilium",
                blocks_match_pods: Tri::No,
                blocks_match_nodes: Tri::No,
                enforces_cluster_policies: Tri::Unknown,
                own_node_out: Tri::No,
                ..BY_ADDRESS
            },
            Self { name: "antrea", own_node_out: Tri::No, ..BY_ADDRESS },
            Self { name: "ovn-kubernetes", own_node_out: Tri::No, ..BY_ADDRESS },
            Self { name: "kube-router", enforces_cluster_policies: Tri::No, ..BY_ADDRESS },
            Self { name: "kindnet", itself: Tri::Unknown, own_node_out: Tri::Unknown, ..BY_ADDRESS },
            Self {
                name: "aws",
                enforces_cluster_policies: Tri::Unknown,
                itself: Tri::Unknown,
                own_node_out: Tri::Unknown,
                ..BY_ADDRESS
            },
            Self {
                name: "azure",
                enforces_cluster_policies: Tri::No,
                own_node_out: Tri::Unknown,
                ..BY_ADDRESS
            },
            Self {
                name: "gke",
                blocks_match_pods: Tri::No,
                blocks_match_nodes: Tri::No,
                enforces_cluster_policies: Tri::Unknown,
                own_node_out: Tri::Unknown,
                ..BY_ADDRESS
            },
            Self { name: "flannel", ..NOTHING },
            Self { name: "none", ..NOTHING },
        ]
    }

    /// Whether policy objects of another plugin's own API are enforced. Without a plugin named, objects that are
    /// there are taken to be in force.
    pub fn enforces_objects_of(&self, plugin: &str) -> Tri {
        match self.name {
            name if name == plugin => Tri::Yes,
            "none" | "calico" | "cilium" | "antrea" | "ovn-kubernetes" => Tri::No,
            "flannel" | "kindnet" | "kube-router" | "aws" | "azure" | "gke" => Tri::Unknown,
            _ => Tri::Yes,
        }
    }

    /// The profile of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::all().into_iter().find(|profile| profile.name == name)
    }
}

impl Default for Profile {
    fn default() -> Self {
        SPEC
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found() {
        for profile in Profile::all() {
            assert_eq!(Profile::named(profile.name), Some(profile.clone()), "{}", profile.name);
        }
        assert_eq!(Profile::named("unheard-of"), None);
    }
}
