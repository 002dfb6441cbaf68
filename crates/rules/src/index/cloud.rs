use rampart_document::Node;
use rampart_document::mismatches::aside;
use rampart_model::{GroupKind, Inventory, ObjectId};

use crate::Context;

/// What the nodes tell of the cloud that they run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cloud {
    /// No node was read.
    Unread,
    /// Nodes were read, and none names a provider.
    Unnamed,
    /// The provider has no metadata service.
    WithoutMetadata,
    /// A provider with a metadata service.
    Known {
        /// The provider.
        provider: &'static Provider,
        /// The first node that names it.
        node: ObjectId,
        /// True when every node runs a server of the provider that keeps pods from the node's credentials (GKE).
        guarded: bool,
    },
}

/// A provider with a metadata service.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Provider {
    /// Start of `spec.providerID`.
    id: &'static str,
    /// As messages name it.
    pub(crate) name: &'static str,
    /// Addresses of the service.
    pub(crate) addresses: &'static [&'static str],
}

const USUAL: &[&str] = &["169.254.169.254"];

/// Source: the documentation of each provider's metadata service.
static PROVIDERS: &[Provider] = &[
    Provider { id: "aws://", name: "AWS", addresses: &["169.254.169.254", "fd00:ec2::254"] },
    Provider { id: "gce://", name: "Google Cloud", addresses: USUAL },
    Provider { id: "azure://", name: "Azure", addresses: USUAL },
    Provider { id: "alicloud://", name: "Alibaba Cloud", addresses: &["100.100.100.200"] },
    Provider { id: "digitalocean://", name: "DigitalOcean", addresses: USUAL },
    Provider { id: "openstack://", name: "OpenStack", addresses: USUAL },
    Provider { id: "ibm://", name: "IBM Cloud", addresses: USUAL },
    Provider { id: "oci://", name: "Oracle Cloud", addresses: USUAL },
    Provider { id: "ocid1.", name: "Oracle Cloud", addresses: USUAL },
    Provider { id: "hcloud://", name: "Hetzner Cloud", addresses: USUAL },
    Provider { id: "linode://", name: "Linode", addresses: USUAL },
    Provider { id: "vultr://", name: "Vultr", addresses: USUAL },
    Provider { id: "scaleway://", name: "Scaleway", addresses: &["169.254.42.42"] },
    Provider { id: "exoscale://", name: "Exoscale", addresses: USUAL },
    Provider { id: "yandex://", name: "Yandex Cloud", addresses: USUAL },
];

/// Providers of nodes that have none.
const WITHOUT: [&str; 6] = ["kind://", "k3s://", "vsphere://", "metal3://", "baremetal://", "minikube://"];

impl Cloud {
    pub(crate) fn of(inventory: &Inventory) -> Self {
        let mut cloud = Self::Unread;
        for node in inventory.of_kind(GroupKind::core("Node")) {
            let id = node.field(&["spec", "providerID"]).and_then(Node::scalar_text).unwrap_or("");
            if let Some(provider) = PROVIDERS.iter().find(|provider| id.starts_with(provider.id)) {
                return Self::Known { provider, node: node.id(), guarded: is_guarded(inventory) };
            }
            if WITHOUT.iter().any(|start| id.starts_with(start)) {
                cloud = Self::WithoutMetadata;
            } else if cloud == Self::Unread {
                cloud = Self::Unnamed;
            }
        }
        cloud
    }
}

fn is_guarded(inventory: &Inventory) -> bool {
    let label = "iam.gke.io/gke-metadata-server-enabled";
    inventory.of_kind(GroupKind::core("Node")).all(|node| node.labels().get(label) == Some("true"))
}

impl Context<'_> {
    /// What the nodes tell of the cloud that they run on.
    pub(crate) fn cloud(&self) -> Cloud {
        *self.indexes().cloud.get_or_init(|| aside(|| Cloud::of(self.inventory)))
    }
}
