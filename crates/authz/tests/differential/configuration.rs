//! AuthorizationConfigurations: the order of authorizers and the conditions of webhooks.

use std::sync::Arc;

use fastrand::Rng;
use rampart_authz::from_inventory::{Scope, node_authorizer, rbac_policy};
use rampart_authz::{AbacPolicy, AuthorizationConfiguration, Chain, Decision, parse_review};
use rampart_document::{Limits, Source, parse_yaml};
use rampart_testkit::cluster::{ControlPlane, Options};
use serde_json::{Value, json};

use crate::abac;
use crate::oracle::{Oracle, Tally};

/// A webhook that nobody serves: what conditions leave to it cannot be compared.
const KUBECONFIG: &str = r#"{"apiVersion":"v1","kind":"Config","current-context":"c",
"clusters":[{"name":"c","cluster":{"server":"https://127.0.0.1:9/"}}],
"contexts":[{"name":"c","context":{"cluster":"c","user":"u"}}],"users":[{"name":"u","user":{}}]}"#;

/// Somebody who is granted something by RBAC alone.
const MARKER: &str = "chain-marker";
const NODE_FIRST: &str =
    "- {type: Node, name: node}\n- {type: RBAC, name: rbac}\n- {type: ABAC, name: abac}\n";
const ABAC_FIRST: &str =
    "- {type: AlwaysDeny, name: alwaysdeny}\n- {type: ABAC, name: abac}\n- {type: RBAC, name: rbac}\n";

/// Conditions that are false or fail for every question asked here.
const CONDITIONS: [(&str, &[&str]); 4] = [
    ("NoOpinion", &["request.user == 'nobody-has-this-name'"]),
    ("Deny", &["'nobody' in request.groups", "request.resourceAttributes.namespace == 'alpha'"]),
    // Without a namespace there is no value: the request is refused, or goes on.
    (
        "Deny",
        &[
            "request.resourceAttributes.resource == 'secrets' && request.nonResourceAttributes.path == '/'",
            "!(has(request.nonResourceAttributes) && request.nonResourceAttributes.path == '/version')",
        ],
    ),
    ("NoOpinion", &["request.extra['none'].exists(v, v == 'x')", "request.user.startsWith('user-')"]),
];

fn webhook(name: &str, failure: &str, conditions: &[&str]) -> String {
    let conditions: Vec<Value> = conditions.iter().map(|text| json!({"expression": text})).collect();
    let webhook = json!({
        "timeout": "1s", "failurePolicy": failure, "subjectAccessReviewVersion": "v1",
        "matchConditionSubjectAccessReviewVersion": "v1", "matchConditions": conditions,
        "connectionInfo": {"type": "KubeConfigFile", "kubeConfigFile": "{dir}/webhook.json"},
    });
    format!("- {}\n", json!({"type": "Webhook", "name": name, "webhook": webhook}))
}

fn configurations() -> Vec<String> {
    let hook = |index: usize| webhook(&format!("hook{index}"), CONDITIONS[index].0, CONDITIONS[index].1);
    let head = |version: &str| {
        format!(
            "apiVersion: apiserver.config.k8s.io/{version}\nkind: AuthorizationConfiguration\nauthorizers:\n"
        )
    };
    vec![
        head("v1") + &hook(0) + &hook(1) + NODE_FIRST,
        head("v1beta1") + &hook(2) + ABAC_FIRST,
        head("v1") + "- {type: ABAC, name: abac}\n" + &hook(3) + &hook(2) + "- {type: RBAC, name: rbac}\n",
    ]
}

pub(crate) fn read(text: &str) -> AuthorizationConfiguration {
    let parsed =
        parse_yaml(&Source::new("authorization.yaml", text.replace("{dir}", "/dir")), &Limits::default());
    let root = parsed.tree.documents().next().unwrap();
    AuthorizationConfiguration::read(root).unwrap()
}

/// What RBAC gives: some of what the ABAC file's users ask for, and something to a user of its own.
fn roles() -> Vec<Value> {
    let api = "rbac.authorization.k8s.io";
    let users: Vec<Value> = (0..60)
        .step_by(3)
        .map(|i| format!("user-{i}"))
        .chain([MARKER.to_owned()])
        .map(|name| json!({"kind": "User", "apiGroup": api, "name": name}))
        .collect();
    vec![
        json!({"apiVersion": format!("{api}/v1"), "kind": "ClusterRole", "metadata": {"name": "part"}, "rules": [
            {"verbs": ["get", "list", "create"], "apiGroups": ["", "apps"], "resources": ["pods", "deployments"]},
            {"verbs": ["get"], "nonResourceURLs": ["/foo/*"]},
            {"verbs": ["mark"], "apiGroups": [MARKER], "resources": ["marks"]},
        ]}),
        json!({"apiVersion": format!("{api}/v1"), "kind": "ClusterRoleBinding", "metadata": {"name": "part"},
            "roleRef": {"apiGroup": api, "kind": "ClusterRole", "name": "part"}, "subjects": users}),
    ]
}

/// Runs an API server for each configuration; answers the comparison and how many answers rest on a failed condition.
pub(crate) fn compare(rng: &mut Rng, count: usize) -> (Tally, usize) {
    let file = abac::file(rng, 120);
    let policy = Arc::new(AbacPolicy::parse(&file).unwrap());
    let (mut tally, mut by_condition) = (Tally::default(), 0);
    for text in configurations() {
        let options = Options {
            authorization_config: Some(text.clone()),
            abac_policy: Some(file.clone()),
            files: vec![("webhook.json".to_owned(), KUBECONFIG.to_owned())],
            ..Options::default()
        };
        let cluster = ControlPlane::start(&options).unwrap();
        let oracle = Oracle::new(&cluster);
        for namespace in crate::world::NAMESPACES {
            cluster.create_namespace(namespace, &[]).unwrap();
        }
        for object in &roles() {
            oracle.create(object);
        }
        oracle.wait(MARKER, "", "RBAC: allowed by ClusterRoleBinding");
        let inventory = oracle.inventory(&[]);
        let (rbac, _) = rbac_policy(&inventory, Scope::Covered);
        let node = Arc::new(node_authorizer(&inventory, 36, Scope::Alone));
        let chain = read(&text).chain(&node, &Arc::new(rbac), Some(&policy));
        let reviews: Vec<Value> = (0..count).map(|_| abac::review(rng)).collect();
        by_condition += reviews.iter().filter(|review| denied(&chain, review)).count();
        tally.add(&oracle.compare(&chain, &reviews));
    }
    (tally, by_condition)
}

fn denied(chain: &Chain, review: &Value) -> bool {
    let (identity, request) = parse_review(&review.to_string()).unwrap();
    let answer = chain.authorize(&identity, &request);
    assert_ne!(answer.decision, Decision::Unknown, "{review}: {answer:?}");
    answer.decision == Decision::Deny
}
