//! Which network plugin a cluster runs, by the programs it runs on every node.

use rampart_document::FieldPath;
use rampart_model::{Carriers, GroupKind, ImageRef, Inventory, ObjectId};

use crate::profile::Profile;

/// A network plugin that was recognised.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Detected {
    /// Its profile.
    pub profile: Profile,
    /// The object that runs it.
    pub object: ObjectId,
    /// The image that gave it away, in that object's pod template.
    pub image: String,
    /// The pod template's path in the object.
    pub path: FieldPath,
}

/// The end of an image's repository, and the profile it tells. Policy engines stand before the plugins that only move
/// packets: Calico over flannel (Canal) enforces policies, flannel alone does not.
const IMAGES: [(&str, &str); 17] = [
    ("calico/node", "calico"),
    ("tigera/cnx-node", "calico"),
    ("cilium/cilium", "cilium"),
    ("antrea-agent-ubuntu", "antrea"),
    ("antrea-agent-ubi", "antrea"),
    ("antrea-ubuntu", "antrea"),
    ("ovn-kube-ubuntu", "ovn-kubernetes"),
    ("ovn-kube-fedora", "ovn-kubernetes"),
    ("ovn-kubernetes", "ovn-kubernetes"),
    ("kube-router", "kube-router"),
    ("gke-release/netd", "gke"),
    ("azure-npm", "azure"),
    ("aws-network-policy-agent", "aws"),
    ("kindnetd", "kindnet"),
    ("amazon-k8s-cni", "none"),
    ("flannel/flannel", "flannel"),
    ("flannel", "flannel"),
];

/// The plugin by the images of DaemonSets and of the pods of such; `None` when none is known. The AWS plugin enforces
/// policies only through its agent, so without the agent nothing is enforced.
pub fn detect(inventory: &Inventory) -> Option<Detected> {
    let carriers = Carriers::default();
    let mut best: Option<(usize, Detected)> = None;
    let kinds = [GroupKind::new("apps", "DaemonSet"), GroupKind::core("Pod")];
    for object in kinds.into_iter().flat_map(|kind| inventory.of_kind(kind)) {
        let Some(pod) = carriers.pod(object) else { continue };
        for container in pod.lasting_containers() {
            let Some(text) = container.image() else { continue };
            let Some(image) = ImageRef::parse(text) else { continue };
            let repository = image.repository();
            let fits = |end: &str| {
                repository.strip_suffix(end).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
            };
            let Some(rank) = IMAGES.iter().position(|(end, _)| fits(end)) else { continue };
            if best.as_ref().is_some_and(|(known, _)| *known <= rank) {
                continue;
            }
            if let Some(profile) = Profile::named(IMAGES[rank].1) {
                let path = container.path("image");
                let found = Detected { profile, object: object.id(), image: text.to_owned(), path };
                best = Some((rank, found));
            }
        }
    }
    best.map(|(_, found)| found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rampart_document::{Limits, Source, parse_yaml};
    use rampart_model::{InventoryBuilder, Origin};

    fn plugin(images: &[&str]) -> Option<&'static str> {
        let documents: Vec<String> = images
            .iter()
            .map(|image| {
                format!(
                    "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {{name: cni, namespace: kube-system}}\nspec:\n  template:\n    spec:\n      containers:\n      - name: agent\n        image: {image}\n"
                )
            })
            .collect();
        let mut builder = InventoryBuilder::new();
        let source = Source::new("cni.yaml", documents.join("---\n"));
        builder.unit(parse_yaml(&source, &Limits::default()).tree, Origin::File);
        detect(&builder.build().0).map(|found| found.profile.name)
    }

    #[test]
    fn plugins_are_known_by_their_agents() {
        for (images, wanted) in [
            (&["quay.io/calico/node:v3.30.0"][..], Some("calico")),
            (
                &[
                    "registry.example.com:5000/mirror/calico/node@sha256:0123456789012345678901234567890123456789012345678901234567890123",
                ],
                Some("calico"),
            ),
            (&["quay.io/cilium/cilium:v1.18.0"], Some("cilium")),
            (&["docker.io/flannel/flannel:v0.27.0"], Some("flannel")),
            (&["docker.io/flannel/flannel:v0.27.0", "docker.io/calico/node:v3.30.0"], Some("calico")),
            (&["docker.io/kindest/kindnetd:v20250512"], Some("kindnet")),
            (&["602401143452.dkr.ecr.eu-west-1.amazonaws.com/amazon-k8s-cni:v1.20"], Some("none")),
            (&["amazon-k8s-cni:v1.20", "amazon/aws-network-policy-agent:v1.2"], Some("aws")),
            (&["example.com/notcalico/nodes:1", "example.com/my-kindnetd:1"], None),
            (&[], None),
        ] {
            assert_eq!(plugin(images), wanted, "{images:?}");
        }
    }
}
