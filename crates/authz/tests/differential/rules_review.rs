//! SelfSubjectRulesReview: all rules of a user in a namespace, as sets.

use std::collections::BTreeSet;

use fastrand::Rng;
use rampart_authz::Identity;
use rampart_authz::rbac::Policy;
use serde_json::{Value, json};

use crate::oracle::{Oracle, Tally};
use crate::world;

/// Lists of a rule in order: verbs, groups, resources, names, paths.
type Rule = [Vec<String>; 5];

fn sorted<'a>(items: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let set: BTreeSet<&str> = items.into_iter().collect();
    set.into_iter().map(str::to_owned).collect()
}

/// Subjects of the bindings that can be acted as: the name and the groups to send.
fn identities(objects: &[Value]) -> Vec<(String, Vec<String>)> {
    let mut found = BTreeSet::new();
    for subject in objects.iter().filter_map(|object| object["subjects"].as_array()).flatten() {
        let name = subject["name"].as_str().unwrap_or_default();
        // Names that an HTTP header can carry.
        let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic());
        match subject["kind"].as_str() {
            _ if !plain || name == rampart_authz::MASTERS => {}
            Some("User") => drop(found.insert((name.to_owned(), Vec::new()))),
            Some("Group") if !name.starts_with("system:") => {
                found.insert(("somebody".to_owned(), vec![name.to_owned()]));
            }
            Some("ServiceAccount") => {
                for namespace in world::NAMESPACES {
                    found.insert((rampart_authz::service_account_user(namespace, name), Vec::new()));
                }
            }
            _ => {}
        }
    }
    found.into_iter().collect()
}

fn theirs(status: &Value) -> BTreeSet<Rule> {
    let list = |rule: &Value, key: &str| {
        sorted(rule[key].as_array().into_iter().flatten().filter_map(Value::as_str))
    };
    let rules = |key: &str| status[key].as_array().cloned().unwrap_or_default();
    let mut set = BTreeSet::new();
    for rule in rules("resourceRules") {
        let [verbs, groups, resources, names] =
            ["verbs", "apiGroups", "resources", "resourceNames"].map(|key| list(&rule, key));
        set.insert([verbs, groups, resources, names, Vec::new()]);
    }
    for rule in rules("nonResourceRules") {
        let none = Vec::new;
        set.insert([list(&rule, "verbs"), none(), none(), none(), list(&rule, "nonResourceURLs")]);
    }
    set
}

fn ours(policy: &Policy, identity: &Identity, namespace: &str) -> BTreeSet<Rule> {
    let mut set = BTreeSet::new();
    for row in policy.permissions(identity) {
        if !row.cluster && !row.namespaces.contains(&namespace) {
            continue;
        }
        let rule = policy.rule(row.rule);
        let [verbs, groups, resources, names, paths] =
            [&rule.verbs, &rule.api_groups, &rule.resources, &rule.resource_names, &rule.non_resource_urls]
                .map(|list| sorted(list.iter().copied()));
        if !resources.is_empty() {
            set.insert([verbs.clone(), groups, resources, names, Vec::new()]);
        }
        if !paths.is_empty() {
            set.insert([verbs, Vec::new(), Vec::new(), Vec::new(), paths]);
        }
    }
    set
}

/// Asks as random subjects of the objects, each in a random namespace.
pub(crate) fn compare(
    oracle: &Oracle<'_>,
    policy: &Policy,
    rng: &mut Rng,
    objects: &[Value],
    count: usize,
) -> Tally {
    let mut identities = identities(objects);
    rng.shuffle(&mut identities);
    let mut tally = Tally::default();
    for (name, groups) in identities.iter().take(count) {
        let namespace = world::NAMESPACES[rng.usize(..world::NAMESPACES.len())];
        let review = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview",
            "spec": {"namespace": namespace}});
        let headers: Vec<&str> = groups.iter().map(String::as_str).collect();
        let client = oracle.admin.impersonate(name, &headers);
        let path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
        // Some users have been named as no user can be; the server refuses to act as them.
        let Ok(answer) = client.post(path, &review) else { continue };
        let identity = Identity::user(name, groups.iter().cloned());
        let (theirs, ours) = (theirs(&answer["status"]), ours(policy, &identity, namespace));
        tally.asked += 1;
        tally.allowed += theirs.len();
        if theirs != ours {
            let only =
                |a: &BTreeSet<Rule>, b: &BTreeSet<Rule>| format!("{:?}", a.difference(b).collect::<Vec<_>>());
            tally.differences.push(format!(
                "{name} {groups:?} in {namespace}\n  server only {}\n  ours only {}",
                only(&theirs, &ours),
                only(&ours, &theirs)
            ));
        }
    }
    tally
}
