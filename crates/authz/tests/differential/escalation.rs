//! Roles and bindings written by users, with dry runs: the guard's decisions and words against ours.

use std::fmt::{Display, Formatter};

use fastrand::Rng;
use rampart_authz::rbac::{PolicyRule, RoleKind};
use rampart_authz::{BindingWrite, Chain, Guard, Identity, Request, RoleWrite};
use serde_json::{Value, json};

use crate::oracle::{Oracle, sorted};
use crate::world;

const GROUP: &str = "rbac.authorization.k8s.io";

#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) passed: usize,
    pub(crate) refused: usize,
    pub(crate) unauthorized: usize,
    pub(crate) no_role: usize,
    pub(crate) differences: Vec<String>,
}

impl Tally {
    pub(crate) fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.refused += other.refused;
        self.unauthorized += other.unauthorized;
        self.no_role += other.no_role;
        self.differences.extend_from_slice(&other.differences);
    }
}

impl Display for Tally {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let all = self.passed + self.refused + self.unauthorized + self.no_role;
        write!(f, "{all} ({} passed, {} refused by the guard, ", self.passed, self.refused)?;
        write!(f, "{} not authorized, {} without a role), ", self.unauthorized, self.no_role)?;
        write!(f, "{} differences", self.differences.len())
    }
}

/// One write: who, how, and the object.
struct Write {
    user: String,
    groups: Vec<String>,
    update: bool,
    namespace: Option<&'static str>,
    name: String,
    object: Value,
}

pub(crate) fn compare(oracle: &Oracle<'_>, chain: &Chain, rng: &mut Rng, count: usize) -> Tally {
    let mut tally = Tally::default();
    for i in 0..count {
        let write = write(rng, i);
        let (status, message) = write.send(oracle);
        let (want, text) = write.predict(chain, &mut tally);
        if status != want || (!text.is_empty() && sorted(&message) != sorted(&text)) {
            let who =
                format!("{} {:?} {}", write.user, write.groups, if write.update { "PUT" } else { "POST" });
            tally
                .differences
                .push(format!("{who} {}\n  server {status} {message}\n  ours   {want} {text}", write.object));
        }
    }
    tally
}

fn write(rng: &mut Rng, i: usize) -> Write {
    let namespace =
        if rng.bool() { Some(world::NAMESPACES[rng.usize(..world::NAMESPACES.len())]) } else { None };
    let users = ["writer", "writer", "amy", "bob"];
    let mut groups = vec!["writers".to_owned()];
    if rng.bool() {
        groups.push("ops".to_owned());
    }
    if rng.u8(..40) == 0 {
        groups.push("system:masters".to_owned());
    }
    let name = if rng.u8(..4) == 0 { "web".to_owned() } else { format!("new-{i}") };
    let (role_write, prefix) = (rng.bool(), if namespace.is_some() { "" } else { "Cluster" });
    let mut object = json!({"apiVersion": format!("{GROUP}/v1"), "metadata": {"name": name}});
    if let Some(namespace) = namespace {
        object["metadata"]["namespace"] = json!(namespace);
    }
    if role_write {
        object["kind"] = json!(format!("{prefix}Role"));
        let rules: Vec<Value> = (0..rng.usize(1..3)).map(|_| world::rule(rng, namespace.is_none())).collect();
        object["rules"] = json!(rules);
        if namespace.is_none() && rng.u8(..5) == 0 {
            object["aggregationRule"] = json!({"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]});
            if rng.bool() {
                object["rules"] = json!([]);
            }
        }
    } else {
        let kind = if namespace.is_some() && rng.bool() { "Role" } else { "ClusterRole" };
        let role = match rng.u8(..8) {
            0 => "missing-role".to_owned(),
            1 => "view".to_owned(),
            2 => "cluster-admin".to_owned(),
            3 => "web".to_owned(),
            4 if kind == "ClusterRole" => format!("odd-{}", rng.usize(..crate::odd::ODD.len())),
            _ => format!("role-{}", rng.usize(1..4)),
        };
        object["kind"] = json!(format!("{prefix}RoleBinding"));
        object["roleRef"] = json!({"apiGroup": GROUP, "kind": kind, "name": role});
        object["subjects"] = json!([{"kind": "User", "apiGroup": GROUP, "name": "x"}]);
    }
    let user = users[rng.usize(..users.len())].to_owned();
    Write { user, groups, update: rng.u8(..3) == 0, namespace, name, object }
}

impl Write {
    fn plural(&self) -> String {
        format!("{}s", self.object["kind"].as_str().unwrap().to_lowercase())
    }

    fn send(&self, oracle: &Oracle<'_>) -> (u16, String) {
        let scope = self.namespace.map_or_else(String::new, |namespace| format!("/namespaces/{namespace}"));
        let base = format!("/apis/{GROUP}/v1{scope}/{}", self.plural());
        let (method, path) =
            if self.update { ("PUT", format!("{base}/{}", self.name)) } else { ("POST", base) };
        let groups: Vec<&str> = self.groups.iter().map(String::as_str).collect();
        let client = oracle.admin.impersonate(&self.user, &groups);
        let body = self.object.to_string();
        let response = client
            .request(method, &format!("{path}?dryRun=All"), "application/json", Some(body.as_bytes()))
            .unwrap();
        (response.status, response.message().to_owned())
    }

    /// The status that our model of the server gives, and the message where the guard speaks.
    fn predict(&self, chain: &Chain, tally: &mut Tally) -> (u16, String) {
        // Impersonation adds the group of all users who logged in.
        let mut identity = Identity::exact(self.user.clone(), self.groups.clone());
        identity.groups.push("system:authenticated".to_owned());
        let plural = self.plural();
        let ask = |verb: &str, name: &str| {
            let request = Request::resource(verb, &plural)
                .in_group(GROUP)
                .in_namespace(self.namespace.unwrap_or_default());
            chain.authorize(&identity, &request.named(name)).allowed()
        };
        let verb = if self.update { "update" } else { "create" };
        if !ask(verb, if self.update { &self.name } else { "" }) {
            tally.unauthorized += 1;
            return (403, String::new());
        }
        match self.guard(chain, &identity) {
            Guard::Passed if self.update && !ask("create", &self.name) => {
                tally.unauthorized += 1;
                (403, String::new())
            }
            Guard::Passed => {
                tally.passed += 1;
                (201, String::new())
            }
            Guard::Refused(message) => {
                tally.refused += 1;
                (403, message)
            }
            Guard::NoSuchRole(message) => {
                tally.no_role += 1;
                (404, message)
            }
            Guard::Unknown(why) => panic!("unknown: {why:?}"),
        }
    }

    fn guard(&self, chain: &Chain, identity: &Identity) -> Guard {
        if let Some(role) = self.object.get("roleRef") {
            return chain.guard_binding(
                identity,
                &BindingWrite {
                    namespace: self.namespace,
                    name: &self.name,
                    role_kind: role["kind"].as_str().unwrap(),
                    role_name: role["name"].as_str().unwrap(),
                    unchanged: false,
                },
            );
        }
        let rules: Vec<PolicyRule<&str>> =
            self.object["rules"].as_array().unwrap().iter().map(policy_rule).collect();
        chain.guard_role(
            identity,
            &RoleWrite {
                kind: if self.namespace.is_some() { RoleKind::Role } else { RoleKind::ClusterRole },
                namespace: self.namespace.unwrap_or_default(),
                name: &self.name,
                named_in_request: self.update,
                rules: &rules,
                aggregates: self.object.get("aggregationRule").is_some(),
                unchanged: false,
            },
        )
    }
}

fn policy_rule(rule: &Value) -> PolicyRule<&str> {
    let list = |key: &str| rule[key].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    PolicyRule {
        verbs: list("verbs"),
        api_groups: list("apiGroups"),
        resources: list("resources"),
        resource_names: list("resourceNames"),
        non_resource_urls: list("nonResourceURLs"),
    }
}
