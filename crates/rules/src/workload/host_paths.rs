//! `hostPath` volumes and what their directories give away.

use rampart_document::{Edit, FieldPath, Node};
use rampart_model::Pod;
use rampart_report::Fix;

pub(super) use crate::shared::node_paths::Class;
use crate::shared::node_paths::{class, is_under, normalise};

/// What many images need from the node and nobody can misuse while it is mounted read-only.
const HARMLESS: [&str; 4] = ["/etc/localtime", "/etc/machine-id", "/etc/ssl/certs", "/usr/share/zoneinfo"];

/// A `hostPath` volume.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HostPath<'a> {
    /// Index in `volumes`.
    pub(crate) index: usize,
    /// Volume name, or empty.
    pub(crate) name: &'a str,
    /// The directory as written, or empty.
    pub(crate) path: &'a str,
    /// The `hostPath` mapping.
    pub(crate) node: Node<'a>,
}

impl<'a> HostPath<'a> {
    fn read(index: usize, volume: Node<'a>) -> Option<Self> {
        let node = volume.field("hostPath")?.as_map()?;
        let text = |node: Option<Node<'a>>| node.map_or(Some(""), Node::as_str);
        Some(Self { index, name: text(volume.field("name"))?, path: text(node.field("path"))?, node })
    }

    /// Where its directory is written.
    pub(crate) fn field(&self, pod: &Pod<'_>) -> FieldPath {
        pod.path("volumes").index(self.index).key("hostPath").key("path")
    }

    /// `hostPath.type`, empty when unset.
    pub(crate) fn kind(&self) -> &'a str {
        self.node.field("type").and_then(Node::as_str).unwrap_or("")
    }

    /// The rule it belongs to.
    pub(crate) fn class(&self, pod: &Pod<'_>) -> Class {
        let path = normalise(self.path);
        match class(&path) {
            Class::Sensitive if HARMLESS.iter().any(|known| is_under(&path, known)) => {
                if self.is_read_only(pod) { Class::Other } else { Class::Sensitive }
            }
            class => class,
        }
    }

    /// True when some container mounts it and all that do mount it read-only.
    fn is_read_only(&self, pod: &Pod<'_>) -> bool {
        let mut mounts = mounts(pod).filter(|(.., mount)| mounts_volume(*mount, self.name)).peekable();
        mounts.peek().is_some()
            && mounts.all(|(.., mount)| mount.field("readOnly").and_then(Node::as_bool) == Some(true))
    }

    /// Removes the volume and every mount of it.
    pub(crate) fn removal(&self, pod: &Pod<'_>) -> Fix {
        let mut edits: Vec<Edit> = mounts(pod)
            .filter(|(.., mount)| mounts_volume(*mount, self.name))
            .map(|(root, index, _)| Edit::remove(root.key("volumeMounts").index(index)))
            .collect();
        // Later elements go first, so that the indexes of earlier ones stay true.
        edits.reverse();
        edits.push(Edit::remove(pod.path("volumes").index(self.index)));
        Fix::review("remove the volume and its mounts", edits)
    }
}

/// The pod's `hostPath` volumes.
pub(crate) fn host_paths<'a>(pod: &Pod<'a>) -> impl Iterator<Item = HostPath<'a>> {
    pod.volumes().filter_map(|(index, volume)| HostPath::read(index, volume))
}

/// The pod's `hostPath` volumes of one class.
pub(crate) fn of_class<'a>(pod: &Pod<'a>, wanted: Class) -> impl Iterator<Item = HostPath<'a>> {
    host_paths(pod).filter(move |volume| volume.class(pod) == wanted)
}

fn mounts<'a>(pod: &Pod<'a>) -> impl Iterator<Item = (FieldPath, usize, Node<'a>)> {
    pod.containers()
        .iter()
        .flat_map(|own| own.volume_mounts().map(|(index, mount)| (own.root(), index, mount)))
}

/// True when a `volumeMounts` entry refers to the volume of this name.
pub(crate) fn mounts_volume(mount: Node<'_>, name: &str) -> bool {
    mount.field("name").and_then(Node::as_str) == Some(name)
}
