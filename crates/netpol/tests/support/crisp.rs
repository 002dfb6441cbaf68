//! Profiles for tests.

use rampart_netpol::Tri;

/// A profile without open questions, so that every answer is allowed or denied.
pub fn crisp(blocks_match_pods: Tri) -> rampart_netpol::Profile {
    rampart_netpol::Profile {
        name: "crisp",
        enforces: Tri::Yes,
        enforces_cluster_policies: Tri::Yes,
        blocks_match_pods,
        networks_match_pods: Tri::Yes,
        blocks_match_nodes: Tri::Yes,
        binds_host_network: Tri::No,
        selects_host_network: Tri::No,
        own_node_in: Tri::Yes,
        own_node_out: Tri::Yes,
        itself: Tri::Yes,
        isolates_other_protocols: Tri::Yes,
    }
}
