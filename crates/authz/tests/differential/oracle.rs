//! The real API server: objects in, answers out, and the comparison with ours.

use std::fmt::{Display, Formatter};
use std::time::{Duration, Instant};

use rampart_authz::{Answer, Because, Chain, Decision, parse_review};
use rampart_document::{Limits, Source, parse_json};
use rampart_model::{Coverage, Inventory, InventoryBuilder, Origin};
use rampart_testkit::cluster::{Client, ControlPlane, Review};
use serde_json::{Value, json};

use crate::world;

const THREADS: usize = 4;
const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";

pub(crate) struct Oracle<'a> {
    cluster: &'a ControlPlane,
    pub(crate) admin: Client,
}

/// Counts of compared answers, and what differed.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) asked: usize,
    pub(crate) allowed: usize,
    pub(crate) differences: Vec<String>,
}

impl Tally {
    pub(crate) fn add(&mut self, other: &Self) {
        self.asked += other.asked;
        self.allowed += other.allowed;
        self.differences.extend_from_slice(&other.differences);
    }
}

impl Display for Tally {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} reviews, {} allowed, {} differences", self.asked, self.allowed, self.differences.len())
    }
}

impl<'a> Oracle<'a> {
    pub(crate) fn new(cluster: &'a ControlPlane) -> Self {
        Self { cluster, admin: cluster.user("harness", &["system:masters"]).unwrap() }
    }

    /// Creates objects and waits until the authorizer has seen the last of each kind.
    pub(crate) fn install(&self, objects: &[Value], world: usize) {
        for object in objects {
            self.create(object);
        }
        let marker = format!("marker-{world}");
        let rules = json!([{"verbs": ["mark"], "apiGroups": [marker], "resources": ["marks"]}]);
        let subjects = json!([{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": marker}]);
        for (role, binding, namespace) in
            [("ClusterRole", "ClusterRoleBinding", None), ("Role", "RoleBinding", Some("alpha"))]
        {
            let metadata = match namespace {
                Some(namespace) => json!({"name": marker, "namespace": namespace}),
                None => json!({"name": marker, "labels": {"world": world.to_string()}}),
            };
            let head = |kind: &str| json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": metadata});
            let mut object = head(role);
            object["rules"] = rules.clone();
            self.create(&object);
            let mut object = head(binding);
            object["subjects"] = subjects.clone();
            object["roleRef"] =
                json!({"apiGroup": "rbac.authorization.k8s.io", "kind": role, "name": marker});
            self.create(&object);
        }
        let words = format!("RBAC: allowed by RoleBinding \"{marker}/alpha\"");
        self.wait(&marker, "", "RBAC: allowed by ClusterRoleBinding");
        // The cluster's grant wins wherever both hold, so the namespaced one is seen only after it is gone.
        self.admin.delete(&format!("{RBAC}/clusterrolebindings/{marker}")).unwrap();
        self.wait(&marker, "alpha", &words);
    }

    pub(crate) fn create(&self, object: &Value) {
        let kind = object["kind"].as_str().unwrap();
        let plural = format!("{}s", kind.to_lowercase());
        let path = match object["metadata"]["namespace"].as_str() {
            Some(namespace) => format!("{RBAC}/namespaces/{namespace}/{plural}"),
            None => format!("{RBAC}/{plural}"),
        };
        self.admin.post(&path, object).unwrap_or_else(|error| panic!("{object}: {error}"));
    }

    pub(crate) fn wait(&self, marker: &str, namespace: &str, words: &str) {
        let limit = Instant::now() + Duration::from_secs(30);
        let attributes =
            json!({"verb": "mark", "group": marker, "resource": "marks", "namespace": namespace});
        loop {
            let review = self
                .admin
                .subject_access_review(&json!({"user": marker, "resourceAttributes": attributes}))
                .unwrap();
            if review.reason.starts_with(words) {
                return;
            }
            assert!(Instant::now() < limit, "the authorizer does not see the objects: {review:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Removes the objects of a world.
    pub(crate) fn clear(&self, world: usize) {
        for plural in ["clusterrolebindings", "clusterroles"] {
            self.admin.delete(&format!("{RBAC}/{plural}?labelSelector=world%3D{world}")).unwrap();
        }
        for namespace in world::NAMESPACES {
            for plural in ["rolebindings", "roles"] {
                self.admin.delete(&format!("{RBAC}/namespaces/{namespace}/{plural}")).unwrap();
            }
        }
    }

    /// What a complete reading of the cluster's RBAC objects and of the given others gives.
    pub(crate) fn inventory(&self, others: &[Value]) -> Inventory {
        let mut builder = InventoryBuilder::new();
        let mut add = |json: String| {
            let parsed = parse_json(&Source::new("list.json", json), &Limits::default());
            assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
            builder.unit(parsed.tree, Origin::Cluster { resource_version: "1".to_owned() });
        };
        for plural in ["clusterroles", "clusterrolebindings", "roles", "rolebindings"] {
            add(self.admin.get(&format!("{RBAC}/{plural}")).unwrap().to_string());
        }
        for object in others {
            add(object.to_string());
        }
        builder.coverage(Coverage::complete());
        builder.build().0
    }

    /// Asks the server and the chain the same questions.
    pub(crate) fn compare(&self, chain: &Chain, reviews: &[Value]) -> Tally {
        let mut tally = Tally::default();
        std::thread::scope(|scope| {
            let parts = reviews.chunks(reviews.len().div_ceil(THREADS).max(1));
            let workers: Vec<_> = parts
                .map(|part| {
                    let client = self.cluster.user("harness", &["system:masters"]).unwrap();
                    scope.spawn(move || compare_part(&client, chain, part))
                })
                .collect();
            for worker in workers {
                tally.add(&worker.join().unwrap());
            }
        });
        tally
    }
}

fn compare_part(client: &Client, chain: &Chain, reviews: &[Value]) -> Tally {
    let mut tally = Tally::default();
    for spec in reviews {
        let theirs = client.subject_access_review(spec).unwrap_or_else(|error| panic!("{spec}: {error}"));
        let (identity, request) = parse_review(&spec.to_string()).unwrap();
        let ours = chain.authorize(&identity, &request);
        tally.asked += 1;
        tally.allowed += usize::from(theirs.allowed);
        if !same(chain, spec, &theirs, &ours) {
            tally.differences.push(format!("{spec}\n  server {theirs:?}\n  ours   {ours:?}"));
        }
    }
    tally
}

/// Equal decisions, and equal reasons. The server visits bindings in no order: of several that allow a request it may
/// name any, so ours must list the one it names; of several errors it may give any order.
fn same(chain: &Chain, spec: &Value, theirs: &Review, ours: &Answer) -> bool {
    if theirs.allowed != (ours.decision == Decision::Allow)
        || theirs.denied != (ours.decision == Decision::Deny)
    {
        return false;
    }
    match (ours.because, chain.policy()) {
        (Because::Rbac(first), Some(policy)) => {
            let (identity, request) = parse_review(&spec.to_string()).unwrap();
            let cluster = policy.binding(first.binding).namespace.is_none();
            let grants = policy.all_grants(&identity, &request);
            grants.contains(&first)
                && grants
                    .iter()
                    .filter(|grant| policy.binding(grant.binding).namespace.is_none() == cluster)
                    .any(|grant| theirs.reason == format!("RBAC: allowed by {}", policy.describe(*grant)))
        }
        _ => sorted(&theirs.reason) == sorted(&ours.reason),
    }
}

/// A reason with its list of errors in order.
pub(crate) fn sorted(reason: &str) -> (String, Vec<String>) {
    let Some((head, list)) =
        reason.split_once('[').filter(|(head, _)| head.ends_with("RBAC: ") || head.ends_with("errors: ["))
    else {
        return (reason.to_owned(), Vec::new());
    };
    let mut items: Vec<String> = list.trim_end_matches(']').split(", ").map(str::to_owned).collect();
    items.sort();
    (head.to_owned(), items)
}
