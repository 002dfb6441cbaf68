//! Admission webhooks and the rules by which they, and policies in CEL, are asked.

use rampart_document::{FieldPath, Node};
use rampart_model::{GroupKind, Object};

use crate::shared::paths::at;

const GROUP: &str = "admissionregistration.k8s.io";

/// The kinds that hold webhooks.
pub(super) const KINDS: [GroupKind<'static>; 2] = [
    GroupKind::new(GROUP, "ValidatingWebhookConfiguration"),
    GroupKind::new(GROUP, "MutatingWebhookConfiguration"),
];
pub(super) const VAP: GroupKind<'static> = GroupKind::new(GROUP, "ValidatingAdmissionPolicy");
pub(super) const MAP: GroupKind<'static> = GroupKind::new(GROUP, "MutatingAdmissionPolicy");
pub(super) const VAP_BINDING: GroupKind<'static> = GroupKind::new(GROUP, "ValidatingAdmissionPolicyBinding");
pub(super) const MAP_BINDING: GroupKind<'static> = GroupKind::new(GROUP, "MutatingAdmissionPolicyBinding");

/// One webhook.
#[derive(Debug, Clone, Copy)]
pub(super) struct Webhook<'a> {
    pub(super) object: Object<'a>,
    pub(super) index: usize,
    pub(super) node: Node<'a>,
}

/// The webhooks of a configuration.
pub(super) fn webhooks(object: Object<'_>) -> impl Iterator<Item = Webhook<'_>> {
    let list = object.field(&["webhooks"]).and_then(Node::as_seq).into_iter().flat_map(Node::items);
    list.enumerate().map(move |(index, node)| Webhook { object, index, node })
}

impl<'a> Webhook<'a> {
    pub(super) fn name(&self) -> &'a str {
        self.text("name").unwrap_or("")
    }

    /// As messages name it.
    pub(super) fn title(&self) -> String {
        format!("webhook `{}`", self.name())
    }

    pub(super) fn text(&self, field: &str) -> Option<&'a str> {
        self.node.field(field).and_then(Node::as_str)
    }

    /// A field's path from the configuration.
    pub(super) fn path(&self, field: &str) -> FieldPath {
        at(&["webhooks"]).index(self.index).key(field)
    }

    /// True when an error or a missing answer lets the request pass. Unset means Fail in v1 and Ignore before.
    pub(super) fn fails_open(&self) -> bool {
        match self.text("failurePolicy") {
            Some(policy) => policy == "Ignore",
            None => self.object.api_version() != "admissionregistration.k8s.io/v1",
        }
    }

    /// The requests it is asked about, with the index of each rule.
    pub(super) fn rules(&self) -> impl Iterator<Item = (usize, Asked<'a>)> + use<'a> {
        asked(self.node.field("rules"))
    }

    /// A selector that asks for something.
    pub(super) fn selector(&self, field: &str) -> Option<Node<'a>> {
        self.node.field(field).filter(|selector| !is_empty_selector(*selector))
    }

    /// True for what only fills in or injects: without it pods lack a helper, not a guard.
    pub(super) fn is_injector(&self) -> bool {
        let names = [self.name(), self.object.name()];
        INJECTORS.iter().any(|known| names.iter().any(|name| name.contains(known)))
    }
}

/// Parts of the names of webhooks that inject sidecars, environment or defaults. From the manifests of the projects.
const INJECTORS: [&str; 15] = [
    "sidecar-injector",
    "proxy-injector",
    "tap-injector",
    "jaeger-injector",
    "agent-injector",
    "rev.namespace.sidecar",
    "pod-identity-webhook",
    "workload-identity",
    "azure-wi-webhook",
    "opentelemetry-operator",
    "reloader",
    "cert-manager-webhook",
    "keda-admission",
    "vpa-webhook",
    "datadog-webhook",
];

/// True for a selector that selects everything.
pub(super) fn is_empty_selector(selector: Node<'_>) -> bool {
    ["matchLabels", "matchExpressions"].iter().all(|field| selector.field(field).is_none_or(Node::is_empty))
}

/// A `RuleWithOperations`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    node: Node<'a>,
}

/// The rules of a list.
pub(super) fn asked(list: Option<Node<'_>>) -> impl Iterator<Item = (usize, Asked<'_>)> {
    let items = list.and_then(Node::as_seq).into_iter().flat_map(Node::items);
    items.enumerate().map(|(index, node)| (index, Asked { node }))
}

impl<'a> Asked<'a> {
    pub(super) fn list(&self, field: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        self.node
            .field(field)
            .and_then(Node::as_seq)
            .into_iter()
            .flat_map(Node::items)
            .filter_map(Node::as_str)
    }

    /// True when it covers a resource (`pods`, `pods/exec`). Source: the rule matcher of the API server, to which `pods/*`
    /// means pods too.
    pub(super) fn resource(&self, group: &str, resource: &str) -> bool {
        let split = |text: &'a str| text.split_once('/').unwrap_or((text, ""));
        let (plain, sub) = resource.split_once('/').unwrap_or((resource, ""));
        self.list("apiGroups").any(|own| own == "*" || own == group)
            && self
                .list("resources")
                .map(split)
                .any(|(own, own_sub)| (own == "*" || own == plain) && (own_sub == "*" || own_sub == sub))
    }

    /// True when it covers one of these operations.
    pub(super) fn operation(&self, operations: &[&str]) -> bool {
        self.list("operations").any(|own| own == "*" || operations.contains(&own))
    }

    /// True for every resource of every group, in any scope.
    pub(super) fn is_unscoped(&self) -> bool {
        let all = |field: &str, words: &[&str]| self.list(field).any(|own| words.contains(&own));
        all("apiGroups", &["*"])
            && all("resources", &["*", "*/*"])
            && self.node.field("scope").and_then(Node::as_str).is_none_or(|scope| scope == "*")
    }
}

/// What decides over the security of workloads: pods, what makes them, rights, secrets.
pub(super) const GUARDED: [(&str, &str); 14] = [
    ("", "pods"),
    ("", "pods/ephemeralcontainers"),
    ("", "replicationcontrollers"),
    ("apps", "deployments"),
    ("apps", "daemonsets"),
    ("apps", "replicasets"),
    ("apps", "statefulsets"),
    ("batch", "jobs"),
    ("batch", "cronjobs"),
    ("rbac.authorization.k8s.io", "roles"),
    ("rbac.authorization.k8s.io", "clusterroles"),
    ("rbac.authorization.k8s.io", "rolebindings"),
    ("rbac.authorization.k8s.io", "clusterrolebindings"),
    ("", "secrets"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use rampart_document::{Limits, Source, parse_yaml};

    #[test]
    fn rules_match_as_the_api_server_does() {
        for (resources, resource, want) in [
            ("[pods]", "pods", true),
            ("[pods]", "pods/exec", false),
            ("[pods/*]", "pods/exec", true),
            ("[pods/*]", "pods", true),
            ("['*']", "pods", true),
            ("['*']", "pods/exec", false),
            ("['*/*']", "pods/exec", true),
            ("['*/*']", "pods", true),
            ("['*/exec']", "pods/exec", true),
            ("['*/exec']", "pods", false),
            ("[services]", "pods", false),
        ] {
            let text = format!("- {{apiGroups: [''], operations: [CREATE], resources: {resources}}}\n");
            let tree = parse_yaml(&Source::new("t", text), &Limits::default()).tree;
            let (_, rule) = asked(tree.documents().next()).next().unwrap();
            assert_eq!(rule.resource("", resource), want, "{resources} {resource}");
            assert!(!rule.resource("apps", resource));
            assert!(rule.operation(&["CREATE"]) && !rule.operation(&["UPDATE"]));
        }
    }
}
