//! Severities of the rules about rights: what the pages show is who is found, this is how much it matters.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use rampart_document::{Limits, Source, parse_yaml};
use rampart_model::{Carriers, Coverage, InventoryBuilder, Origin, Version};
use rampart_rules::{Context, Env, Options, Settings, evaluate, find};

const API: &str = "apiVersion: rbac.authorization.k8s.io/v1\n";

fn rules(rules: &str) -> String {
    rules.lines().map(|rule| format!("- {{{}}}\n", rule.trim())).collect()
}

fn cluster_role(name: &str, text: &str) -> String {
    format!("---\n{API}kind: ClusterRole\nmetadata: {{name: {name}}}\nrules:\n{}", rules(text))
}

fn role(namespace: &str, text: &str) -> String {
    format!("---\n{API}kind: Role\nmetadata: {{name: r, namespace: {namespace}}}\nrules:\n{}", rules(text))
}

/// A ClusterRoleBinding (namespace empty) or RoleBinding of a ClusterRole.
fn bind(namespace: &str, role: &str, subject: &str) -> String {
    let (kind, place) = match namespace {
        "" => ("ClusterRoleBinding", String::new()),
        _ => ("RoleBinding", format!(", namespace: {namespace}")),
    };
    format!(
        "---\n{API}kind: {kind}\nmetadata: {{name: {role}{place}}}\n\
         roleRef: {{kind: ClusterRole, name: {role}}}\nsubjects: [{{{subject}}}]\n"
    )
}

/// The worst severity that a rule gives to a text.
fn severity(rule: &str, text: &str, complete: bool) -> Option<&'static str> {
    let parsed = parse_yaml(&Source::new("example", text), &Limits::default());
    assert!(parsed.diagnostics.is_empty(), "{text}: {:?}", parsed.diagnostics);
    let mut builder = InventoryBuilder::new();
    builder.unit(parsed.tree, Origin::File);
    if complete {
        builder.coverage(Coverage::complete());
    }
    let inventory = builder.build().0;
    let (settings, carriers) = (Settings::default(), Carriers::default());
    let env = Env { version: Version::NEWEST, strict: false, settings: &settings, now: None };
    let options = Options { rules: vec![find(rule).unwrap()], list_passed: false };
    let evaluation = evaluate(&Context::new(env, &inventory, &carriers), &options);
    evaluation.findings.iter().map(|finding| finding.detail.severity).max().map(|severity| severity.as_str())
}

const AMY: &str = "kind: User, name: amy";

const NONE: &str = "none";

/// What each rule of a role is worth: unbound, bound in the cluster, in a namespace, in kube-system, to nobody at all.
const SCOPES: &[(&str, &str, [&str; 5])] = &[
    (
        "wildcard-all",
        "apiGroups: ['*'], resources: ['*'], verbs: ['*']",
        ["critical", "critical", "high", "high", "info"],
    ),
    (
        "wildcard-verb",
        "apiGroups: [apps], resources: [deployments], verbs: ['*']",
        ["high", "high", "high", "high", "info"],
    ),
    (
        "wildcard-verb",
        "apiGroups: [shop.example.com], resources: [orders], verbs: ['*']",
        ["medium", "medium", "medium", "medium", "info"],
    ),
    (
        "wildcard-resource",
        "apiGroups: ['*'], resources: ['*'], verbs: [get]",
        ["high", "high", "high", "high", "info"],
    ),
    (
        "wildcard-resource",
        "apiGroups: [apps], resources: ['*/scale'], verbs: [get]",
        ["medium", "medium", "medium", "medium", "info"],
    ),
    (
        "wildcard-resource",
        "apiGroups: ['*'], resources: [pods], verbs: [get]",
        ["low", "low", "low", "low", "info"],
    ),
    (
        "secrets-read",
        "apiGroups: [''], resources: [secrets], verbs: [get]",
        ["high", "high", "medium", "medium", "info"],
    ),
    (
        "secrets-read",
        "apiGroups: [''], resources: [secrets], verbs: [get], resourceNames: [db]",
        ["medium", "medium", "low", "low", "info"],
    ),
    (
        "secrets-issue-token",
        "apiGroups: [''], resources: [secrets], verbs: [get, create]",
        ["high", "high", "high", "high", "info"],
    ),
    (
        "secrets-issue-token",
        "apiGroups: [''], resources: [secrets], verbs: [create]",
        ["low", "low", "low", "low", "info"],
    ),
    (
        "pods-create",
        "apiGroups: [''], resources: [pods], verbs: [create]",
        ["medium", "high", "medium", "high", "info"],
    ),
    (
        "pods-modify",
        "apiGroups: [''], resources: [pods], verbs: [patch]",
        ["medium", "high", "medium", "high", "info"],
    ),
    (
        "pods-exec-attach",
        "apiGroups: [''], resources: [pods/exec], verbs: [create]",
        ["high", "high", "medium", "medium", "info"],
    ),
    (
        "pods-portforward",
        "apiGroups: [''], resources: [pods/portforward], verbs: [create]",
        ["medium", "medium", "medium", "medium", "info"],
    ),
    (
        "ephemeral-containers-write",
        "apiGroups: [''], resources: [pods/ephemeralcontainers], verbs: [patch]",
        ["high", "high", "high", "high", "info"],
    ),
    (
        "node-proxy",
        "apiGroups: [''], resources: [nodes/proxy], verbs: [get]",
        ["high", "high", NONE, NONE, "info"],
    ),
    (
        "impersonate",
        "apiGroups: [''], resources: [serviceaccounts], verbs: [impersonate]",
        ["critical", "critical", "critical", "critical", "info"],
    ),
    (
        "impersonate",
        "apiGroups: [''], resources: [users], verbs: [impersonate], resourceNames: [bob]",
        ["critical", "critical", NONE, NONE, "info"],
    ),
    (
        "impersonate",
        "apiGroups: [authentication.k8s.io], resources: [uids], verbs: [impersonate]",
        ["medium", "medium", NONE, NONE, "info"],
    ),
    (
        "bind-roles",
        "apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles, rolebindings], verbs: [bind, create]",
        ["high", "high", "high", "high", "info"],
    ),
    (
        "bind-roles",
        "apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles], verbs: [bind]",
        ["low", "low", "low", "low", "info"],
    ),
    (
        "escalate-roles",
        "apiGroups: [rbac.authorization.k8s.io], resources: [roles], verbs: [escalate, patch]",
        ["critical", "critical", "critical", "critical", "info"],
    ),
    (
        "escalate-roles",
        "apiGroups: [rbac.authorization.k8s.io], resources: [roles], verbs: [escalate]",
        ["low", "low", "low", "low", "info"],
    ),
    (
        "role-binding-write",
        "apiGroups: [rbac.authorization.k8s.io], resources: [rolebindings], verbs: [create]",
        ["medium", "medium", "medium", "medium", "info"],
    ),
    (
        "role-binding-write",
        "apiGroups: [rbac.authorization.k8s.io], resources: [rolebindings], verbs: [update]",
        ["medium", "medium", "high", "high", "info"],
    ),
    (
        "role-binding-write",
        "apiGroups: [rbac.authorization.k8s.io], resources: [clusterrolebindings], verbs: [update]",
        ["medium", "high", NONE, NONE, "info"],
    ),
    (
        "csr-approve",
        "apiGroups: [certificates.k8s.io], resources: [certificatesigningrequests/approval, signers], verbs: [update, approve]",
        ["high", "high", NONE, NONE, "info"],
    ),
    (
        "csr-approve",
        "apiGroups: [certificates.k8s.io], resources: [certificatesigningrequests/approval], verbs: [update]",
        ["low", "low", NONE, NONE, "info"],
    ),
    (
        "admission-configuration-write",
        "apiGroups: [admissionregistration.k8s.io], resources: ['*'], verbs: [patch]",
        ["critical", "critical", NONE, NONE, "info"],
    ),
    (
        "admission-configuration-write",
        "apiGroups: [admissionregistration.k8s.io], resources: ['*'], verbs: [delete]",
        ["high", "high", NONE, NONE, "info"],
    ),
    (
        "admission-configuration-write",
        "apiGroups: [admissionregistration.k8s.io], resources: ['*'], verbs: [patch], resourceNames: [own]",
        ["low", "low", NONE, NONE, "info"],
    ),
    (
        "service-account-token-create",
        "apiGroups: [''], resources: [serviceaccounts/token], verbs: [create]",
        ["high", "high", "high", "high", "info"],
    ),
    (
        "service-account-token-create",
        "apiGroups: [''], resources: [serviceaccounts/token], verbs: [create], resourceNames: [web]",
        ["medium", "medium", "medium", "medium", "info"],
    ),
    (
        "pv-create",
        "apiGroups: [''], resources: [persistentvolumes], verbs: [create]",
        ["medium", "medium", NONE, NONE, "info"],
    ),
    (
        "configmap-write",
        "apiGroups: [''], resources: [configmaps], verbs: [update]",
        ["medium", "high", "info", "high", "info"],
    ),
    (
        "configmap-write",
        "apiGroups: [''], resources: [configmaps], verbs: [update], resourceNames: [app]",
        ["medium", "medium", "info", "medium", "info"],
    ),
    (
        "network-write",
        "apiGroups: [networking.k8s.io], resources: [networkpolicies], verbs: [delete]",
        ["medium", "high", "medium", "medium", "info"],
    ),
    (
        "endpoint-slice-write",
        "apiGroups: [''], resources: [endpoints], verbs: [patch]",
        ["medium", "medium", "medium", "medium", "info"],
    ),
    (
        "service-status-write",
        "apiGroups: [''], resources: [services/status], verbs: [patch]",
        ["medium", "medium", "medium", "medium", "info"],
    ),
    (
        "node-status-write",
        "apiGroups: [''], resources: [nodes/status], verbs: [patch]",
        ["medium", "medium", NONE, NONE, "info"],
    ),
    (
        "workloads-delete",
        "apiGroups: [''], resources: [pods], verbs: [delete]",
        [NONE, "low", NONE, "low", NONE],
    ),
    (
        "workloads-delete",
        "apiGroups: [''], resources: [namespaces], verbs: [delete]",
        [NONE, "medium", NONE, "low", NONE],
    ),
    (
        "events-delete",
        "apiGroups: [''], resources: [events], verbs: [delete]",
        ["low", "low", "low", "low", "info"],
    ),
    (
        "namespace-label-write",
        "apiGroups: [''], resources: [namespaces], verbs: [patch]",
        ["medium", "medium", "medium", "medium", "info"],
    ),
    (
        "namespace-label-write",
        "apiGroups: [''], resources: [namespaces, pods], verbs: [patch]",
        ["high", "high", "high", "high", "info"],
    ),
    (
        "api-extension-write",
        "apiGroups: [apiregistration.k8s.io], resources: [apiservices], verbs: [patch]",
        ["high", "high", NONE, NONE, "info"],
    ),
    (
        "api-extension-write",
        "apiGroups: [apiextensions.k8s.io], resources: [customresourcedefinitions], verbs: [patch]",
        ["medium", "medium", NONE, NONE, "info"],
    ),
];

#[test]
fn severities_follow_the_scope() {
    for &(rule, text, want) in SCOPES {
        let own = cluster_role("c", text);
        let inputs = [
            (own.clone(), false),
            (own.clone() + &bind("", "c", AMY), false),
            (own.clone() + &bind("shop", "c", AMY), false),
            (own.clone() + &bind("kube-system", "c", AMY), false),
            (own, true),
        ];
        let found = inputs.map(|(input, complete)| severity(rule, &input, complete).unwrap_or(NONE));
        assert_eq!(found, want, "{rule}: {text}");
    }
}

#[test]
fn what_the_holders_have_counts() {
    let sa = |namespace: &str| format!("kind: ServiceAccount, name: web, namespace: {namespace}");
    let provisioner = "apiGroups: [''], resources: [persistentvolumes], verbs: [create]\n\
                       apiGroups: [storage.k8s.io], resources: [storageclasses], verbs: [get]";
    let status = "apiGroups: [''], resources: [services/status], verbs: [patch]";
    let token = "apiGroups: [''], resources: [serviceaccounts/token], verbs: [create], resourceNames: [web]";
    let person = "apiGroups: [''], resources: [users], verbs: [impersonate], resourceNames: [bob]";
    let bob = |role: &str| bind("", role, "kind: User, name: bob");
    let with = |text: &str, subject: &str| cluster_role("c", text) + &bind("", "c", subject);
    for (rule, text, complete, want) in [
        ("pv-create", with(provisioner, &sa("csi")), false, "low"),
        ("pv-create", with(provisioner, &sa("default")), false, "medium"),
        ("pv-create", with(provisioner, AMY), false, "medium"),
        ("service-status-write", with(status, &sa("kube-system")), false, "low"),
        ("service-status-write", with(status, &sa("shop")), false, "medium"),
        ("service-account-token-create", with(token, AMY), true, "low"),
        (
            "service-account-token-create",
            with(token, AMY)
                + &cluster_role("keys", "apiGroups: [''], resources: [secrets], verbs: [get]")
                + &bind("", "keys", &sa("x")),
            true,
            "high",
        ),
        (
            "service-account-token-create",
            with(token, AMY) + &bind("", "cluster-admin", &sa("x")),
            true,
            "critical",
        ),
        ("impersonate", with(person, AMY) + &bob("view"), true, "high"),
        ("impersonate", with(person, AMY) + &bob("edit"), true, "critical"),
        ("impersonate", with(person, AMY) + &bob("view"), false, "critical"),
        ("wildcard-verb", role("shop", "apiGroups: [''], resources: [pods], verbs: ['*']"), false, "low"),
        ("wildcard-all", role("shop", "apiGroups: ['*'], resources: ['*'], verbs: ['*']"), false, "high"),
        ("wildcard-all", role("shop", "apiGroups: ['*'], resources: ['*'], verbs: ['*']"), true, "info"),
        (
            "events-delete",
            with("apiGroups: [''], resources: [pods/log], verbs: [delete]", AMY),
            false,
            "info",
        ),
    ] {
        assert_eq!(severity(rule, &text, complete), Some(want), "{rule}: {text}");
    }
}

#[test]
fn bindings_are_rated_by_role_and_subject() {
    let group = |name: &str| format!("kind: Group, name: 'system:{name}'");
    let sa =
        |name: &str, namespace: &str| format!("kind: ServiceAccount, name: {name}, namespace: {namespace}");
    let paths = cluster_role("paths", "nonResourceURLs: [/metrics], verbs: [get]");
    let reader = cluster_role("reader", "apiGroups: [''], resources: [nodes], verbs: [list]");
    let maker = cluster_role("maker", "apiGroups: [''], resources: [services], verbs: [create]");
    for (rule, text, want) in [
        ("cluster-admin-binding", bind("", "cluster-admin", AMY), "high"),
        ("cluster-admin-binding", bind("", "cluster-admin", &sa("ci", "shop")), "critical"),
        ("cluster-admin-binding", bind("", "cluster-admin", &sa("ci", "kube-system")), "high"),
        ("cluster-admin-binding", bind("", "cluster-admin", &group("serviceaccounts:shop")), "critical"),
        ("cluster-admin-binding", bind("shop", "cluster-admin", &sa("ci", "shop")), "medium"),
        ("anonymous-binding", bind("", "view", &group("unauthenticated")), "critical"),
        ("anonymous-binding", bind("", "unread", &group("unauthenticated")), "high"),
        ("anonymous-binding", paths + &bind("", "paths", "kind: User, name: 'system:anonymous'"), "medium"),
        ("authenticated-binding", bind("", "cluster-admin", &group("authenticated")), "critical"),
        ("authenticated-binding", bind("", "unread", &group("authenticated")), "high"),
        ("authenticated-binding", reader + &bind("", "reader", &group("serviceaccounts")), "low"),
        ("authenticated-binding", maker.clone() + &bind("", "maker", &group("serviceaccounts:shop")), "high"),
        ("authenticated-binding", maker + &bind("shop", "maker", &group("serviceaccounts:shop")), "medium"),
        ("default-service-account-binding", bind("", "view", &sa("default", "shop")), "medium"),
        ("default-service-account-binding", bind("", "edit", &sa("default", "shop")), "high"),
        ("system-masters", bind("", "view", &group("masters")), "critical"),
    ] {
        assert_eq!(severity(rule, &text, false), Some(want), "{rule}: {text}");
    }
    for (rule, text, want) in [
        ("dangling-role-ref", bind("", "gone", AMY), "medium"),
        ("dangling-role-ref", bind("shop", "gone", AMY), "low"),
        ("dangling-subject", bind("", "view", &sa("gone", "shop")), "medium"),
        ("dangling-subject", bind("", "view", "kind: ServiceAccount, name: gone"), "low"),
    ] {
        assert_eq!(severity(rule, &text, true), Some(want), "{rule}: {text}");
    }
}

#[test]
fn workloads_are_rated_by_what_their_account_may_do() {
    let pod = |namespace: &str, labels: &str| {
        format!(
            "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: p, namespace: {namespace}, labels: {{{labels}}}}}\n\
             spec: {{serviceAccountName: web, automountServiceAccountToken: true, containers: [{{name: c}}]}}\n"
        )
    };
    let sa = |namespace: &str| format!("kind: ServiceAccount, name: web, namespace: {namespace}");
    let rule = "workload-with-admin-role";
    for (text, want) in [
        (pod("shop", "") + &bind("", "cluster-admin", &sa("shop")), Some("critical")),
        (pod("shop", "") + &bind("", "edit", &sa("shop")), Some("high")),
        (pod("shop", "") + &bind("shop", "edit", &sa("shop")), None),
        (pod("kube-system", "tier: control-plane") + &bind("", "edit", &sa("kube-system")), Some("low")),
    ] {
        assert_eq!(severity(rule, &text, false), want, "{text}");
    }
    let rule = "automount-service-account-token";
    assert_eq!(severity(rule, &pod("shop", ""), true), Some("low"));
    assert_eq!(severity(rule, &(pod("shop", "") + &bind("", "view", &sa("shop"))), true), Some("medium"));
    assert_eq!(severity(rule, &pod("shop", ""), false), Some("medium"));
}
