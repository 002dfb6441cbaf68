//! Random clusters: roles, bindings and subjects that meet often, odd rules among them, and questions about them.

use fastrand::Rng;
use serde_json::{Value, json};

use crate::odd::ODD;

pub(crate) const NAMESPACES: [&str; 4] = ["alpha", "beta", "gamma", "delta"];
const VERBS: [&str; 12] = [
    "get",
    "list",
    "watch",
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
    "impersonate",
    "bind",
    "escalate",
    "*",
];
const GROUPS: [&str; 6] = ["", "apps", "batch", "rbac.authorization.k8s.io", "example.com", "*"];
const RESOURCES: [&str; 14] = [
    "pods",
    "pods/exec",
    "pods/log",
    "*/exec",
    "secrets",
    "configmaps",
    "deployments",
    "deployments/scale",
    "*/scale",
    "clusterroles",
    "roles",
    "widgets",
    "serviceaccounts/token",
    "*",
];
const NAMES: [&str; 6] = ["web", "db", "a.b", "*", "", "übung"];
const PATHS: [&str; 12] = [
    "/healthz",
    "/foo",
    "/foo/",
    "/foo/bar",
    "/foo/x/bar",
    "/",
    "",
    "foo",
    "/Healthz",
    "/api/v1/pods",
    "/metrics",
    "/foo?x=1",
];
const USERS: [&str; 12] = [
    "amy",
    "bob",
    "Ünïcode 日本",
    "with space ",
    "quo\"te",
    "back\\slash",
    "tab\tnew\nline",
    "amy@example.com",
    "system:serviceaccount:alpha:bot",
    "system:serviceaccount:beta:bot",
    "system:serviceaccount:alpha:a:b",
    "system:anonymous",
];
const MEMBERS: [&str; 8] = [
    "ops",
    "dev",
    "system:authenticated",
    "system:unauthenticated",
    "system:serviceaccounts",
    "system:serviceaccounts:alpha",
    "Ops",
    "e\u{301}quipe\u{200b}",
];
const ACCOUNTS: [&str; 3] = ["bot", "default", "builder"];

fn pick<'a>(rng: &mut Rng, list: &[&'a str]) -> &'a str {
    list[rng.usize(..list.len())]
}

fn some<'a>(rng: &mut Rng, list: &[&'a str], most: usize) -> Vec<&'a str> {
    (0..rng.usize(1..=most)).map(|_| pick(rng, list)).collect()
}

/// The objects of one random cluster; all but the namespaced ones carry the label `world`.
pub(crate) fn objects(rng: &mut Rng, world: usize) -> Vec<Value> {
    let mut objects = Vec::new();
    let mut cluster_roles: Vec<String> = Vec::new();
    for (i, odd) in ODD.iter().enumerate() {
        let name = format!("odd-{i}");
        objects.push(cluster_role(world, &name, &[odd.json(), rule(rng, true)]));
        cluster_roles.push(name);
    }
    for i in 0..12 {
        let name = if i == 0 { "Ro le:\"é\"".to_owned() } else { format!("role-{i}") };
        let rules: Vec<Value> = (0..rng.usize(0..5)).map(|_| rule(rng, true)).collect();
        objects.push(cluster_role(world, &name, &rules));
        cluster_roles.push(name);
    }
    for namespace in NAMESPACES {
        for i in 0..4 {
            let rules: Vec<Value> = (0..rng.usize(0..5)).map(|_| rule(rng, false)).collect();
            objects.push(json!({
                "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "rules": rules,
                "metadata": {"name": format!("role-{i}"), "namespace": namespace},
            }));
        }
    }
    for i in 0..40 {
        let role = if i < 30 { rng.choice(&cluster_roles).map_or("", String::as_str) } else { "missing" };
        let role = if rng.u8(..12) == 0 { "missing-too" } else { role };
        let (subjects, role) =
            (subjects(rng, false), json!({"apiGroup": GROUP, "kind": "ClusterRole", "name": role}));
        objects.push(json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "subjects": subjects, "roleRef": role,
            "metadata": {"name": format!("bind-{i}"), "labels": {"world": world.to_string()}},
        }));
    }
    for i in 0..60 {
        let namespace = pick(rng, &NAMESPACES);
        let cluster = rng.bool();
        let role = match rng.u8(..10) {
            0 => "missing",
            _ if cluster => rng.choice(&cluster_roles).map_or("", String::as_str),
            _ => pick(rng, &["role-0", "role-1", "role-2", "role-3"]),
        };
        let kind = if cluster { "ClusterRole" } else { "Role" };
        objects.push(json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "subjects": subjects(rng, true),
            "roleRef": {"apiGroup": GROUP, "kind": kind, "name": role},
            "metadata": {"name": format!("bind-{i}"), "namespace": namespace},
        }));
    }
    objects.extend(writers(world));
    objects
}

/// The group whose members try to write roles and bindings, with `bind` and `escalate` on one name.
fn writers(world: usize) -> Vec<Value> {
    let resources = ["roles", "rolebindings", "clusterroles", "clusterrolebindings"];
    let rules = [
        json!({"verbs": ["create", "update"], "apiGroups": [GROUP], "resources": resources}),
        json!({"verbs": ["bind", "escalate"], "apiGroups": [GROUP], "resources": ["roles", "clusterroles"], "resourceNames": ["web"]}),
        json!({"verbs": ["get", "list", "create"], "apiGroups": ["", "apps"], "resources": ["pods", "*/exec", "deployments"]}),
        json!({"verbs": ["get"], "nonResourceURLs": ["/foo*", "/healthz"]}),
    ];
    let subjects = json!([{"kind": "Group", "apiGroup": GROUP, "name": "writers"}]);
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "subjects": subjects,
        "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": "writers"},
        "metadata": {"name": "writers", "labels": {"world": world.to_string()}},
    });
    vec![cluster_role(world, "writers", &rules), binding]
}

const GROUP: &str = "rbac.authorization.k8s.io";

fn cluster_role(world: usize, name: &str, rules: &[Value]) -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "rules": rules,
        "metadata": {"name": name, "labels": {"world": world.to_string()}},
    })
}

pub(crate) fn rule(rng: &mut Rng, paths: bool) -> Value {
    if paths && rng.u8(..6) == 0 {
        return json!({"verbs": some(rng, &VERBS, 3), "nonResourceURLs": some(rng, &["/healthz", "/foo/*", "/foo*", "*", "/"], 2)});
    }
    let mut rule = json!({"verbs": some(rng, &VERBS, 4), "apiGroups": some(rng, &GROUPS, 2), "resources": some(rng, &RESOURCES, 3)});
    if rng.u8(..3) == 0 {
        rule["resourceNames"] = json!(some(rng, &NAMES, 2));
    }
    rule
}

fn subjects(rng: &mut Rng, namespaced: bool) -> Vec<Value> {
    (0..rng.usize(0..4))
        .map(|_| match rng.u8(..4) {
            0 | 1 => json!({"kind": "User", "apiGroup": GROUP, "name": pick(rng, &USERS)}),
            2 => json!({"kind": "Group", "apiGroup": GROUP, "name": pick(rng, &MEMBERS)}),
            _ if namespaced && rng.bool() => json!({"kind": "ServiceAccount", "name": pick(rng, &ACCOUNTS)}),
            _ => json!({"kind": "ServiceAccount", "name": pick(rng, &ACCOUNTS), "namespace": pick(rng, &NAMESPACES)}),
        })
        .collect()
}

/// A random SubjectAccessReview `spec`. Most are taken from a binding of the cluster (its subject, a rule of its role,
/// its namespace) and changed in one part at most, so that many answers are yes and the others are near misses.
pub(crate) fn review(rng: &mut Rng, objects: &[Value]) -> Value {
    let bindings: Vec<&Value> = objects.iter().filter(|object| !object["roleRef"].is_null()).collect();
    let binding = rng.choice(bindings).filter(|_| rng.u8(..8) != 0);
    let rules =
        binding.and_then(|binding| role_of(binding, objects)).and_then(|role| role["rules"].as_array());
    let rule = rules.and_then(|rules| rng.choice(rules));
    let mut spec = match rule {
        Some(rule) => attributes_of(rng, rule),
        None => random_attributes(rng),
    };
    let resource = &mut spec["resourceAttributes"];
    if let (true, Some(namespace)) =
        (resource.is_object(), binding.and_then(|b| b["metadata"]["namespace"].as_str()))
        && rng.u8(..8) != 0
    {
        resource["namespace"] = json!(namespace);
    }
    if resource.is_object() && rng.u8(..8) == 0 {
        let name = pick(rng, &["web", "db"]);
        resource["fieldSelector"] = json!({"rawSelector": format!("metadata.name={name}")});
    }
    let mut user = match rng.u8(..5) {
        0 => format!("system:serviceaccount:{}:{}", pick(rng, &NAMESPACES), pick(rng, &ACCOUNTS)),
        1 => String::new(),
        _ => pick(rng, &USERS).to_owned(),
    };
    let mut groups: Vec<String> = (0..rng.usize(0..3)).map(|_| pick(rng, &MEMBERS).to_owned()).collect();
    if let Some((binding, subject)) = binding.and_then(|b| Some((b, rng.choice(b["subjects"].as_array()?)?)))
        && rng.u8(..8) != 0
    {
        let name = subject["name"].as_str().unwrap_or_default();
        match subject["kind"].as_str() {
            Some("User") => name.clone_into(&mut user),
            Some("Group") => groups.push(name.to_owned()),
            _ => {
                let home =
                    subject["namespace"].as_str().or_else(|| binding["metadata"]["namespace"].as_str());
                user = format!("system:serviceaccount:{}:{name}", home.unwrap_or_default());
            }
        }
    }
    if user.is_empty() && groups.is_empty() {
        groups.push("ops".to_owned());
    }
    if rng.u8(..=255) == 0 {
        groups.push("system:masters".to_owned());
    }
    spec["user"] = json!(user);
    spec["groups"] = json!(groups);
    spec
}

fn role_of<'a>(binding: &Value, objects: &'a [Value]) -> Option<&'a Value> {
    let (wanted, namespace) = (&binding["roleRef"], &binding["metadata"]["namespace"]);
    objects.iter().find(|role| {
        let metadata = &role["metadata"];
        role["kind"] == wanted["kind"]
            && metadata["name"] == wanted["name"]
            && (role["kind"] == "ClusterRole" || metadata["namespace"] == *namespace)
    })
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn attributes_of(rng: &mut Rng, rule: &Value) -> Value {
    let mut one = |key: &str, pool: &[&str]| {
        let list = texts(&rule[key]);
        let item = if list.is_empty() { "" } else { pick(rng, &list) };
        if item == "*" || rng.u8(..12) == 0 { pick(rng, pool).to_owned() } else { item.to_owned() }
    };
    let verb = one("verbs", &VERBS);
    if rule["nonResourceURLs"].is_array() {
        let path = one("nonResourceURLs", &PATHS);
        let path = if rng.bool() { path } else { path.replace('*', "bar") };
        return json!({"nonResourceAttributes": {"verb": verb, "path": path}});
    }
    let (group, name) = (one("apiGroups", &GROUPS), one("resourceNames", &NAMES));
    let resource = one("resources", &RESOURCES);
    let resource =
        if rng.u8(..3) == 0 { resource } else { resource.replacen('*', pick(rng, &["pods", "jobs"]), 1) };
    let (resource, subresource) = match resource.split_once('/') {
        Some((resource, subresource)) if rng.u8(..6) != 0 => (resource.to_owned(), subresource.to_owned()),
        _ => (resource, String::new()),
    };
    let namespace = if rng.u8(..4) == 0 { "" } else { pick(rng, &NAMESPACES) };
    json!({"resourceAttributes": {
        "verb": verb, "group": group, "resource": resource, "subresource": subresource, "name": name, "namespace": namespace,
    }})
}

fn random_attributes(rng: &mut Rng) -> Value {
    if rng.u8(..6) == 0 {
        return json!({"nonResourceAttributes": {"verb": pick(rng, &["get", "head", "post", "*", ""]), "path": pick(rng, &PATHS)}});
    }
    let resource = pick(rng, &RESOURCES);
    let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
    json!({"resourceAttributes": {
        "verb": pick(rng, &VERBS), "group": pick(rng, &GROUPS), "resource": resource, "subresource": subresource,
        "name": pick(rng, &NAMES), "namespace": pick(rng, &["", "alpha", "beta", "gamma", "delta", "nowhere"]),
    }})
}
