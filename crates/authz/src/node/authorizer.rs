//! The decision for one request of a kubelet, with the API server's words.

use super::graph::{NodeGraph, Vertex};
use super::rules;
use crate::answer::{Answer, Because, Decision};
use crate::quote::Quoted;
use crate::request::{Identity, Request, ResourceRequest, Target};

const GROUP: &str = "system:nodes";
const USER_PREFIX: &str = "system:node:";
const LEASES: &str = "kube-node-lease";

/// Feature gates that change what nodes may do, as a release sets them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeFeatures {
    /// `AuthorizeNodeWithSelectors`: pods and nodes are limited to the kubelet's own (on since 1.32).
    pub selectors: bool,
    /// `KubeletServiceAccountTokenForCredentialProviders`: ServiceAccounts of its pods can be read (on since 1.34).
    pub service_accounts: bool,
    /// `PodCertificateRequest`: off up to 1.36.
    pub pod_certificates: bool,
}

impl NodeFeatures {
    /// The defaults of Kubernetes 1.`minor`.
    pub fn of_minor(minor: u32) -> Self {
        Self { selectors: minor >= 32, service_accounts: minor >= 34, pod_certificates: false }
    }
}

/// The authorizer: the graph of what belongs to which node, and the release's features.
#[derive(Debug, Clone)]
pub struct NodeAuthorizer {
    graph: NodeGraph,
    features: NodeFeatures,
    incomplete: Vec<String>,
}

impl NodeAuthorizer {
    /// An authorizer over a graph. `incomplete` names what of the graph could not be read; it makes refusals for lack
    /// of a relationship unknown.
    pub fn new(graph: NodeGraph, features: NodeFeatures, incomplete: Vec<String>) -> Self {
        Self { graph, features, incomplete }
    }

    /// What the authorizer says of a request. It has no opinion on anybody but nodes.
    pub fn authorize(&self, identity: &Identity, request: &Request) -> Answer {
        let Some(node) = identity.name.strip_prefix(USER_PREFIX) else { return Answer::no_opinion("") };
        if !identity.groups.iter().any(|group| group == GROUP) {
            return Answer::no_opinion("");
        }
        if node.is_empty() {
            return Answer::no_opinion(format!("unknown node for user {}", Quoted(&identity.name)));
        }
        let verdict = match &request.target {
            Target::Resource(target) => {
                Asked { authorizer: self, node, verb: &request.verb, target }.decide(request)
            }
            Target::Path(_) => Verdict::of(rules::allow(request, self.features.selectors)),
        };
        match verdict {
            Verdict::Allow => Answer::allow(Because::Node, ""),
            Verdict::Pass(reason) => Answer::no_opinion(reason),
            Verdict::Unrelated => {
                let reason = format!("no relationship found between node '{node}' and this object");
                let mut answer = Answer::no_opinion(reason);
                if !self.incomplete.is_empty() {
                    answer.decision = Decision::Unknown;
                    answer.unknown.clone_from(&self.incomplete);
                }
                answer
            }
        }
    }
}

enum Verdict {
    Allow,
    Pass(String),
    Unrelated,
}

impl Verdict {
    fn of(allowed: bool) -> Self {
        if allowed { Self::Allow } else { Self::Pass(String::new()) }
    }
}

struct Asked<'a> {
    authorizer: &'a NodeAuthorizer,
    node: &'a str,
    verb: &'a str,
    target: &'a ResourceRequest,
}

fn pass(reason: impl Into<String>) -> Verdict {
    Verdict::Pass(reason.into())
}

impl Asked<'_> {
    fn decide(&self, request: &Request) -> Verdict {
        let features = self.authorizer.features;
        match (self.target.group.as_str(), self.target.resource.as_str()) {
            ("", "secrets") => self.read_in_namespace(Vertex::Secret),
            ("", "configmaps") => self.read_in_namespace(Vertex::ConfigMap),
            ("", "persistentvolumeclaims") if self.target.subresource == "status" => match self.verb {
                "update" | "patch" => self.related(Vertex::Claim),
                _ => pass("can only get/update/patch this type"),
            },
            ("", "persistentvolumeclaims") => self.get(Vertex::Claim),
            ("", "persistentvolumes") => self.get(Vertex::Volume),
            ("resource.k8s.io", "resourceclaims") => self.get(Vertex::ResourceClaim),
            ("storage.k8s.io", "volumeattachments") => self.get(Vertex::Attachment),
            ("", "serviceaccounts") => self.service_account(),
            ("coordination.k8s.io", "leases") => self.lease(),
            ("storage.k8s.io", "csinodes") => self.csi_node(),
            ("resource.k8s.io", "resourceslices") => self.resource_slice(),
            ("", "nodes") if features.selectors => self.nodes(),
            ("", "pods") if features.selectors => self.pods(),
            ("certificates.k8s.io", "podcertificaterequests")
                if features.pod_certificates && features.selectors =>
            {
                self.pod_certificate()
            }
            ("certificates.k8s.io", "podcertificaterequests") => pass(""),
            _ => Verdict::of(rules::allow(request, features.selectors)),
        }
    }

    fn related(&self, kind: Vertex) -> Verdict {
        let target = self.target;
        if target.name.is_empty() {
            return pass("No Object name found");
        }
        if self.authorizer.graph.belongs(kind, &target.namespace, &target.name, self.node) {
            return Verdict::Allow;
        }
        Verdict::Unrelated
    }

    fn get(&self, kind: Vertex) -> Verdict {
        if self.verb != "get" {
            return pass("can only get individual resources of this type");
        }
        if !self.target.subresource.is_empty() {
            return pass("cannot get subresource");
        }
        self.related(kind)
    }

    fn read_in_namespace(&self, kind: Vertex) -> Verdict {
        if !matches!(self.verb, "get" | "list" | "watch") {
            return pass("can only read resources of this type");
        }
        if !self.target.subresource.is_empty() {
            return pass("cannot read subresource");
        }
        if self.target.namespace.is_empty() {
            return pass("can only read namespaced object of this type");
        }
        self.related(kind)
    }

    fn service_account(&self) -> Verdict {
        let target = self.target;
        if self.verb == "get" && target.subresource.is_empty() {
            let features = self.authorizer.features;
            if !features.service_accounts && !features.pod_certificates {
                return pass("not allowed to get service accounts");
            }
            return self.read_in_namespace(Vertex::ServiceAccount);
        }
        if self.verb != "create" || target.name.is_empty() {
            return pass("can only create tokens for individual service accounts");
        }
        if target.subresource != "token" {
            return pass("can only create token subresource of serviceaccount");
        }
        self.related(Vertex::ServiceAccount)
    }

    fn lease(&self) -> Verdict {
        if !matches!(self.verb, "get" | "create" | "update" | "patch" | "delete") {
            return pass("can only get, create, update, patch, or delete a node lease");
        }
        if self.target.namespace != LEASES {
            return pass(format!("can only access leases in the {} system namespace", Quoted(LEASES)));
        }
        if self.verb != "create" && self.target.name != self.node {
            return pass("can only access node lease with the same name as the requesting node");
        }
        Verdict::Allow
    }

    fn csi_node(&self) -> Verdict {
        if !matches!(self.verb, "get" | "create" | "update" | "patch" | "delete") {
            return pass("can only get, create, update, patch, or delete a CSINode");
        }
        if !self.target.subresource.is_empty() {
            return pass("cannot authorize CSINode subresources");
        }
        if self.verb != "create" && self.target.name != self.node {
            return pass("can only access CSINode with the same name as the requesting node");
        }
        Verdict::Allow
    }

    fn selects_node(&self, field: &str) -> bool {
        self.target
            .fields
            .iter()
            .any(|wanted| wanted.equals && wanted.field == field && wanted.value == self.node)
    }

    fn resource_slice(&self) -> Verdict {
        if !self.target.subresource.is_empty() {
            return pass("cannot authorize ResourceSlice subresources");
        }
        match self.verb {
            "create" => Verdict::Allow,
            "get" | "update" | "patch" | "delete" => self.related(Vertex::ResourceSlice),
            "watch" | "list" | "deletecollection" => {
                if !self.authorizer.features.selectors || self.selects_node("spec.nodeName") {
                    return Verdict::Allow;
                }
                pass("can only list/watch/deletecollection resourceslices with nodeName field selector")
            }
            _ => pass(
                "only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, \
                 delete, deletecollection",
            ),
        }
    }

    fn pod_certificate(&self) -> Verdict {
        if !self.target.subresource.is_empty() {
            return pass("nodes may not access the status subresource of PodCertificateRequests");
        }
        match self.verb {
            "create" => Verdict::Allow,
            "get" => self.related(Vertex::PodCertificateRequest),
            "list" | "watch" if self.selects_node("spec.nodeName") => Verdict::Allow,
            "list" | "watch" => {
                pass("can only list/watch podcertificaterequests with nodeName field selector")
            }
            verb => pass(format!("nodes may not {verb} podcertificaterequests")),
        }
    }

    fn nodes(&self) -> Verdict {
        let (node, name) = (self.node, self.target.name.as_str());
        match (self.target.subresource.as_str(), self.verb) {
            ("", "create" | "update" | "patch") | ("status", "update" | "patch") => Verdict::Allow,
            ("", "get" | "list" | "watch") if name == node => Verdict::Allow,
            ("", "get" | "list" | "watch") if name.is_empty() => {
                pass(format!("node '{node}' cannot read all nodes, only its own Node object"))
            }
            ("", "get" | "list" | "watch") => {
                pass(format!("node '{node}' cannot read '{name}', only its own Node object"))
            }
            _ => pass(""),
        }
    }

    fn pods(&self) -> Verdict {
        match (self.target.subresource.as_str(), self.verb) {
            ("", "get") => self.get(Vertex::Pod),
            ("", "list" | "watch") if self.selects_node("spec.nodeName") => Verdict::Allow,
            ("", "list" | "watch") if !self.target.name.is_empty() => self.related(Vertex::Pod),
            ("", "list" | "watch") => pass("can only list/watch pods with spec.nodeName field selector"),
            ("", "create" | "delete") | ("status", "update" | "patch") | ("eviction", "create") => {
                Verdict::Allow
            }
            _ => pass(""),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{PodReferences, VolumeReferences};
    use super::*;

    fn authorizer(minor: u32) -> NodeAuthorizer {
        let mut graph = NodeGraph::new();
        graph.pod(&PodReferences {
            namespace: "dev",
            name: "web",
            node: "n1",
            service_account: "bot",
            secrets: vec!["tls", ""],
            config_maps: vec!["conf"],
            claims: vec!["data".to_owned()],
            ..PodReferences::default()
        });
        let mirror = PodReferences { mirror: true, secrets: vec!["static"], ..PodReferences::default() };
        graph.pod(&PodReferences { namespace: "dev", name: "proxy", node: "n1", ..mirror });
        graph.pod(&PodReferences { namespace: "dev", name: "other", node: "n2", ..PodReferences::default() });
        graph.volume(&VolumeReferences {
            name: "pv1",
            claim: ("dev", "data"),
            secrets: vec![("sys", "disk")],
        });
        graph.volume(&VolumeReferences {
            name: "pv2",
            claim: ("dev", "none"),
            secrets: vec![("sys", "key")],
        });
        graph.attachment("va1", "n1");
        NodeAuthorizer::new(graph, NodeFeatures::of_minor(minor), Vec::new())
    }

    const UNRELATED: &str = "no relationship found between node 'n1' and this object";

    #[test]
    fn a_node_reads_what_its_pods_refer_to() {
        let authorizer = authorizer(36);
        let node = Identity::exact("system:node:n1", ["system:nodes"]);
        let ask = |verb, resource, group, namespace, name| {
            Request::resource(verb, resource).in_group(group).in_namespace(namespace).named(name)
        };
        let table = [
            (ask("get", "secrets", "", "dev", "tls"), None),
            (ask("list", "secrets", "", "dev", "tls"), None),
            (ask("get", "secrets", "", "dev", "static"), Some(UNRELATED)),
            (ask("get", "secrets", "", "ops", "tls"), Some(UNRELATED)),
            (ask("get", "secrets", "", "sys", "disk"), None),
            (ask("get", "secrets", "", "sys", "key"), Some(UNRELATED)),
            (ask("get", "secrets", "", "dev", ""), Some("No Object name found")),
            (ask("get", "secrets", "", "", "tls"), Some("can only read namespaced object of this type")),
            (ask("update", "secrets", "", "dev", "tls"), Some("can only read resources of this type")),
            (ask("get", "secrets/x", "", "dev", "tls"), Some("cannot read subresource")),
            (ask("get", "configmaps", "", "dev", "conf"), None),
            (ask("get", "persistentvolumeclaims", "", "dev", "data"), None),
            (ask("patch", "persistentvolumeclaims/status", "", "dev", "data"), None),
            (
                ask("get", "persistentvolumeclaims/status", "", "dev", "data"),
                Some("can only get/update/patch this type"),
            ),
            (ask("get", "persistentvolumes", "", "", "pv1"), None),
            (ask("get", "persistentvolumes", "", "", "pv2"), Some(UNRELATED)),
            (ask("get", "volumeattachments", "storage.k8s.io", "", "va1"), None),
            (ask("create", "serviceaccounts/token", "", "dev", "bot"), None),
            (ask("create", "serviceaccounts/token", "", "dev", "boss"), Some(UNRELATED)),
            (ask("get", "serviceaccounts", "", "dev", "bot"), None),
            (ask("get", "nodes", "", "", "n1"), None),
            (ask("get", "nodes", "", "", "n2"), Some("node 'n1' cannot read 'n2', only its own Node object")),
            (
                ask("list", "nodes", "", "", ""),
                Some("node 'n1' cannot read all nodes, only its own Node object"),
            ),
            (ask("delete", "nodes", "", "", "n1"), Some("")),
            (ask("get", "pods", "", "dev", "web"), None),
            (ask("get", "pods", "", "dev", "other"), Some(UNRELATED)),
            (
                ask("list", "pods", "", "", ""),
                Some("can only list/watch pods with spec.nodeName field selector"),
            ),
            (ask("list", "pods", "", "", "").with_field("spec.nodeName", "n1"), None),
            (ask("update", "leases", "coordination.k8s.io", "kube-node-lease", "n1"), None),
            (
                ask("get", "leases", "coordination.k8s.io", "kube-system", "n1"),
                Some("can only access leases in the \"kube-node-lease\" system namespace"),
            ),
            (ask("create", "events", "events.k8s.io", "dev", ""), None),
            (ask("list", "services", "", "", ""), None),
            (ask("list", "deployments", "apps", "", ""), Some("")),
            (Request::path("get", "/metrics"), Some("")),
        ];
        for (request, refused) in table {
            let answer = authorizer.authorize(&node, &request);
            assert_eq!(
                (answer.allowed(), answer.reason.as_str()),
                (refused.is_none(), refused.unwrap_or("")),
                "{request:?}"
            );
        }
    }

    #[test]
    fn only_nodes_are_nodes() {
        let authorizer = authorizer(36);
        let request = Request::resource("list", "services");
        for (name, groups, reason) in [
            ("system:node:n1", &[][..], ""),
            ("n1", &["system:nodes"][..], ""),
            ("system:node:", &["system:nodes"][..], "unknown node for user \"system:node:\""),
        ] {
            let answer = authorizer.authorize(&Identity::exact(name, groups.iter().copied()), &request);
            assert_eq!((answer.decision, answer.reason.as_str()), (Decision::NoOpinion, reason), "{name}");
        }
    }

    #[test]
    fn older_releases_let_nodes_read_all_pods() {
        let node = Identity::exact("system:node:n1", ["system:nodes"]);
        let list = Request::resource("list", "pods");
        assert!(authorizer(31).authorize(&node, &list).allowed());
        assert!(!authorizer(32).authorize(&node, &list).allowed());
        let get = Request::resource("get", "serviceaccounts").in_namespace("dev").named("bot");
        assert_eq!(authorizer(33).authorize(&node, &get).reason, "not allowed to get service accounts");
    }

    #[test]
    fn what_could_not_be_read_makes_refusals_unknown() {
        let mut blind = authorizer(36);
        blind.incomplete = vec!["pods could not be read".to_owned()];
        let node = Identity::exact("system:node:n1", ["system:nodes"]);
        let get = |name| Request::resource("get", "secrets").in_namespace("dev").named(name);
        assert_eq!(blind.authorize(&node, &get("x")).decision, Decision::Unknown);
        assert_eq!(blind.authorize(&node, &get("tls")).decision, Decision::Allow);
    }
}
