//! Pod Security admission: what namespaces and the cluster's configuration ask for.

use rampart_document::mismatches::aside;
use rampart_document::{FieldPath, Node};
use rampart_model::{GroupKind, Object, ObjectId};
use rampart_report::Severity;

use crate::Context;
use crate::index::is_system;
use crate::shared::paths::at;

/// A level of the Pod Security Standards, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// Allows everything.
    Privileged,
    /// Forbids what reaches the host.
    Baseline,
    /// Asks for hardened pods.
    Restricted,
}

impl Level {
    pub(super) fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "privileged" => Self::Privileged,
            "baseline" => Self::Baseline,
            "restricted" => Self::Restricted,
            _ => return None,
        })
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Privileged => "privileged",
            Self::Baseline => "baseline",
            Self::Restricted => "restricted",
        }
    }
}

const PREFIX: &str = "pod-security.kubernetes.io/";

/// The label of a mode (`enforce`, `audit-version`, …).
pub(super) fn label(mode: &str) -> String {
    format!("{PREFIX}{mode}")
}

/// Where the label of a mode stands or would stand.
pub(super) fn label_path(mode: &str) -> FieldPath {
    at(&["metadata", "labels", &label(mode)])
}

/// The value of a mode's label.
pub(super) fn value<'a>(namespace: Object<'a>, mode: &str) -> Option<&'a str> {
    namespace.labels().iter().find(|(key, _)| key.strip_prefix(PREFIX) == Some(mode)).map(|(_, value)| value)
}

/// The level of a mode; `None` when the label is absent or names none.
pub(super) fn level(namespace: Object<'_>, mode: &str) -> Option<Level> {
    value(namespace, mode).and_then(Level::parse)
}

/// The stronger one of what is audited and what is warned about.
pub(super) fn reported(namespace: Object<'_>) -> Level {
    let of = |mode| level(namespace, mode).unwrap_or(Level::Privileged);
    of("audit").max(of("warn"))
}

/// What the cluster's AdmissionConfiguration enforces where no label says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClusterDefault {
    /// Nothing that was read says so.
    Unset,
    /// A configuration that lies in another file, named here.
    Elsewhere(ObjectId),
    /// This level.
    Says(Level),
}

const CONFIGURATION: GroupKind<'static> = GroupKind::new("apiserver.config.k8s.io", "AdmissionConfiguration");
const POD_SECURITY: GroupKind<'static> =
    GroupKind::new("pod-security.admission.config.k8s.io", "PodSecurityConfiguration");

/// The Pod Security configurations of the input, each with its object and its path there.
pub(super) fn configurations<'a>(
    context: &Context<'a>,
) -> impl Iterator<Item = (Object<'a>, Option<Node<'a>>, FieldPath)> {
    let inventory = context.inventory;
    let own = inventory.of_kind(POD_SECURITY).map(|object| (object, Some(object.node()), FieldPath::root()));
    let plugins = inventory.of_kind(CONFIGURATION).flat_map(|object| {
        let list = object.field(&["plugins"]).into_iter().flat_map(Node::items).enumerate();
        let ours =
            list.filter(|(_, plugin)| plugin.get("name").and_then(Node::scalar_text) == Some("PodSecurity"));
        ours.map(move |(index, plugin)| {
            (object, plugin.field("configuration"), at(&["plugins"]).index(index).key("configuration"))
        })
    });
    own.chain(plugins)
}

impl<'a> Context<'a> {
    /// What is enforced in namespaces without a label.
    pub(super) fn pod_security_default(&self) -> ClusterDefault {
        let read = || {
            let mut said = ClusterDefault::Unset;
            for (object, configuration, _) in configurations(self) {
                let level =
                    configuration.and_then(|one| one.field("defaults")?.field("enforce")?.scalar_text());
                match (configuration, level.and_then(Level::parse)) {
                    (_, Some(level)) => return ClusterDefault::Says(level),
                    (None, _) => said = ClusterDefault::Elsewhere(object.id()),
                    _ => {}
                }
            }
            said
        };
        *self.indexes().pod_security.get_or_init(|| aside(read))
    }
}

/// The level that is enforced: the label's, else the cluster's default. An invalid label enforces restricted.
pub(super) fn enforced(namespace: Object<'_>, context: &Context<'_>) -> Level {
    match (value(namespace, "enforce"), context.pod_security_default()) {
        (Some(text), _) => Level::parse(text).unwrap_or(Level::Restricted),
        (None, ClusterDefault::Says(level)) => level,
        (None, _) => Level::Privileged,
    }
}

/// Info for namespaces of the cluster itself and of its platform team, and where another engine denies the same.
pub(super) fn severity(namespace: Object<'_>, usual: Severity, context: &Context<'_>) -> Severity {
    let name = namespace.name();
    let platform = is_system(name) || context.settings.platform_namespaces.iter().any(|own| own == name);
    let covered = || context.controls().denied_in(name, namespace.labels()).is_baseline();
    if platform || covered() { Severity::Info } else { usual }
}
