//! Random ABAC policy files and questions about them.

use fastrand::Rng;
use serde_json::{Map, Value, json};

const USERS: [&str; 5] = ["amy", "bob", "*", "system:serviceaccount:alpha:bot", ""];
const GROUPS: [&str; 5] = ["ops", "dev", "*", "system:authenticated", ""];
const NAMESPACES: [&str; 4] = ["alpha", "beta", "*", ""];
const RESOURCES: [&str; 5] = ["pods", "secrets", "deployments", "*", ""];
const API_GROUPS: [&str; 4] = ["", "apps", "*", "batch"];
const PATHS: [&str; 8] = ["", "*", "/healthz", "/foo/*", "/foo*", "/foo", "**", "/foo/bar"];

fn pick<'a>(rng: &mut Rng, list: &[&'a str]) -> &'a str {
    list[rng.usize(..list.len())]
}

fn put(rng: &mut Rng, spec: &mut Map<String, Value>, key: &str, pool: &[&str]) {
    if rng.u8(..3) != 0 {
        spec.insert(key.to_owned(), json!(pick(rng, pool)));
    }
}

/// A policy file of both forms, with comments and blank lines.
pub(crate) fn file(rng: &mut Rng, lines: usize) -> String {
    let mut text = String::from("# a comment\n\n");
    for i in 0..lines {
        let mut spec = Map::new();
        // Users of their own keep single lines visible behind the broad ones.
        spec.insert("user".to_owned(), json!(format!("user-{}", i % 60)));
        if rng.u8(..8) == 0 {
            put(rng, &mut spec, "user", &USERS[..2]);
        }
        if rng.u8(..6) == 0 {
            spec.remove("user");
            put(rng, &mut spec, "group", &GROUPS[..2]);
        }
        put(rng, &mut spec, "namespace", &NAMESPACES);
        put(rng, &mut spec, "resource", &RESOURCES);
        if rng.bool() {
            spec.insert("readonly".to_owned(), json!(rng.bool()));
        }
        if rng.u8(..4) == 0 {
            text.push_str(&format!("{}\n", Value::Object(spec)));
            continue;
        }
        put(rng, &mut spec, "apiGroup", &API_GROUPS);
        put(rng, &mut spec, "nonResourcePath", &PATHS);
        let line =
            json!({"apiVersion": "abac.authorization.kubernetes.io/v1beta1", "kind": "Policy", "spec": spec});
        text.push_str(&format!("{line}\n"));
    }
    let all = json!({"user": "*", "nonResourcePath": "/version", "readonly": true});
    let line =
        json!({"apiVersion": "abac.authorization.kubernetes.io/v1beta1", "kind": "Policy", "spec": all});
    format!("{text}{line}\n")
}

pub(crate) fn review(rng: &mut Rng) -> Value {
    let user =
        if rng.u8(..5) == 0 { pick(rng, &USERS).to_owned() } else { format!("user-{}", rng.usize(..60)) };
    let mut groups: Vec<&str> = (0..rng.usize(0..3)).map(|_| pick(rng, &GROUPS)).collect();
    if user.is_empty() && groups.is_empty() {
        groups.push("ops");
    }
    let verb = pick(rng, &["get", "list", "watch", "create", "delete", "proxy", "head", ""]);
    if rng.u8(..3) == 0 {
        let path = pick(rng, &["/healthz", "/foo", "/foo/", "/foo/bar", "/version", "", "*"]);
        return json!({"user": user, "groups": groups, "nonResourceAttributes": {"verb": verb, "path": path}});
    }
    json!({"user": user, "groups": groups, "resourceAttributes": {
        "verb": verb, "group": pick(rng, &["", "apps", "batch"]), "resource": pick(rng, &["pods", "secrets", "deployments"]),
        "subresource": pick(rng, &["", "", "exec"]), "namespace": pick(rng, &["", "alpha", "beta", "gamma"]), "name": "x",
    }})
}
