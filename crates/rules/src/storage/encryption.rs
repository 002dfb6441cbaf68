//! What storage drivers say about encryption at rest.

use rampart_document::Node;

/// Whether a volume or class is stored encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encryption {
    /// Yes.
    On,
    /// No: this parameter is off or unset.
    Off(&'static str),
    /// It cannot be told; the reason.
    Unknown(&'static str),
}

/// How a driver encrypts.
enum Driver {
    /// Always, without being asked.
    Always,
    /// When this parameter is `true`.
    Parameter(&'static str),
    /// When this parameter is `true`; unset means whatever the account's default is.
    AccountDefault(&'static str),
}

/// Sources: the parameters' reference of each driver.
fn driver(name: &str) -> Option<Driver> {
    Some(match name {
        "ebs.csi.aws.com" | "ebs.csi.eks.amazonaws.com" | "kubernetes.io/aws-ebs" => {
            Driver::AccountDefault("encrypted")
        }
        "pd.csi.storage.gke.io" | "kubernetes.io/gce-pd" | "filestore.csi.storage.gke.io" => Driver::Always,
        "disk.csi.azure.com" | "kubernetes.io/azure-disk" | "file.csi.azure.com" => Driver::Always,
        "pxd.portworx.com" | "kubernetes.io/portworx-volume" => Driver::Parameter("secure"),
        "driver.longhorn.io" => Driver::Parameter("encrypted"),
        // Rook puts its namespace in front.
        _ if name.ends_with("rbd.csi.ceph.com") || name.ends_with("cephfs.csi.ceph.com") => {
            Driver::Parameter("encrypted")
        }
        _ => return None,
    })
}

/// What the parameters of a StorageClass say.
pub(super) fn of_class(provisioner: &str, parameters: Option<Node<'_>>) -> Encryption {
    match driver(provisioner) {
        None => Encryption::Unknown("whether this driver encrypts is not known"),
        Some(Driver::Always) => Encryption::On,
        Some(Driver::Parameter(name)) => {
            if is_true(parameters, name) {
                Encryption::On
            } else {
                Encryption::Off(name)
            }
        }
        Some(Driver::AccountDefault(name)) => match parameters.and_then(|map| Node::field(map, name)) {
            None => Encryption::Unknown("the account's default may encrypt"),
            Some(_) if is_true(parameters, name) => Encryption::On,
            Some(_) => Encryption::Off(name),
        },
    }
}

/// What the attributes of a volume say by themselves; `None` when the driver keeps it in its class or account.
pub(super) fn of_volume(driver_name: &str, attributes: Option<Node<'_>>) -> Option<Encryption> {
    match driver(driver_name)? {
        Driver::Always => Some(Encryption::On),
        Driver::Parameter(name) if is_true(attributes, name) => Some(Encryption::On),
        Driver::Parameter(name) if attributes.is_some() => Some(Encryption::Off(name)),
        Driver::Parameter(_) | Driver::AccountDefault(_) => None,
    }
}

fn is_true(map: Option<Node<'_>>, name: &str) -> bool {
    let value = map.and_then(|map| map.field(name)).and_then(Node::scalar_text);
    value.is_some_and(|value| value.eq_ignore_ascii_case("true"))
}
