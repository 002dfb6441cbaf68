//! Who refers to whom by name: Secrets, ConfigMaps, claims, accounts, classes, roles.

mod makers;
mod objects;
mod pods;

use rampart_document::mismatches::aside;
use rampart_document::{FieldPath, Node};
use rampart_model::{GroupKind, Object, ObjectId};
use rustc_hash::{FxHashMap, FxHashSet};

pub(crate) use makers::Makers;
pub(crate) use objects::of_object;
pub(crate) use pods::of_pod;

use crate::Context;

/// The kinds that references name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Named {
    ConfigMap,
    Secret,
    ServiceAccount,
    Claim,
    Volume,
    StorageClass,
    PriorityClass,
    RuntimeClass,
    ProviderClass,
    Service,
    Role,
    ClusterRole,
}

impl Named {
    /// Group and kind.
    pub(crate) const fn kind(self) -> GroupKind<'static> {
        match self {
            Self::ConfigMap => GroupKind::core("ConfigMap"),
            Self::Secret => GroupKind::core("Secret"),
            Self::ServiceAccount => GroupKind::core("ServiceAccount"),
            Self::Claim => GroupKind::core("PersistentVolumeClaim"),
            Self::Volume => GroupKind::core("PersistentVolume"),
            Self::StorageClass => GroupKind::new("storage.k8s.io", "StorageClass"),
            Self::PriorityClass => GroupKind::new("scheduling.k8s.io", "PriorityClass"),
            Self::RuntimeClass => GroupKind::new("node.k8s.io", "RuntimeClass"),
            Self::ProviderClass => GroupKind::new("secrets-store.csi.x-k8s.io", "SecretProviderClass"),
            Self::Service => GroupKind::core("Service"),
            Self::Role => GroupKind::new("rbac.authorization.k8s.io", "Role"),
            Self::ClusterRole => GroupKind::new("rbac.authorization.k8s.io", "ClusterRole"),
        }
    }
}

/// Kind, namespace (`None` for cluster-scoped kinds) and name.
pub(crate) type Target<'a> = (Named, Option<&'a str>, &'a str);

/// What a reference is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Via {
    /// An environment variable or `envFrom`.
    Env,
    /// Files of a volume.
    Files,
    /// The login of a storage driver.
    Driver,
    /// Pulling images.
    Pull,
    /// The certificate of an Ingress or Gateway.
    Tls,
    /// Anything else.
    Other,
}

/// The key of the target that a reference asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key<'a> {
    pub(crate) name: &'a str,
    /// Index in `items`; `None` when the key stands beside the name.
    pub(crate) item: Option<usize>,
}

/// Who in a pod gets what a reference names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder<'a> {
    /// The container at this index of the pod's containers.
    Container(usize),
    /// Whoever mounts the volume of this name.
    Volume(&'a str),
    /// The kubelet, or somebody outside the pod.
    Other,
}

/// One reference.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reference<'a> {
    pub(crate) target: Target<'a>,
    pub(crate) key: Option<Key<'a>>,
    /// The field of its mapping that holds the name.
    pub(crate) field: &'static str,
    pub(crate) optional: bool,
    pub(crate) via: Via,
    pub(crate) holder: Holder<'a>,
}

impl Reference<'_> {
    /// Where the name stands, given the path of the reference's mapping.
    pub(crate) fn name_path(&self, mapping: &FieldPath) -> FieldPath {
        mapping.key(self.field)
    }

    /// Where the key stands, if there is one.
    pub(crate) fn key_path(&self, mapping: &FieldPath) -> Option<FieldPath> {
        Some(match self.key?.item {
            Some(index) => mapping.key("items").index(index).key("key"),
            None => mapping.key("key"),
        })
    }
}

/// Takes references as they are found; the function gives the path of the reference's mapping and costs only when asked.
pub(crate) type Visit<'v, 'a> = dyn FnMut(Reference<'a>, &dyn Fn() -> FieldPath) + 'v;

/// A scalar that is a name.
fn text(node: Option<Node<'_>>) -> Option<&str> {
    node.and_then(Node::scalar_text).filter(|text| !text.is_empty())
}

/// All references of the input by what they name.
#[derive(Debug, Default)]
pub(crate) struct References<'a> {
    users: FxHashMap<Target<'a>, Vec<ObjectId>>,
    /// Namespace and `TEMPLATE-SET` of the claims that StatefulSets make and number.
    numbered_claims: FxHashSet<(Option<&'a str>, String)>,
}

impl<'a> References<'a> {
    fn build(context: &Context<'a>) -> Self {
        let mut all = Self::default();
        for object in context.inventory.objects() {
            let users = &mut all.users;
            let mut note = |reference: Reference<'a>, _: &dyn Fn() -> FieldPath| {
                let list = users.entry(reference.target).or_default();
                if list.last() != Some(&object.id()) {
                    list.push(object.id());
                }
            };
            if let Some(pod) = context.carriers.pod(object) {
                of_pod(&pod, object.effective_namespace(), &mut note);
                all.numbered(object);
            } else {
                of_object(object, &mut note);
            }
        }
        all
    }

    fn numbered(&mut self, object: Object<'a>) {
        if object.kind() != "StatefulSet" {
            return;
        }
        for template in object.field(&["spec", "volumeClaimTemplates"]).into_iter().flat_map(Node::items) {
            if let Some(name) = text(template.get("metadata").and_then(|metadata| metadata.get("name"))) {
                let claim = format!("{name}-{}", object.name());
                self.numbered_claims.insert((object.effective_namespace(), claim));
            }
        }
    }

    /// The objects that refer to a target, in input order, each once.
    pub(crate) fn users<'s>(&'s self, target: Target<'s>) -> &'s [ObjectId] {
        self.users.get(&target).map_or(&[], Vec::as_slice)
    }

    /// True for the claim `data-db-0` of a StatefulSet `db` with the claim template `data`.
    pub(crate) fn is_numbered_claim(&self, namespace: Option<&'a str>, name: &str) -> bool {
        name.rsplit_once('-').is_some_and(|(stem, ordinal)| {
            ordinal.bytes().all(|b| b.is_ascii_digit())
                && self.numbered_claims.contains(&(namespace, stem.to_owned()))
        })
    }
}

/// What became of a reference.
#[derive(Debug, Clone)]
pub(crate) enum Found<'a> {
    /// The object was read.
    Here(Object<'a>),
    /// A controller makes it.
    Made,
    /// It does not exist.
    Missing,
    /// It may exist outside of what was read; the reason.
    NotRead(String),
}

impl<'a> Context<'a> {
    /// Who refers to whom.
    pub(crate) fn references(&self) -> &References<'a> {
        self.indexes().references.get_or_init(|| aside(|| References::build(self)))
    }

    /// What controllers make.
    pub(crate) fn makers(&self) -> &Makers<'a> {
        self.indexes().makers.get_or_init(|| aside(|| Makers::build(self.inventory)))
    }

    /// Looks for what a reference names.
    pub(crate) fn look_up(&self, (named, namespace, name): Target<'_>) -> Found<'a> {
        let kind = named.kind();
        if let Some(object) = self.inventory.find(kind, namespace, name) {
            return Found::Here(object);
        }
        if self.makers().makes((named, namespace, name)) {
            return Found::Made;
        }
        self.inventory.coverage().gap(kind, namespace).map_or(Found::Missing, Found::NotRead)
    }
}
