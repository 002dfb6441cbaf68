//! The references of a pod template.

use rampart_document::{FieldPath, Node};
use rampart_model::{Container, EnvSource, Pod};

use super::{Holder, Key, Named, Reference, Target, Via, Visit, text};

/// Calls `visit` for every reference of a pod template to a named object; paths start at the template.
pub(crate) fn of_pod<'a>(pod: &Pod<'a>, namespace: Option<&'a str>, visit: &mut Visit<'_, 'a>) {
    let mut sink = Sink { namespace, visit, holder: Holder::Other };
    for (index, container) in pod.containers().iter().enumerate() {
        sink.holder = Holder::Container(index);
        sink.environment(container);
    }
    for (index, volume) in pod.volumes() {
        sink.holder = Holder::Volume(text(volume.get("name")).unwrap_or(""));
        sink.volume(volume, &|| pod.path("volumes").index(index));
    }
    sink.holder = Holder::Other;
    let pull = pod.fields.image_pull_secrets.and_then(Node::as_seq);
    for (index, secret) in pull.into_iter().flat_map(Node::items).enumerate() {
        let path = || pod.path("imagePullSecrets").index(index);
        sink.one(Named::Secret, Via::Pull, "name", secret.field("name"), false, &path);
    }
    let spec = || FieldPath::root().key("spec");
    sink.give((Named::ServiceAccount, namespace, pod.service_account()), "serviceAccountName", &spec);
    let priority = pod.fields.priority_class_name;
    sink.global(Named::PriorityClass, "priorityClassName", priority, &spec);
    sink.global(Named::RuntimeClass, "runtimeClassName", pod.spec.field("runtimeClassName"), &spec);
}

struct Sink<'s, 'v, 'a> {
    namespace: Option<&'a str>,
    visit: &'s mut Visit<'v, 'a>,
    holder: Holder<'a>,
}

/// Fields with a key, and the kind they take it from.
const KEYED: [(&str, Named); 2] = [("secretKeyRef", Named::Secret), ("configMapKeyRef", Named::ConfigMap)];

impl<'a> Sink<'_, '_, 'a> {
    fn environment(&mut self, container: &Container<'a>) {
        for env in container.env() {
            let EnvSource::From(from) = env.source else { continue };
            for (field, named) in KEYED {
                let Some(node) = from.field(field) else { continue };
                let path = || container.root().key("env").index(env.index).key("valueFrom").key(field);
                let key = text(node.field("key")).map(|name| Key { name, item: None });
                self.refer(named, Via::Env, ("name", node.field("name")), key, is_optional(node), &path);
            }
        }
        let sources = container.fields.env_from.and_then(Node::as_seq);
        for (index, source) in sources.into_iter().flat_map(Node::items).enumerate() {
            for (field, named) in [("secretRef", Named::Secret), ("configMapRef", Named::ConfigMap)] {
                let Some(node) = source.field(field) else { continue };
                let path = || container.root().key("envFrom").index(index).key(field);
                self.one(named, Via::Env, "name", node.field("name"), is_optional(node), &path);
            }
        }
    }

    fn volume(&mut self, volume: Node<'a>, root: &dyn Fn() -> FieldPath) {
        for (field, _, source) in
            volume.entries().filter(|(field, _, source)| *field != "name" && !source.is_null())
        {
            let path = || root().key(field);
            match field {
                "secret" => self.files(Named::Secret, "secretName", source, &path),
                "configMap" => self.files(Named::ConfigMap, "name", source, &path),
                "projected" => {
                    let sources = source.field("sources").and_then(Node::as_seq);
                    for (index, item) in sources.into_iter().flat_map(Node::items).enumerate() {
                        for (field, named) in [("secret", Named::Secret), ("configMap", Named::ConfigMap)] {
                            let path = || root().key("projected").key("sources").index(index).key(field);
                            if let Some(node) = item.field(field) {
                                self.files(named, "name", node, &path);
                            }
                        }
                    }
                }
                "persistentVolumeClaim" => {
                    self.one(Named::Claim, Via::Files, "claimName", source.field("claimName"), false, &path);
                }
                "ephemeral" => {
                    let spec = source.get("volumeClaimTemplate").and_then(|node| node.get("spec"));
                    let class = spec.and_then(|spec| spec.get("storageClassName"));
                    let path = || path().key("volumeClaimTemplate").key("spec");
                    self.global(Named::StorageClass, "storageClassName", class, &path);
                }
                _ => self.driver(source, &path),
            }
        }
    }

    /// What storage drivers read: logins, and the class of an external secret store.
    fn driver(&mut self, source: Node<'a>, path: &dyn Fn() -> FieldPath) {
        let class = source.get("volumeAttributes").and_then(|node| node.get("secretProviderClass"));
        let attributes = || path().key("volumeAttributes");
        self.one(Named::ProviderClass, Via::Files, "secretProviderClass", class, false, &attributes);
        for login in ["secretRef", "nodePublishSecretRef"] {
            let name = source.get(login).and_then(|node| node.get("name"));
            self.one(Named::Secret, Via::Driver, "name", name, false, &|| path().key(login));
        }
        self.one(Named::Secret, Via::Driver, "secretName", source.get("secretName"), false, path);
    }

    /// A whole object as files, or the keys in `items`.
    fn files(&mut self, named: Named, field: &'static str, node: Node<'a>, path: &dyn Fn() -> FieldPath) {
        let (name, optional) = (node.field(field), is_optional(node));
        let items = node.field("items").filter(|items| !items.is_empty());
        let Some(items) = items else { return self.one(named, Via::Files, field, name, optional, path) };
        for (index, item) in items.items().enumerate() {
            let key = text(item.field("key")).map(|name| Key { name, item: Some(index) });
            self.refer(named, Via::Files, (field, name), key, optional, path);
        }
    }

    fn one(
        &mut self,
        named: Named,
        via: Via,
        field: &'static str,
        name: Option<Node<'a>>,
        optional: bool,
        path: &dyn Fn() -> FieldPath,
    ) {
        self.refer(named, via, (field, name), None, optional, path);
    }

    fn refer(
        &mut self,
        named: Named,
        via: Via,
        (field, name): (&'static str, Option<Node<'a>>),
        key: Option<Key<'a>>,
        optional: bool,
        path: &dyn Fn() -> FieldPath,
    ) {
        if let Some(name) = text(name) {
            let (target, holder) = ((named, self.namespace, name), self.holder);
            (self.visit)(Reference { target, key, field, optional, via, holder }, path);
        }
    }

    fn give(&mut self, target: Target<'a>, field: &'static str, path: &dyn Fn() -> FieldPath) {
        let (via, holder) = (Via::Other, self.holder);
        (self.visit)(Reference { target, key: None, field, optional: false, via, holder }, path);
    }

    fn global(
        &mut self,
        named: Named,
        field: &'static str,
        name: Option<Node<'a>>,
        path: &dyn Fn() -> FieldPath,
    ) {
        if let Some(name) = text(name) {
            self.give((named, None, name), field, path);
        }
    }
}

fn is_optional(node: Node<'_>) -> bool {
    node.field("optional").and_then(Node::as_bool) == Some(true)
}
