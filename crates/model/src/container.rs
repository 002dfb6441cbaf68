use rampart_document::{FieldPath, Node};

use crate::SecurityContext;
use crate::security::fields;

/// Which of a pod's container lists a container stands in, and how it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ContainerKind {
    /// `initContainers` entry that runs to its end before the others start.
    Init,
    /// `initContainers` entry with `restartPolicy: Always` (Kubernetes 1.29), or a Tekton sidecar: runs beside the others.
    Sidecar,
    /// `containers` entry, or a Tekton step.
    Main,
    /// `ephemeralContainers` entry: a debug session.
    Ephemeral,
}

impl ContainerKind {
    /// As messages name it: `container`, `init container`, ….
    pub fn noun(self) -> &'static str {
        match self {
            Self::Init => "init container",
            Self::Sidecar => "sidecar",
            Self::Main => "container",
            Self::Ephemeral => "ephemeral container",
        }
    }
}

fields! {
    /// The fields of a container, found in one pass.
    ContainerFields {
        /// `name`
        name: "name",
        /// `image`
        image: "image",
        /// `imagePullPolicy`
        image_pull_policy: "imagePullPolicy",
        /// `command`
        command: "command",
        /// `args`
        args: "args",
        /// `env`
        env: "env",
        /// `envFrom`
        env_from: "envFrom",
        /// `ports`
        ports: "ports",
        /// `resources`
        resources: "resources",
        /// `computeResources` (Tekton)
        compute_resources: "computeResources",
        /// `volumeMounts`
        volume_mounts: "volumeMounts",
        /// `volumeDevices`
        volume_devices: "volumeDevices",
        /// `livenessProbe`
        liveness_probe: "livenessProbe",
        /// `readinessProbe`
        readiness_probe: "readinessProbe",
        /// `startupProbe`
        startup_probe: "startupProbe",
        /// `lifecycle`
        lifecycle: "lifecycle",
        /// `restartPolicy`
        restart_policy: "restartPolicy",
        /// `securityContext`
        security_context: "securityContext",
        /// `script` (Tekton)
        script: "script",
    }
}

/// A container of a pod template, of any [`ContainerKind`].
#[derive(Debug, Clone, Copy)]
pub struct Container<'a> {
    /// Which list it stands in and how it runs.
    pub kind: ContainerKind,
    /// The field of the pod spec that lists it: `containers`, `initContainers`, ….
    pub list: &'static str,
    /// Index in that list.
    pub index: usize,
    /// Its mapping.
    pub node: Node<'a>,
    /// Its fields.
    pub fields: ContainerFields<'a>,
    /// Its `securityContext`.
    pub security: SecurityContext<'a>,
}

/// `requests` or `limits`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    /// `resources.requests`
    Requests,
    /// `resources.limits`
    Limits,
}

/// One entry of `env`.
#[derive(Debug, Clone, Copy)]
pub struct Env<'a> {
    /// Index in `env`.
    pub index: usize,
    /// Variable name.
    pub name: &'a str,
    /// Where its value comes from.
    pub source: EnvSource<'a>,
}

/// Where the value of an [`Env`] comes from.
#[derive(Debug, Clone, Copy)]
pub enum EnvSource<'a> {
    /// A literal (empty when `value` is absent).
    Literal(&'a str),
    /// `valueFrom`, as its node (`secretKeyRef`, `configMapKeyRef`, `fieldRef`, `resourceFieldRef`, `fileKeyRef`).
    From(Node<'a>),
}

/// Which probe of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProbeKind {
    /// `livenessProbe`
    Liveness,
    /// `readinessProbe`
    Readiness,
    /// `startupProbe`
    Startup,
}

impl ProbeKind {
    /// The container field.
    pub fn field(self) -> &'static str {
        match self {
            Self::Liveness => "livenessProbe",
            Self::Readiness => "readinessProbe",
            Self::Startup => "startupProbe",
        }
    }
}

/// A probe that a container has.
#[derive(Debug, Clone, Copy)]
pub struct Probe<'a> {
    /// Which one.
    pub kind: ProbeKind,
    /// Its mapping.
    pub node: Node<'a>,
}

impl<'a> Container<'a> {
    pub(crate) fn read(kind: ContainerKind, list: &'static str, index: usize, node: Node<'a>) -> Self {
        let fields = ContainerFields::read(Some(node));
        let always = fields.restart_policy.and_then(Node::scalar_text) == Some("Always");
        let kind = if kind == ContainerKind::Init && always { ContainerKind::Sidecar } else { kind };
        Self { kind, list, index, node, fields, security: SecurityContext::read(fields.security_context) }
    }

    /// `name`, or empty.
    pub fn name(&self) -> &'a str {
        self.fields.name.and_then(Node::scalar_text).unwrap_or("")
    }

    /// `image`, when it is text.
    pub fn image(&self) -> Option<&'a str> {
        self.fields.image.and_then(Node::as_str).map(str::trim).filter(|text| !text.is_empty())
    }

    /// As messages name it: ``container `web` ``.
    pub fn title(&self) -> String {
        format!("{} `{}`", self.kind.noun(), self.name())
    }

    /// The container's path from the pod template: `spec.containers[0]`.
    pub fn root(&self) -> FieldPath {
        FieldPath::root().key("spec").key(self.list).index(self.index)
    }

    /// A field of this container as a path from the pod template; `field` is written like `securityContext.privileged`
    /// or `ports[0].hostPort`.
    pub fn path(&self, field: &str) -> FieldPath {
        match FieldPath::parse(field) {
            Ok(tail) => self.root().join(&tail),
            Err(_) => self.root().key(field),
        }
    }

    /// True for containers that run as long as the pod: `containers` and sidecars.
    pub fn runs_on(&self) -> bool {
        matches!(self.kind, ContainerKind::Main | ContainerKind::Sidecar)
    }

    /// `securityContext.privileged`; unset means false.
    pub fn is_privileged(&self) -> bool {
        self.security.privileged.and_then(Node::as_bool) == Some(true)
    }

    /// `resources.requests` or `resources.limits` entry as its node.
    pub fn resource(&self, which: Resource, name: &str) -> Option<Node<'a>> {
        let key = match which {
            Resource::Requests => "requests",
            Resource::Limits => "limits",
        };
        self.fields.resources.or(self.fields.compute_resources)?.field(key)?.field(name)
    }

    /// The entries of `env`.
    pub fn env(&self) -> impl Iterator<Item = Env<'a>> + use<'a> {
        let list = self.fields.env.and_then(Node::as_seq);
        list.into_iter().flat_map(Node::items).enumerate().filter_map(|(index, entry)| {
            let name = entry.field("name").and_then(Node::as_str)?;
            let source = match entry.field("valueFrom") {
                Some(from) => EnvSource::From(from),
                None => EnvSource::Literal(entry.field("value").and_then(Node::as_str).unwrap_or("")),
            };
            Some(Env { index, name, source })
        })
    }

    /// The entries of `ports` with their indexes.
    pub fn ports(&self) -> impl Iterator<Item = (usize, Node<'a>)> + use<'a> {
        self.fields.ports.and_then(Node::as_seq).into_iter().flat_map(Node::items).enumerate()
    }

    /// The entries of `volumeMounts` with their indexes.
    pub fn volume_mounts(&self) -> impl Iterator<Item = (usize, Node<'a>)> + use<'a> {
        self.fields.volume_mounts.and_then(Node::as_seq).into_iter().flat_map(Node::items).enumerate()
    }

    /// `command` or `args` as texts with their indexes.
    pub fn argv(&self, list: Option<Node<'a>>) -> impl Iterator<Item = (usize, &'a str)> + use<'a> {
        let items = list.and_then(Node::as_seq).into_iter().flat_map(Node::items).enumerate();
        items.filter_map(|(index, item)| Some((index, item.as_str()?)))
    }

    /// The texts of `command` and then of `args`, each with its field and its index there.
    pub fn words(&self) -> impl Iterator<Item = (&'static str, usize, &'a str)> + use<'a> {
        let command = self.argv(self.fields.command).map(|(index, word)| ("command", index, word));
        command.chain(self.argv(self.fields.args).map(|(index, word)| ("args", index, word)))
    }

    /// One probe.
    pub fn probe(&self, kind: ProbeKind) -> Option<Probe<'a>> {
        let node = match kind {
            ProbeKind::Liveness => self.fields.liveness_probe,
            ProbeKind::Readiness => self.fields.readiness_probe,
            ProbeKind::Startup => self.fields.startup_probe,
        };
        node.map(|node| Probe { kind, node })
    }
}
