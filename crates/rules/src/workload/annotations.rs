//! Annotations of a pod template that set something for one container, named in the key.

use rampart_document::FieldPath;
use rampart_model::{Container, Pod};

/// `container.apparmor.security.beta.kubernetes.io/NAME`: the AppArmor profile before 1.30, still read after it.
pub(crate) const APP_ARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";

/// `container.seccomp.security.alpha.kubernetes.io/NAME`: copied to the field until 1.27.
pub(crate) const SECCOMP: &str = "container.seccomp.security.alpha.kubernetes.io/";

/// `seccomp.security.alpha.kubernetes.io/pod`: copied to the field until 1.27.
pub(crate) const SECCOMP_POD: &str = "seccomp.security.alpha.kubernetes.io/pod";

/// The value of an annotation for a container.
pub(crate) fn of_container<'a>(pod: &Pod<'a>, prefix: &str, container: &Container<'a>) -> Option<&'a str> {
    let mut all = pod.annotations().iter();
    all.find(|(key, _)| key.strip_prefix(prefix) == Some(container.name())).map(|(_, value)| value)
}

/// Where an annotation stands.
pub(crate) fn path(prefix: &str, name: &str) -> FieldPath {
    FieldPath::root().key("metadata").key("annotations").key(&format!("{prefix}{name}"))
}
