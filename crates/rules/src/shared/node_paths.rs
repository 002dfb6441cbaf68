//! Directories of a node and what they give away.

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

/// What a directory of the node gives away, by the rule that reports a volume of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// `runtime-socket`
    Socket,
    /// `hostpath-sensitive`
    Sensitive,
    /// `hostpath-any`
    Other,
}

/// The path with `.`, `..` and repeated or trailing slashes resolved, and `/var/run` as `/run`, which it is a link to.
pub(crate) fn normalise(path: &str) -> String {
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
pub(crate) fn is_under(path: &str, parent: &str) -> bool {
    parent == "/" || path.strip_prefix(parent).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The class of a normalised path.
pub(crate) fn class(path: &str) -> Class {
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
