//! Secrets and ConfigMaps that controllers make from other objects.

use rampart_document::Node;
use rampart_model::{Inventory, Object};
use rustc_hash::FxHashSet;

use super::{Named, Target, text};

/// What controllers make, by name.
#[derive(Debug, Default)]
pub(crate) struct Makers<'a> {
    made: FxHashSet<Target<'a>>,
    /// Made in every namespace, or in namespaces that a selector picks.
    everywhere: FxHashSet<(Named, &'a str)>,
}

impl<'a> Makers<'a> {
    pub(super) fn build(inventory: &'a Inventory) -> Self {
        let mut all = Self::default();
        all.everywhere.insert((Named::ConfigMap, "kube-root-ca.crt"));
        for (_, ids) in inventory.kinds() {
            for &id in ids {
                // All objects of a list have one kind; most kinds make nothing.
                if !all.note(inventory.object(id)) {
                    break;
                }
            }
        }
        all
    }

    /// True when a controller makes this object.
    pub(crate) fn makes(&self, (named, namespace, name): Target<'_>) -> bool {
        self.made.contains(&(named, namespace, name)) || self.everywhere.contains(&(named, name))
    }

    /// Notes what an object has made; false for kinds that make nothing.
    fn note(&mut self, object: Object<'a>) -> bool {
        let field = |path: &[&str]| {
            path.iter().try_fold(object.node(), |node, name| node.get(name)).and_then(|node| text(Some(node)))
        };
        let kind = object.group_kind();
        let name = match (kind.group, kind.kind) {
            ("external-secrets.io", "ExternalSecret") => {
                // Merge and None leave the Secret to somebody else.
                let merges = matches!(field(&["spec", "target", "creationPolicy"]), Some("Merge" | "None"));
                field(&["spec", "target", "name"]).or(Some(object.name())).filter(|_| !merges)
            }
            ("external-secrets.io", "ClusterExternalSecret") => {
                let own = field(&["spec", "externalSecretSpec", "target", "name"]);
                let name = own.or_else(|| field(&["spec", "externalSecretName"])).unwrap_or(object.name());
                self.everywhere.insert((Named::Secret, name));
                None
            }
            ("bitnami.com", "SealedSecret") => {
                field(&["spec", "template", "metadata", "name"]).or(Some(object.name()))
            }
            ("cert-manager.io", "Certificate") => field(&["spec", "secretName"]),
            ("secrets.hashicorp.com", "VaultStaticSecret" | "VaultDynamicSecret" | "VaultPKISecret") => {
                field(&["spec", "destination", "name"])
            }
            ("onepassword.com", "OnePasswordItem") => Some(object.name()),
            ("isindir.github.com", "SopsSecret") => {
                self.listed(object, &["spec", "secretTemplates"], "name");
                None
            }
            ("secrets-store.csi.x-k8s.io", "SecretProviderClass") => {
                self.listed(object, &["spec", "secretObjects"], "secretName");
                None
            }
            ("trust.cert-manager.io", "Bundle") => {
                self.everywhere.insert((Named::ConfigMap, object.name()));
                None
            }
            ("networking.k8s.io", "Ingress") => {
                if asks_for_certificates(object) {
                    self.listed(object, &["spec", "tls"], "secretName");
                }
                None
            }
            ("gateway.networking.k8s.io", "Gateway") => {
                if asks_for_certificates(object) {
                    let made = &mut self.made;
                    super::of_object(object, &mut |reference, _| _ = made.insert(reference.target));
                }
                None
            }
            _ => return false,
        };
        if let Some(name) = name {
            self.made.insert((Named::Secret, object.effective_namespace(), name));
        }
        true
    }

    fn listed(&mut self, object: Object<'a>, path: &[&str], field: &str) {
        let list = path.iter().try_fold(object.node(), |node, name| node.get(name));
        for name in list.into_iter().flat_map(Node::items).filter_map(|item| text(item.get(field))) {
            self.made.insert((Named::Secret, object.effective_namespace(), name));
        }
    }
}

/// True when cert-manager is to make the certificates that the object names.
fn asks_for_certificates(object: Object<'_>) -> bool {
    object.annotations().iter().any(|(key, _)| {
        matches!(key, "cert-manager.io/issuer" | "cert-manager.io/cluster-issuer" | "kubernetes.io/tls-acme")
    })
}
