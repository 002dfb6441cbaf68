//! What kubeadm would tell the programs of the control plane: its defaults and the `extraArgs` of a ClusterConfiguration.

use rampart_document::{Edit, FieldPath, Node};
use rampart_model::GroupKind;
use serde_json::json;

use super::Configurations;
use super::components::{API_SERVER, CONTROLLER_MANAGER, ETCD, Given, SCHEDULER, Setting, text};

/// One program as a ClusterConfiguration starts it.
#[derive(Debug)]
pub(crate) struct Kubeadm {
    /// Number of the configuration.
    configuration: usize,
    arguments: Vec<Argument>,
    /// The `extraArgs`, from the configuration's root.
    list: FieldPath,
    /// True for lists of name and value (v1beta4), false for mappings.
    as_list: bool,
    /// What kubeadm gives by itself. Source: `cmd/kubeadm/app/phases/{controlplane,etcd}`.
    defaults: Vec<(&'static str, String)>,
}

#[derive(Debug)]
struct Argument {
    name: String,
    /// `None` when it is merged with the default in a way that is not known here.
    value: Option<String>,
    path: FieldPath,
}

impl Kubeadm {
    /// The kind that holds it.
    pub(crate) const KIND: GroupKind<'static> = GroupKind::new("kubeadm.k8s.io", "ClusterConfiguration");

    pub(super) fn read(root: Node<'_>, configuration: usize, program: &str) -> Option<Self> {
        let keys: &[&str] = match program {
            API_SERVER => &["apiServer"],
            CONTROLLER_MANAGER => &["controllerManager"],
            SCHEDULER => &["scheduler"],
            ETCD if text(root, &["etcd", "external", "caFile"]).is_none() && !has_external(root) => {
                &["etcd", "local"]
            }
            _ => return None,
        };
        let mut list = FieldPath::root();
        keys.iter().for_each(|key| list.push_key(key));
        list.push_key("extraArgs");
        let node = root.at(&list);
        let old = ["v1beta1", "v1beta2", "v1beta3"];
        let version = text(root, &["apiVersion"]).and_then(|version| version.rsplit('/').next());
        let as_list = !version.is_some_and(|version| old.contains(&version));
        let mut arguments = Vec::new();
        for (name, _, value) in node.into_iter().flat_map(Node::entries) {
            let value = value.scalar_text().map(str::to_owned);
            arguments.push(Argument { name: name.to_owned(), value, path: list.key(name) });
        }
        for (index, item) in node.into_iter().flat_map(Node::items).enumerate() {
            let Some(name) = text(item, &["name"]) else { continue };
            let merged = text(item, &["mergeMethod"]).is_some();
            let value = item.get("value").and_then(Node::scalar_text).filter(|_| !merged);
            let path = list.index(index);
            arguments.push(Argument { name: name.to_owned(), value: value.map(str::to_owned), path });
        }
        let mut defaults = defaults(root, program);
        if arguments.iter().any(|argument| argument.name == "authorization-config") {
            defaults.retain(|(name, _)| *name != "authorization-mode");
        }
        Some(Self { configuration, arguments, list, as_list, defaults })
    }

    fn argument(&self, name: &str) -> Option<&Argument> {
        self.arguments.iter().rev().find(|argument| argument.name == name)
    }

    pub(super) fn setting(&self, name: &str) -> Setting<'_> {
        if let Some(argument) = self.argument(name) {
            return match argument.value.as_deref() {
                Some("") => Setting::Unset,
                Some(value) => Setting::Given(Given { value, path: argument.path.clone() }),
                None => Setting::Unknown("kubeadm merges the argument with its default"),
            };
        }
        match self.defaults.iter().find(|(default, _)| *default == name) {
            Some((_, value)) => Setting::Given(Given { value, path: self.list.clone() }),
            None => Setting::Unset,
        }
    }

    pub(super) fn list_in(&self, configurations: &Configurations<'_>) -> FieldPath {
        match configurations.get(self.configuration) {
            Some(configuration) => configuration.path(&self.list),
            None => self.list.clone(),
        }
    }

    pub(super) fn set(&self, configurations: &Configurations<'_>, name: &str, value: &str) -> Vec<Edit> {
        let edit = match (self.argument(name), self.as_list) {
            (Some(argument), true) => Edit::set(argument.path.key("value"), value),
            (None, true) => Edit::append(self.list.clone(), json!({"name": name, "value": value})),
            (_, false) => Edit::set(self.list.key(name), value),
        };
        self.in_object(configurations, vec![edit])
    }

    pub(super) fn unset(&self, configurations: &Configurations<'_>, name: &str) -> Vec<Edit> {
        let given = self.arguments.iter().rev().filter(|argument| argument.name == name);
        let edits = given.map(|argument| Edit::remove(argument.path.clone())).collect();
        self.in_object(configurations, edits)
    }

    fn in_object(&self, configurations: &Configurations<'_>, edits: Vec<Edit>) -> Vec<Edit> {
        configurations
            .get(self.configuration)
            .map_or_else(Vec::new, |configuration| configuration.edits(edits))
    }
}

fn has_external(root: Node<'_>) -> bool {
    root.field("etcd").and_then(|etcd| etcd.field("external")).is_some()
}

fn defaults(root: Node<'_>, program: &str) -> Vec<(&'static str, String)> {
    let directory = text(root, &["certificatesDir"]).unwrap_or("/etc/kubernetes/pki");
    let pki = |file: &str| format!("{directory}/{file}");
    match program {
        API_SERVER => {
            let mut flags = vec![
                ("authorization-mode", "Node,RBAC".to_owned()),
                ("enable-admission-plugins", "NodeRestriction".to_owned()),
                ("client-ca-file", pki("ca.crt")),
                ("kubelet-client-certificate", pki("apiserver-kubelet-client.crt")),
                ("kubelet-client-key", pki("apiserver-kubelet-client.key")),
                ("service-account-key-file", pki("sa.pub")),
                ("service-account-signing-key-file", pki("sa.key")),
                ("tls-cert-file", pki("apiserver.crt")),
                ("tls-private-key-file", pki("apiserver.key")),
            ];
            flags.extend(store(root, &pki));
            flags
        }
        CONTROLLER_MANAGER => vec![
            ("bind-address", "127.0.0.1".to_owned()),
            ("root-ca-file", pki("ca.crt")),
            ("service-account-private-key-file", pki("sa.key")),
            ("use-service-account-credentials", "true".to_owned()),
        ],
        SCHEDULER => vec![("bind-address", "127.0.0.1".to_owned())],
        _ => vec![
            ("cert-file", pki("etcd/server.crt")),
            ("key-file", pki("etcd/server.key")),
            ("trusted-ca-file", pki("etcd/ca.crt")),
            ("client-cert-auth", "true".to_owned()),
            ("peer-cert-file", pki("etcd/peer.crt")),
            ("peer-key-file", pki("etcd/peer.key")),
            ("peer-trusted-ca-file", pki("etcd/ca.crt")),
            ("peer-client-cert-auth", "true".to_owned()),
        ],
    }
}

/// How the API server reaches etcd: the one that kubeadm runs, or an external one.
fn store(root: Node<'_>, pki: &dyn Fn(&str) -> String) -> Vec<(&'static str, String)> {
    if !has_external(root) {
        return vec![
            ("etcd-servers", "https://127.0.0.1:2379".to_owned()),
            ("etcd-cafile", pki("etcd/ca.crt")),
            ("etcd-certfile", pki("apiserver-etcd-client.crt")),
            ("etcd-keyfile", pki("apiserver-etcd-client.key")),
        ];
    }
    let external = |key| text(root, &["etcd", "external", key]).map(str::to_owned);
    let list = root.field("etcd").and_then(|etcd| etcd.field("external"));
    let urls = list.and_then(|external| external.field("endpoints")).into_iter().flat_map(Node::items);
    let urls: Vec<&str> = urls.filter_map(Node::scalar_text).collect();
    let mut flags = vec![("etcd-servers", urls.join(","))];
    flags.extend(external("caFile").map(|file| ("etcd-cafile", file)));
    if let (Some(certificate), Some(key)) = (external("certFile"), external("keyFile")) {
        flags.extend([("etcd-certfile", certificate), ("etcd-keyfile", key)]);
    }
    flags
}
