//! The references of objects without a pod template.

use rampart_document::{FieldPath, Node};
use rampart_model::Object;

use super::{Holder, Named, Reference, Target, Via, Visit, text};
use crate::shared::paths::at;

/// Calls `visit` for every reference of an object to a named object; paths start at the object. Pod templates have
/// [`super::of_pod`].
pub(crate) fn of_object<'a>(object: Object<'a>, visit: &mut Visit<'_, 'a>) {
    let mut sink = Sink { object, namespace: object.effective_namespace(), visit };
    let kind = object.group_kind();
    match (kind.group, kind.kind) {
        ("", "ServiceAccount") => {
            sink.list("imagePullSecrets", Via::Pull);
            sink.list("secrets", Via::Other);
        }
        ("networking.k8s.io", "Ingress") => sink.ingress(),
        ("gateway.networking.k8s.io", "Gateway") => sink.gateway(),
        ("storage.k8s.io", "StorageClass") => sink.class_parameters(),
        ("", "PersistentVolume") => sink.volume(),
        ("", "PersistentVolumeClaim") => {
            sink.global(Named::StorageClass, &["spec"], "storageClassName");
            sink.global(Named::Volume, &["spec"], "volumeName");
        }
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => sink.binding(),
        ("admissionregistration.k8s.io", _) => sink.webhooks(),
        _ => {}
    }
}

struct Sink<'s, 'v, 'a> {
    object: Object<'a>,
    namespace: Option<&'a str>,
    visit: &'s mut Visit<'v, 'a>,
}

/// Annotations of ingress-nginx that name a Secret, as `name` or `namespace/name`.
const NGINX_SECRETS: [&str; 3] = ["auth-secret", "auth-tls-secret", "proxy-ssl-secret"];

impl<'a> Sink<'_, '_, 'a> {
    fn refer(&mut self, target: Target<'a>, field: &'static str, via: Via, path: &dyn Fn() -> FieldPath) {
        (self.visit)(
            Reference { target, key: None, field, optional: false, via, holder: Holder::Other },
            path,
        );
    }

    fn list(&mut self, field: &'static str, via: Via) {
        for (index, item) in self.object.field(&[field]).into_iter().flat_map(Node::items).enumerate() {
            if let Some(name) = text(item.get("name")) {
                let target = (Named::Secret, self.namespace, name);
                self.refer(target, "name", via, &|| at(&[field]).index(index));
            }
        }
    }

    fn global(&mut self, named: Named, parents: &[&str], field: &'static str) {
        let parent = self.object.field(parents);
        if let Some(name) = text(parent.and_then(|node| node.get(field))) {
            self.refer((named, None, name), field, Via::Other, &|| at(parents));
        }
    }

    fn ingress(&mut self) {
        let list = self.object.field(&["spec", "tls"]).and_then(Node::as_seq);
        for (index, tls) in list.into_iter().flat_map(Node::items).enumerate() {
            if let Some(name) = text(tls.field("secretName")) {
                let target = (Named::Secret, self.namespace, name);
                self.refer(target, "secretName", Via::Tls, &|| at(&["spec", "tls"]).index(index));
            }
        }
        for (key, value) in self.object.annotations().iter() {
            let field = key
                .strip_prefix("nginx.ingress.kubernetes.io/")
                .and_then(|own| NGINX_SECRETS.into_iter().find(|known| *known == own));
            if let Some(field) = field {
                let (namespace, name) =
                    value.split_once('/').map_or((self.namespace, value), |(own, name)| (Some(own), name));
                let path = || at(&["metadata", "annotations"]);
                self.refer((Named::Secret, namespace, name), field, Via::Other, &path);
            }
        }
    }

    fn gateway(&mut self) {
        let list = self.object.field(&["spec", "listeners"]).and_then(Node::as_seq);
        for (index, listener) in list.into_iter().flat_map(Node::items).enumerate() {
            let refs = listener.field("tls").and_then(|tls| tls.field("certificateRefs"));
            for (own, one) in refs.into_iter().flat_map(Node::items).enumerate() {
                let kind = text(one.get("kind")).unwrap_or("Secret");
                if let Some(name) = text(one.get("name")).filter(|_| kind == "Secret") {
                    let namespace = text(one.get("namespace")).or(self.namespace);
                    let path = || {
                        let listener = at(&["spec", "listeners"]).index(index);
                        listener.key("tls").key("certificateRefs").index(own)
                    };
                    self.refer((Named::Secret, namespace, name), "name", Via::Tls, &path);
                }
            }
        }
    }

    /// `csi.storage.k8s.io/…-secret-name` and `…-secret-namespace`; values with `${}` are filled in per claim.
    fn class_parameters(&mut self) {
        let Some(parameters) = self.object.field(&["parameters"]) else { return };
        for (key, _, value) in parameters.entries() {
            let Some(stem) = key.strip_suffix("secret-name") else { continue };
            let namespace = text(parameters.get(&format!("{stem}secret-namespace")));
            if let Some(name) = text(Some(value)) {
                let path = || at(&["parameters"]);
                self.refer((Named::Secret, namespace, name), "secret-name", Via::Driver, &path);
            }
        }
    }

    fn volume(&mut self) {
        self.global(Named::StorageClass, &["spec"], "storageClassName");
        if let Some(claim) = self.object.field(&["spec", "claimRef"])
            && let Some(name) = text(claim.get("name"))
        {
            let target = (Named::Claim, text(claim.get("namespace")), name);
            self.refer(target, "name", Via::Other, &|| at(&["spec", "claimRef"]));
        }
        for (source, _, fields) in self.object.spec().into_iter().flat_map(Node::entries) {
            for (field, _, login) in fields.entries().filter(|(field, ..)| field.ends_with("ecretRef")) {
                if let Some(name) = text(login.get("name")) {
                    let target = (Named::Secret, text(login.get("namespace")), name);
                    self.refer(target, "name", Via::Driver, &|| at(&["spec", source, field]));
                }
            }
            if let Some(name) = text(fields.get("secretName")) {
                let target = (Named::Secret, text(fields.get("secretNamespace")), name);
                self.refer(target, "secretName", Via::Driver, &|| at(&["spec", source]));
            }
        }
    }

    fn binding(&mut self) {
        let role = self.object.field(&["roleRef"]);
        if let Some(name) = text(role.and_then(|role| role.get("name"))) {
            let cluster = text(role.and_then(|role| role.get("kind"))) == Some("ClusterRole");
            let target =
                if cluster { (Named::ClusterRole, None, name) } else { (Named::Role, self.namespace, name) };
            self.refer(target, "name", Via::Other, &|| at(&["roleRef"]));
        }
        for (index, subject) in self.object.field(&["subjects"]).into_iter().flat_map(Node::items).enumerate()
        {
            if let Some(name) = text(subject.get("name"))
                && text(subject.get("kind")) == Some("ServiceAccount")
            {
                let namespace = text(subject.get("namespace")).or(self.namespace);
                let path = || at(&["subjects"]).index(index);
                self.refer((Named::ServiceAccount, namespace, name), "name", Via::Other, &path);
            }
        }
    }

    fn webhooks(&mut self) {
        let list = self.object.field(&["webhooks"]).into_iter().flat_map(Node::items);
        for (index, webhook) in list.enumerate() {
            let service = webhook.get("clientConfig").and_then(|client| client.get("service"));
            if let Some(service) = service
                && let Some(name) = text(service.get("name"))
            {
                let target = (Named::Service, text(service.get("namespace")), name);
                let path = || at(&["webhooks"]).index(index).key("clientConfig").key("service");
                self.refer(target, "name", Via::Other, &path);
            }
        }
        let from = self.object.annotations().get("cert-manager.io/inject-ca-from-secret");
        if let Some((namespace, name)) = from.and_then(|value| value.split_once('/')) {
            let target = (Named::Secret, Some(namespace), name);
            let path = || at(&["metadata", "annotations"]);
            self.refer(target, "cert-manager.io/inject-ca-from-secret", Via::Other, &path);
        }
    }
}
