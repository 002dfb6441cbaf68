//! `hostPath` volumes and what their directories give away.

use rampart_document::{Edit, FieldPath, Node};
use rampart_model::Pod;
use rampart_report::Fix;

/// Sockets through which a container runtime takes orders, with `/var/run` written as `/run`.
const SOCKETS: [&str; 6] = [
    "/run/docker.sock",
    "/run/containerd/containerd.sock",
    "/run/crio/crio.sock",
    "/run/cri-dockerd.sock",
    "/run/podman/podman.sock",
    "/run/k3s/containerd/containerd.sock",
];

/// Directories that hold the node's programs, devices, settings, credentials or other pods' data.
const SENSITIVE: [&str; 20] = [
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/home",
    "/lib",
    "/lib64",
    "/opt/cni",
    "/proc",
    "/root",
    "/run",
    "/sbin",
    "/sys",
    "/usr",
    "/var/lib/cni",
    "/var/lib/containerd",
    "/var/lib/docker",
    "/var/lib/etcd",
    "/var/lib/kubelet",
    "/var/log",
];

/// What many images need from the node and nobody can misuse while it is mounted read-only.
const HARMLESS: [&str; 4] = ["/etc/localtime", "/etc/machine-id", "/etc/ssl/certs", "/usr/share/zoneinfo"];

/// Which rule a `hostPath` volume belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// `runtime-socket`
    Socket,
    /// `hostpath-sensitive`
    Sensitive,
    /// `hostpath-any`
    Other,
}

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

/// The path with `.`, `..` and repeated or trailing slashes resolved, and `/var/run` as `/run`, which it is a link to.
fn normalise(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    if parts.starts_with(&["var", "run"]) {
        parts.remove(0);
    }
    format!("/{}", parts.join("/"))
}

/// True when `path` equals `parent` or lies under it; both normalised.
fn is_under(path: &str, parent: &str) -> bool {
    parent == "/" || path.strip_prefix(parent).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn class(path: &str) -> Class {
    let file = path.rsplit('/').next().unwrap_or(path);
    let socket = file == "docker.sock" || path != "/" && SOCKETS.iter().any(|socket| is_under(socket, path));
    if socket {
        return Class::Socket;
    }
    let credentials = matches!(file, "azure.json" | "gce.conf") || path.split('/').any(|part| part == ".aws");
    if credentials || SENSITIVE.iter().any(|known| is_under(path, known) || is_under(known, path)) {
        Class::Sensitive
    } else {
        Class::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_fall_into_one_class() {
        for (path, want) in [
            ("/", Class::Sensitive),
            ("//", Class::Sensitive),
            ("/data/..", Class::Sensitive),
            ("/var", Class::Sensitive),
            ("/opt", Class::Sensitive),
            ("/opt/app", Class::Other),
            ("/var/lib", Class::Sensitive),
            ("/var/lib/kubelet/pods", Class::Sensitive),
            ("/var/lib/kubelets", Class::Other),
            ("/etc/", Class::Sensitive),
            ("/etcd", Class::Other),
            ("/data", Class::Other),
            ("/data/../etc", Class::Sensitive),
            ("/run", Class::Socket),
            ("/var/run/", Class::Socket),
            ("/run/containerd", Class::Socket),
            ("/var/run/k3s", Class::Socket),
            ("/run/containerd/containerd.sock", Class::Socket),
            ("/run/udev", Class::Sensitive),
            ("/srv/docker.sock", Class::Socket),
            ("/srv/azure.json", Class::Sensitive),
            ("/srv/.aws/credentials", Class::Sensitive),
            ("/srv/.awsome", Class::Other),
        ] {
            assert_eq!(class(&normalise(path)), want, "{path}");
        }
    }
}
