//! Which nodes each object belongs to. Everything hangs on pods: a pod on its node, and what it names on the pod.

use std::collections::{BTreeSet, HashMap};

/// Kinds of object that can belong to a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Vertex {
    ConfigMap,
    Secret,
    Pod,
    Claim,
    Volume,
    ServiceAccount,
    ResourceClaim,
    Attachment,
    ResourceSlice,
    PodCertificateRequest,
}

/// A pod on a node, and the names in its namespace that it refers to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PodReferences<'a> {
    /// Namespace of the pod.
    pub namespace: &'a str,
    /// Name of the pod.
    pub name: &'a str,
    /// `spec.nodeName`; a pod without one belongs to no node.
    pub node: &'a str,
    /// Whether it mirrors a static pod, which gives the node nothing.
    pub mirror: bool,
    /// `spec.serviceAccountName`, or empty.
    pub service_account: &'a str,
    /// Secrets of image pulls, environments and volumes.
    pub secrets: Vec<&'a str>,
    /// ConfigMaps of environments and volumes.
    pub config_maps: Vec<&'a str>,
    /// PersistentVolumeClaims: named ones, and `pod-volume` for ephemeral volumes.
    pub claims: Vec<String>,
    /// ResourceClaims, by the names in the pod's status where templates made them.
    pub resource_claims: Vec<&'a str>,
}

/// A PersistentVolume that is bound to a claim, and the Secrets that the kubelet needs for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VolumeReferences<'a> {
    /// Name of the volume.
    pub name: &'a str,
    /// Namespace and name in `spec.claimRef`.
    pub claim: (&'a str, &'a str),
    /// Namespace and name of Secrets visible to the kubelet.
    pub secrets: Vec<(&'a str, &'a str)>,
}

type Key = (Vertex, String, String);

/// What belongs to which node.
#[derive(Debug, Clone, Default)]
pub struct NodeGraph {
    nodes: HashMap<Key, BTreeSet<String>>,
    /// Claim of each bound volume.
    claims: HashMap<String, Key>,
    /// Volumes that use a Secret.
    volumes: HashMap<Key, BTreeSet<String>>,
}

impl NodeGraph {
    /// An empty graph.
    pub fn new() -> Self {
        Self::default()
    }

    fn link(&mut self, kind: Vertex, namespace: &str, name: &str, node: &str) {
        if !name.is_empty() && !node.is_empty() {
            self.nodes
                .entry((kind, namespace.to_owned(), name.to_owned()))
                .or_default()
                .insert(node.to_owned());
        }
    }

    /// Adds a pod.
    pub fn pod(&mut self, pod: &PodReferences<'_>) {
        self.link(Vertex::Pod, pod.namespace, pod.name, pod.node);
        if pod.mirror {
            return;
        }
        self.link(Vertex::ServiceAccount, pod.namespace, pod.service_account, pod.node);
        for (kind, names) in [
            (Vertex::Secret, &pod.secrets),
            (Vertex::ConfigMap, &pod.config_maps),
            (Vertex::ResourceClaim, &pod.resource_claims),
        ] {
            for name in names {
                self.link(kind, pod.namespace, name, pod.node);
            }
        }
        for claim in &pod.claims {
            self.link(Vertex::Claim, pod.namespace, claim, pod.node);
        }
    }

    /// Adds a bound volume.
    pub fn volume(&mut self, volume: &VolumeReferences<'_>) {
        let claim = (Vertex::Claim, volume.claim.0.to_owned(), volume.claim.1.to_owned());
        self.claims.insert(volume.name.to_owned(), claim);
        for (namespace, name) in &volume.secrets {
            let secret = (Vertex::Secret, (*namespace).to_owned(), (*name).to_owned());
            self.volumes.entry(secret).or_default().insert(volume.name.to_owned());
        }
    }

    /// Adds a VolumeAttachment with its `spec.nodeName`.
    pub fn attachment(&mut self, name: &str, node: &str) {
        self.link(Vertex::Attachment, "", name, node);
    }

    /// Adds a ResourceSlice with its `spec.nodeName`.
    pub fn resource_slice(&mut self, name: &str, node: &str) {
        self.link(Vertex::ResourceSlice, "", name, node);
    }

    /// Adds a PodCertificateRequest with its `spec.nodeName`.
    pub fn pod_certificate_request(&mut self, namespace: &str, name: &str, node: &str) {
        self.link(Vertex::PodCertificateRequest, namespace, name, node);
    }

    /// Whether an object belongs to a node.
    pub(crate) fn belongs(&self, kind: Vertex, namespace: &str, name: &str, node: &str) -> bool {
        if kind == Vertex::Volume {
            return namespace.is_empty() && self.volume_belongs(name, node);
        }
        let key = (kind, namespace.to_owned(), name.to_owned());
        self.direct(&key, node)
            || self
                .volumes
                .get(&key)
                .is_some_and(|volumes| volumes.iter().any(|v| self.volume_belongs(v, node)))
    }

    fn direct(&self, key: &Key, node: &str) -> bool {
        self.nodes.get(key).is_some_and(|nodes| nodes.contains(node))
    }

    fn volume_belongs(&self, volume: &str, node: &str) -> bool {
        self.claims.get(volume).is_some_and(|claim| self.direct(claim, node))
    }
}
