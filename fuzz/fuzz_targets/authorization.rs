#![no_main]
//! Any text as the API server's own files: ABAC policies, AuthorizationConfigurations and audit policies are read and
//! asked without a panic.

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use rampart_authz::audit_policy::{AuditPolicy, lint};
use rampart_authz::rbac::PolicyBuilder;
use rampart_authz::{
    AbacPolicy, AuthorizationConfiguration, Authorizer, Chain, Condition, Identity, NodeAuthorizer, NodeFeatures,
    NodeGraph, Request,
};
use rampart_document::{Limits, Source, parse_yaml};

/// What wraps the text, so that the readers are reached often.
const HEADS: [&str; 3] = [
    "",
    "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthorizationConfiguration\n",
    "apiVersion: audit.k8s.io/v1\nkind: Policy\n",
];

fuzz_target!(|text: &str| {
    if text.len() > 1 << 13 {
        return;
    }
    let identity = Identity::user("amy", ["dev"]);
    let requests = [Request::resource("list", "pods").in_namespace("x"), Request::path("get", "/healthz")];
    let ask = |chain: &Chain| {
        for request in &requests {
            let answer = chain.authorize(&identity, request);
            assert_eq!(answer.decision == rampart_authz::Decision::Unknown, !answer.unknown.is_empty());
        }
    };
    if let Ok(policy) = AbacPolicy::parse(text) {
        ask(&Chain::new(vec![Authorizer::Abac(Arc::new(policy))]));
    }
    let _ = Condition::compile(text);
    for head in HEADS {
        let source = Source::new("fuzz", format!("{head}{text}"));
        let parsed = parse_yaml(&source, &Limits::default());
        let Some(root) = parsed.tree.documents().next() else { continue };
        if let Ok(configuration) = AuthorizationConfiguration::read(root) {
            let rbac = Arc::new(PolicyBuilder::new().finish());
            let node = NodeAuthorizer::new(NodeGraph::default(), NodeFeatures::of_minor(36), Vec::new());
            ask(&configuration.chain(&Arc::new(node), &rbac, None));
        }
        if let Ok(policy) = AuditPolicy::read(root) {
            lint(&policy);
            for request in &requests {
                policy.explain(&identity, request);
            }
        }
    }
});
