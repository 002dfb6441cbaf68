use rampart_document::{FieldPath, Node};
use smallvec::SmallVec;

use crate::security::fields;
use crate::{CarrierKind, Container, ContainerKind, Labels, PodSecurity, SecurityContext};

fields! {
    /// The fields of a pod spec, found in one pass.
    PodFields {
        /// `hostPID`
        host_pid: "hostPID",
        /// `hostIPC`
        host_ipc: "hostIPC",
        /// `hostNetwork`
        host_network: "hostNetwork",
        /// `hostUsers`
        host_users: "hostUsers",
        /// `hostAliases`
        host_aliases: "hostAliases",
        /// `os`
        os: "os",
        /// `volumes`
        volumes: "volumes",
        /// `securityContext`
        security_context: "securityContext",
        /// `serviceAccountName`
        service_account_name: "serviceAccountName",
        /// `serviceAccount`
        service_account: "serviceAccount",
        /// `automountServiceAccountToken`
        automount_service_account_token: "automountServiceAccountToken",
        /// `imagePullSecrets`
        image_pull_secrets: "imagePullSecrets",
        /// `resources`
        resources: "resources",
        /// `restartPolicy`
        restart_policy: "restartPolicy",
        /// `priorityClassName`
        priority_class_name: "priorityClassName",
        /// `affinity`
        affinity: "affinity",
        /// `topologySpreadConstraints`
        topology_spread_constraints: "topologySpreadConstraints",
        /// `nodeName`
        node_name: "nodeName",
    }
}

/// Where an effective value was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// On the container.
    Container,
    /// On the pod, for all its containers.
    Pod,
}

/// A pod template (or a pod): its spec, metadata and containers of every kind.
#[derive(Debug, Clone)]
pub struct Pod<'a> {
    /// What runs it.
    pub carrier: CarrierKind,
    /// The mapping that holds `metadata` and `spec`; paths of findings start here.
    pub template: Node<'a>,
    /// Its `spec`.
    pub spec: Node<'a>,
    /// The fields of the spec.
    pub fields: PodFields<'a>,
    /// `spec.securityContext`.
    pub security: PodSecurity<'a>,
    /// Path from the object to the template.
    pub prefix: FieldPath,
    containers: SmallVec<[Container<'a>; 3]>,
}

impl<'a> Pod<'a> {
    pub(crate) fn new(
        template: Node<'a>,
        carrier: CarrierKind,
        steps: bool,
        prefix: FieldPath,
    ) -> Option<Self> {
        let spec = template.get("spec").filter(|spec| !spec.is_null())?;
        let fields = PodFields::read(Some(spec));
        let mut containers = SmallVec::new();
        let mut lists = [("", None, ContainerKind::Main); 3];
        for (key, _, value) in spec.entries() {
            match (key, steps) {
                ("initContainers", false) => lists[0] = ("initContainers", Some(value), ContainerKind::Init),
                ("containers", false) => lists[1] = ("containers", Some(value), ContainerKind::Main),
                ("ephemeralContainers", false) => {
                    lists[2] = ("ephemeralContainers", Some(value), ContainerKind::Ephemeral);
                }
                ("steps", true) => lists[0] = ("steps", Some(value), ContainerKind::Main),
                ("sidecars", true) => lists[1] = ("sidecars", Some(value), ContainerKind::Sidecar),
                _ => {}
            }
        }
        for (list, value, kind) in lists {
            let items = value.and_then(Node::as_seq).into_iter().flat_map(Node::items).enumerate();
            containers.extend(items.map(|(index, node)| Container::read(kind, list, index, node)));
        }
        let security = PodSecurity::read(fields.security_context);
        Some(Self { carrier, template, spec, fields, security, prefix, containers })
    }

    /// All containers: init containers and sidecars, containers, ephemeral containers, in this order.
    pub fn containers(&self) -> &[Container<'a>] {
        &self.containers
    }

    /// All but ephemeral containers.
    pub fn lasting_containers(&self) -> impl Iterator<Item = &Container<'a>> {
        self.containers.iter().filter(|container| container.kind != ContainerKind::Ephemeral)
    }

    /// Containers and sidecars: what runs as long as the pod.
    pub fn running_containers(&self) -> impl Iterator<Item = &Container<'a>> {
        self.containers.iter().filter(|container| container.runs_on())
    }

    /// Labels of the pod template.
    pub fn labels(&self) -> Labels<'a> {
        Labels::new(self.metadata("labels"))
    }

    /// Annotations of the pod template.
    pub fn annotations(&self) -> Labels<'a> {
        Labels::new(self.metadata("annotations"))
    }

    fn metadata(&self, key: &str) -> Option<Node<'a>> {
        self.template.get("metadata").filter(|node| !node.is_null())?.field(key)
    }

    /// A field of the pod spec as a path from the template: `pod.path("hostPID")` is `spec.hostPID`.
    pub fn path(&self, field: &str) -> FieldPath {
        let spec = FieldPath::root().key("spec");
        match FieldPath::parse(field) {
            Ok(tail) => spec.join(&tail),
            Err(_) => spec.key(field),
        }
    }

    /// True when `spec.os.name` is `windows`: the API forbids most of the Linux security fields then.
    pub fn is_windows(&self) -> bool {
        self.fields.os.and_then(|os| os.field("name")).and_then(Node::as_str) == Some("windows")
    }

    /// True when a boolean field of the spec is set to true.
    pub fn is_set(&self, field: Option<Node<'a>>) -> bool {
        field.and_then(Node::as_bool) == Some(true)
    }

    /// True when `hostUsers` is false: the pod runs in a user namespace of its own.
    pub fn has_user_namespace(&self) -> bool {
        self.fields.host_users.and_then(Node::as_bool) == Some(false)
    }

    /// The value that counts for a container: its own, else the pod's.
    pub fn effective(
        &self,
        own: impl Fn(&SecurityContext<'a>) -> Option<Node<'a>>,
        shared: impl Fn(&PodSecurity<'a>) -> Option<Node<'a>>,
        container: &Container<'a>,
    ) -> Option<(Node<'a>, Level)> {
        own(&container.security)
            .map(|node| (node, Level::Container))
            .or_else(|| shared(&self.security).map(|node| (node, Level::Pod)))
    }

    /// Effective `runAsUser` of a container and where it is set.
    pub fn run_as_user(&self, container: &Container<'a>) -> Option<(i64, Level)> {
        let (node, level) = self.effective(|own| own.run_as_user, |pod| pod.run_as_user, container)?;
        Some((node.as_i64()?, level))
    }

    /// Effective `runAsGroup` of a container and where it is set.
    pub fn run_as_group(&self, container: &Container<'a>) -> Option<(i64, Level)> {
        let (node, level) = self.effective(|own| own.run_as_group, |pod| pod.run_as_group, container)?;
        Some((node.as_i64()?, level))
    }

    /// Effective `runAsNonRoot` of a container and where it is set.
    pub fn run_as_non_root(&self, container: &Container<'a>) -> Option<(bool, Level)> {
        let (node, level) =
            self.effective(|own| own.run_as_non_root, |pod| pod.run_as_non_root, container)?;
        Some((node.as_bool()?, level))
    }

    /// The path of a `securityContext` field where it counts for this container.
    pub fn security_path(&self, container: &Container<'a>, level: Level, field: &str) -> FieldPath {
        match level {
            Level::Container => container.path(&format!("securityContext.{field}")),
            Level::Pod => self.path(&format!("securityContext.{field}")),
        }
    }

    /// The entries of `volumes` with their indexes.
    pub fn volumes(&self) -> impl Iterator<Item = (usize, Node<'a>)> + use<'a> {
        self.fields.volumes.and_then(Node::as_seq).into_iter().flat_map(Node::items).enumerate()
    }

    /// The service account the pod runs as: `serviceAccountName`, else the old `serviceAccount`, else `default`.
    pub fn service_account(&self) -> &'a str {
        let text = |node: Option<Node<'a>>| node.and_then(Node::scalar_text).filter(|text| !text.is_empty());
        text(self.fields.service_account_name)
            .or_else(|| text(self.fields.service_account))
            .unwrap_or("default")
    }
}
