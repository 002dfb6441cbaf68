//! Rules that are easily read wrong. Every one is valid to the API server.

use serde_json::{Value, json};

/// A kind of odd rule: what is odd about it, and its lists. A row with URLs is a non-resource rule.
pub(crate) struct Odd {
    pub(crate) what: &'static str,
    verbs: &'static [&'static str],
    groups: &'static [&'static str],
    resources: &'static [&'static str],
    names: &'static [&'static str],
    urls: &'static [&'static str],
}

const fn on(
    what: &'static str,
    verbs: &'static [&'static str],
    groups: &'static [&'static str],
    resources: &'static [&'static str],
    names: &'static [&'static str],
) -> Odd {
    Odd { what, verbs, groups, resources, names, urls: &[] }
}

const fn at(what: &'static str, verbs: &'static [&'static str], urls: &'static [&'static str]) -> Odd {
    Odd { what, verbs, groups: &[], resources: &[], names: &[], urls }
}

const GET: &[&str] = &["get"];
const CORE: &[&str] = &[""];
const PODS: &[&str] = &["pods"];

pub(crate) static ODD: &[Odd] = &[
    on("everything on resources is nothing on paths", &["*"], &["*"], &["*"], &[]),
    on("everything for one name", &["*"], &["*"], &["*"], &["web"]),
    on("a star for all subresources of one resource", GET, CORE, &["pods/*"], &[]),
    on("a subresource of all resources", &["create", "get"], CORE, &["*/exec"], &[]),
    on("a subresource of all resources in all groups", GET, &["*"], &["*/status"], &[]),
    on("stars on both sides of the slash", GET, CORE, &["*/*"], &[]),
    on("a resource with an empty subresource", GET, CORE, &["pods/"], &[]),
    on("a subresource of the empty resource", GET, CORE, &["/exec"], &[]),
    on("the empty subresource of all resources", GET, CORE, &["*/"], &[]),
    on("the empty resource", GET, CORE, &[""], &[]),
    on("a capital letter in the resource", GET, CORE, &["Pods"], &[]),
    on("a kind instead of a resource", GET, CORE, &["Pod", "pod"], &[]),
    on("a star at the end of a resource", GET, CORE, &["po*"], &[]),
    on("a star at the start of a resource", GET, CORE, &["*ods"], &[]),
    on("two slashes", GET, CORE, &["pods/exec/extra"], &[]),
    on("two slashes after a star", GET, CORE, &["*/exec/extra"], &[]),
    on("subresource without the resource", GET, CORE, &["pods/log"], &[]),
    on("a space before the resource", GET, CORE, &[" pods"], &[]),
    on("letters of another alphabet", GET, CORE, &["рods"], &[]),
    on("a star among other resources", GET, CORE, &["secrets", "*", "pods/exec"], &[]),
    on("the group in the resource", GET, CORE, &["deployments.apps"], &[]),
    on("a resource of another group", GET, CORE, &["deployments"], &[]),
    on("the core group by a name", GET, &["core", "v1"], PODS, &[]),
    on("a capital letter in the group", GET, &["Apps"], &["deployments"], &[]),
    on("a star at the end of a group", GET, &["app*"], &["deployments"], &[]),
    on("the version in the group", GET, &["apps/v1"], &["deployments"], &[]),
    on("all groups", GET, &["*"], &["deployments"], &[]),
    on("the core group among others", GET, &["apps", ""], PODS, &[]),
    on("a verb in capitals", &["GET", "List"], CORE, PODS, &[]),
    on("a star at the end of a verb", &["g*"], CORE, PODS, &[]),
    on("the empty verb", &[""], CORE, PODS, &[]),
    on("a verb of HTTP", &["post", "put", "head"], CORE, PODS, &[]),
    on("a star among other verbs", &["list", "*"], CORE, PODS, &[]),
    on("all verbs for one name: not create, not deletecollection", &["*"], CORE, PODS, &["web"]),
    on("list and watch for one name", &["list", "watch", "deletecollection"], CORE, &["secrets"], &["web"]),
    on("the empty name", GET, CORE, PODS, &[""]),
    on("a star as name", GET, CORE, PODS, &["*"]),
    on("a star at the end of a name", GET, CORE, PODS, &["we*"]),
    on("a name with a slash", GET, CORE, PODS, &["a/b", "web/x"]),
    on("a name in capitals", GET, CORE, PODS, &["WEB"]),
    on("the same item twice", &["get", "get"], &["", ""], &["pods", "pods"], &["web", "web"]),
    on("a subresource for one name", &["create", "get"], CORE, &["pods/exec", "pods/log"], &["web"]),
    on(
        "impersonation of one user",
        &["impersonate"],
        CORE,
        &["users", "groups", "serviceaccounts"],
        &["web"],
    ),
    on(
        "extra attributes of users",
        &["impersonate"],
        &["authentication.k8s.io"],
        &["userextras/scopes", "uids"],
        &[],
    ),
    on(
        "signers of a domain",
        &["approve", "sign"],
        &["certificates.k8s.io"],
        &["signers"],
        &["example.com/*", "example.com/x"],
    ),
    on(
        "binding of one role",
        &["bind", "escalate"],
        &["rbac.authorization.k8s.io"],
        &["clusterroles"],
        &["web"],
    ),
    on("a verb of policies", &["use"], &["policy"], &["podsecuritypolicies"], &["web"]),
    at("all paths", GET, &["*"]),
    at("all verbs on all paths", &["*"], &["*"]),
    at("one path", GET, &["/healthz"]),
    at("a folder without itself", GET, &["/foo/*"]),
    at("a prefix", GET, &["/foo*"]),
    at("two stars at the end", GET, &["/foo/**"]),
    at("only stars", &["head"], &["**"]),
    at("a star in the middle", GET, &["/*/bar", "/foo/*/bar"]),
    at("a path without its slash", GET, &["foo", "healthz"]),
    at("the empty path", GET, &[""]),
    at("the root", GET, &["/"]),
    at("a path in capitals", GET, &["/Healthz"]),
    at("a path with a query", GET, &["/foo?x=*"]),
    at("a resource's path", GET, &["/api/v1/pods"]),
    at("a verb of resources", &["list", "watch"], &["/foo/*"]),
];

impl Odd {
    pub(crate) fn json(&self) -> Value {
        if self.urls.is_empty() {
            let (verbs, groups) = (self.verbs, self.groups);
            let mut rule = json!({"verbs": verbs, "apiGroups": groups, "resources": self.resources});
            if !self.names.is_empty() {
                rule["resourceNames"] = json!(self.names);
            }
            return rule;
        }
        json!({"verbs": self.verbs, "nonResourceURLs": self.urls})
    }
}
