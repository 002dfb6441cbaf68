//! Kinds that carry a pod template, and where it is.

use rampart_document::{FieldPath, Node};

use crate::{GroupKind, Object, Pod};

/// What runs the pods of a carrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CarrierKind {
    /// A pod itself.
    Pod,
    /// Runs until stopped, any number of replicas (Deployment, ReplicaSet, StatefulSet, Rollout, …).
    LongRunning,
    /// One pod a node.
    Daemon,
    /// Runs to its end (Job, CronJob, Tekton tasks).
    Batch,
    /// Only stores a template (PodTemplate).
    Template,
}

/// How one kind carries its pod template.
#[derive(Debug, Clone, Copy)]
pub struct Carrier {
    /// What runs the pods.
    pub kind: CarrierKind,
    /// Fields from the object to the template (the mapping that holds `metadata` and `spec`).
    pub path: &'static [&'static str],
    /// True when the template is a Tekton task: `steps` and `sidecars` instead of a pod spec's containers.
    pub steps: bool,
}

/// A custom kind with a pod template, from configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomCarrier {
    /// API group.
    pub group: String,
    /// Kind.
    pub kind: String,
    /// Path from the object to the template, e.g. `spec.template`.
    pub path: FieldPath,
}

/// All known carriers: the built-in ones and those of the configuration.
#[derive(Debug, Clone, Default)]
pub struct Carriers {
    custom: Vec<CustomCarrier>,
}

const TEMPLATE: &[&str] = &["spec", "template"];

impl Carriers {
    /// Built-in carriers plus `custom` ones.
    pub fn new(custom: Vec<CustomCarrier>) -> Self {
        Self { custom }
    }

    /// How a built-in kind carries its template; `None` when it has none.
    pub fn built_in(kind: GroupKind<'_>) -> Option<Carrier> {
        use CarrierKind::{Batch, Daemon, LongRunning, Pod, Template};
        let (carrier, path): (_, &'static [&'static str]) = match (kind.group, kind.kind) {
            ("", "Pod") => (Pod, &[]),
            ("", "PodTemplate") => (Template, &["template"]),
            ("", "ReplicationController")
            | ("apps", "Deployment" | "ReplicaSet" | "StatefulSet")
            | ("argoproj.io", "Rollout")
            | ("apps.kruise.io", "CloneSet" | "StatefulSet")
            | ("serving.knative.dev", "Service" | "Configuration")
            | ("apps.openshift.io", "DeploymentConfig") => (LongRunning, TEMPLATE),
            ("agents.x-k8s.io", "Sandbox") | ("extensions.agents.x-k8s.io", "SandboxTemplate") => {
                (LongRunning, &["spec", "podTemplate"])
            }
            ("serving.knative.dev", "Revision") => (LongRunning, &[]),
            ("apps", "DaemonSet") | ("apps.kruise.io", "DaemonSet") => (Daemon, TEMPLATE),
            ("batch", "Job") | ("apps.kruise.io", "BroadcastJob") => (Batch, TEMPLATE),
            ("batch", "CronJob") => (Batch, &["spec", "jobTemplate", "spec", "template"]),
            ("apps.kruise.io", "AdvancedCronJob") => {
                (Batch, &["spec", "template", "jobTemplate", "spec", "template"])
            }
            ("tekton.dev", "Task" | "ClusterTask") => {
                return Some(Carrier { kind: Batch, path: &[], steps: true });
            }
            _ => return None,
        };
        Some(Carrier { kind: carrier, path, steps: false })
    }

    /// True for kinds that carry a pod template.
    pub fn carries(&self, kind: GroupKind<'_>) -> bool {
        let same = |custom: &CustomCarrier| custom.group == kind.group && custom.kind == kind.kind;
        Self::built_in(kind).is_some() || self.custom.iter().any(same)
    }

    /// The pod template of an object, if it carries one. A carrier whose template is missing gives `None`.
    pub fn pod<'a>(&self, object: Object<'a>) -> Option<Pod<'a>> {
        let kind = object.group_kind();
        if let Some(carrier) = Self::built_in(kind) {
            let mut prefix = FieldPath::root();
            carrier.path.iter().for_each(|key| prefix.push_key(key));
            let template = carrier.path.iter().try_fold(object.node(), |node, key| node.get(key))?;
            return Pod::new(template, carrier.kind, carrier.steps, prefix);
        }
        let custom =
            self.custom.iter().find(|custom| custom.group == kind.group && custom.kind == kind.kind)?;
        let template: Node<'a> = object.node().at(&custom.path)?;
        Pod::new(template, CarrierKind::LongRunning, false, custom.path.clone())
    }
}
