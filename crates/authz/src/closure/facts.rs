//! What of the cluster besides RBAC decides where steps lead.

use std::collections::{BTreeMap, BTreeSet};

use rampart_model::{GroupKind, Inventory};

use crate::request::{service_account_of, service_account_user};

/// ServiceAccounts, the ones pods run as, and the Secrets that hold their tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClusterFacts {
    /// Names of ServiceAccounts by namespace.
    pub service_accounts: BTreeMap<String, BTreeSet<String>>,
    /// Names of ServiceAccounts of pods by namespace.
    pub running: BTreeMap<String, BTreeSet<String>>,
    /// Names of ServiceAccounts with a token in a Secret, by the Secret's namespace and name.
    pub token_secrets: BTreeMap<String, BTreeMap<String, String>>,
    /// Whether the ConfigMap `kube-system/aws-auth` is there, by which EKS maps IAM principals to users.
    pub aws_auth: bool,
    /// Users that log in, and their groups; those named in bindings are added anyway.
    pub users: BTreeMap<String, BTreeSet<String>>,
}

impl ClusterFacts {
    /// What an inventory shows. ServiceAccounts that only pods name are counted too: admission would refuse the pods
    /// otherwise.
    pub fn from_inventory(inventory: &Inventory) -> Self {
        let mut facts = Self::default();
        let text = |object: rampart_model::Object<'_>, path: &[&str]| {
            object.field(path).and_then(|node| node.scalar_text()).unwrap_or_default().to_owned()
        };
        for object in inventory.of_kind(GroupKind::core("ServiceAccount")) {
            facts.service_account(object.effective_namespace().unwrap_or_default(), object.name());
        }
        for object in inventory.of_kind(GroupKind::core("Pod")) {
            let namespace = object.effective_namespace().unwrap_or_default();
            let name = text(object, &["spec", "serviceAccountName"]);
            let name = if name.is_empty() { "default" } else { &name };
            facts.service_account(namespace, name);
            facts.running.entry(namespace.to_owned()).or_default().insert(name.to_owned());
        }
        facts.aws_auth = inventory
            .of_kind(GroupKind::core("ConfigMap"))
            .any(|object| object.name() == "aws-auth" && object.effective_namespace() == Some("kube-system"));
        for object in inventory.of_kind(GroupKind::core("Secret")) {
            let account = object.annotations().get("kubernetes.io/service-account.name");
            let token = text(object, &["type"]) == "kubernetes.io/service-account-token";
            if let (true, Some(account)) = (token, account) {
                let namespace = object.effective_namespace().unwrap_or_default();
                let secrets = facts.token_secrets.entry(namespace.to_owned()).or_default();
                secrets.insert(object.name().to_owned(), account.to_owned());
            }
        }
        facts
    }

    /// Adds a ServiceAccount.
    pub fn service_account(&mut self, namespace: &str, name: &str) {
        self.service_accounts.entry(namespace.to_owned()).or_default().insert(name.to_owned());
    }

    /// Adds what bindings name: users, and ServiceAccounts even where they do not exist yet.
    pub(super) fn named(&mut self, user: &str) {
        match service_account_of(user) {
            Some((namespace, name)) => self.service_account(namespace, name),
            None => drop(self.users.entry(user.to_owned()).or_default()),
        }
    }

    /// User names of the ServiceAccounts in one of the maps above.
    pub(super) fn user_names<'a>(
        accounts: &'a BTreeMap<String, BTreeSet<String>>,
        namespace: &'a str,
    ) -> impl Iterator<Item = String> + 'a {
        accounts.get(namespace).into_iter().flatten().map(move |name| service_account_user(namespace, name))
    }
}
