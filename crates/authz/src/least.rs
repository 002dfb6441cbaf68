//! Least privilege: the smallest rules that allow what was recorded, as Roles and bindings.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::rbac::cover::{atoms, covers};
use crate::rbac::{Policy, PolicyRule, Principal};
use crate::replay::Recording;
use crate::request::{Identity, Request, Target, service_account_of};

const API: &str = "rbac.authorization.k8s.io";

/// How far to go beyond the recorded requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Generalize {
    /// Any name instead of those that were asked for.
    pub names: bool,
    /// All of `get`, `list` and `watch` where one of them was used.
    pub verbs: bool,
    /// Every resource of an API group where a verb was used on more than so many of them.
    pub resources: Option<usize>,
}

impl Generalize {
    /// Exactly what was asked for.
    pub const NOTHING: Self = Self { names: false, verbs: false, resources: None };
    /// Any name.
    pub const NAMES: Self = Self { names: true, ..Self::NOTHING };
    /// Any name, and reading in every form.
    pub const VERBS: Self = Self { verbs: true, ..Self::NAMES };
}

impl Default for Generalize {
    fn default() -> Self {
        Self::NAMES
    }
}

/// The rules one subject needs: cluster-wide ones under the empty namespace.
pub type Needs = BTreeMap<String, Vec<PolicyRule>>;

/// The smallest rules that allow every recorded and allowed request of a user. Requests that a policy already allows
/// to built-in groups (`system:authenticated` and the like) need no rule of the user's own. More names than `max_names`
/// on one resource become any name.
pub fn least_privilege(
    recording: &Recording,
    user: &str,
    builtin: Option<&Policy>,
    generalize: Generalize,
    max_names: usize,
) -> Needs {
    let mut wanted: BTreeMap<String, BTreeSet<PolicyRule>> = BTreeMap::new();
    for seen in recording.rows().iter().filter(|seen| seen.allowed && seen.identity.name == user) {
        for request in std::iter::once(&seen.request).chain(&seen.also) {
            if !builtin.is_some_and(|policy| through_builtin_group(policy, &seen.identity, request)) {
                let (namespace, atom) = atom(request, generalize);
                wanted.entry(namespace).or_default().insert(atom);
            }
        }
    }
    let mut needs = Needs::new();
    for (namespace, atoms) in wanted {
        let atoms = widen(atoms, max_names);
        let atoms = match generalize.resources {
            Some(most) => widen_resources(&atoms, most),
            None => atoms,
        };
        needs.insert(namespace, merge(&without_covered(atoms)));
    }
    drop_what_the_cluster_rules_cover(&mut needs);
    needs
}

fn through_builtin_group(policy: &Policy, identity: &Identity, request: &Request) -> bool {
    policy.all_grants(identity, request).iter().any(|grant| {
        let subject = policy.subjects_of(grant.binding).nth(grant.subject as usize);
        matches!(
            subject.and_then(|subject| subject.principal),
            Some(Principal::Group(group)) if policy.text(group).starts_with("system:")
        )
    })
}

/// Verbs that a request can make with a name; `create` can on subresources and after an update that created.
fn atom(request: &Request, generalize: Generalize) -> (String, PolicyRule) {
    let read = request.is_read_only();
    let verbs = if generalize.verbs && read {
        vec!["get".to_owned(), "list".to_owned(), "watch".to_owned()]
    } else {
        vec![request.verb.clone()]
    };
    match &request.target {
        Target::Path(path) => (
            String::new(),
            PolicyRule { verbs, non_resource_urls: vec![path.clone()], ..PolicyRule::default() },
        ),
        Target::Resource(target) => {
            let resource = match target.subresource.as_str() {
                "" => target.resource.clone(),
                subresource => format!("{}/{subresource}", target.resource),
            };
            let named = !generalize.names && !target.name.is_empty();
            let rule = PolicyRule {
                verbs,
                api_groups: vec![target.group.clone()],
                resources: vec![resource],
                resource_names: if named { vec![target.name.clone()] } else { Vec::new() },
                non_resource_urls: Vec::new(),
            };
            (target.namespace.clone(), rule)
        }
    }
}

/// Any name where more than `max_names` names were asked for with one verb.
fn widen(atoms: BTreeSet<PolicyRule>, max_names: usize) -> BTreeSet<PolicyRule> {
    let nameless = |rule: &PolicyRule| PolicyRule { resource_names: Vec::new(), ..rule.clone() };
    let mut names: BTreeMap<PolicyRule, usize> = BTreeMap::new();
    for atom in &atoms {
        *names.entry(nameless(atom)).or_default() += usize::from(!atom.resource_names.is_empty());
    }
    let too_many = |atom: &PolicyRule| names.get(&nameless(atom)).is_some_and(|&count| count > max_names);
    atoms.into_iter().map(|atom| if too_many(&atom) { nameless(&atom) } else { atom }).collect()
}

/// Every resource of a group where a verb was used on more than `most` of them, names apart.
fn widen_resources(atoms: &BTreeSet<PolicyRule>, most: usize) -> BTreeSet<PolicyRule> {
    let open = |rule: &PolicyRule| PolicyRule {
        resources: vec!["*".to_owned()],
        resource_names: Vec::new(),
        ..rule.clone()
    };
    let mut used: BTreeMap<PolicyRule, BTreeSet<&str>> = BTreeMap::new();
    for atom in atoms.iter().filter(|atom| !atom.resources.is_empty()) {
        used.entry(open(atom)).or_default().extend(atom.resources.iter().map(String::as_str));
    }
    let wide: BTreeSet<PolicyRule> =
        used.into_iter().filter(|(_, resources)| resources.len() > most).map(|(rule, _)| rule).collect();
    let is_wide = |atom: &PolicyRule| !atom.resources.is_empty() && wide.contains(&open(atom));
    let kept: BTreeSet<PolicyRule> = atoms.iter().filter(|atom| !is_wide(atom)).cloned().collect();
    kept.into_iter().chain(wide).collect()
}

fn borrowed(rule: &PolicyRule) -> PolicyRule<&str> {
    fn texts(list: &[String]) -> Vec<&str> {
        list.iter().map(String::as_str).collect()
    }
    PolicyRule {
        verbs: texts(&rule.verbs),
        api_groups: texts(&rule.api_groups),
        resources: texts(&rule.resources),
        resource_names: texts(&rule.resource_names),
        non_resource_urls: texts(&rule.non_resource_urls),
    }
}

fn covered_by(rule: &PolicyRule, others: &[PolicyRule]) -> bool {
    let others: Vec<_> = others.iter().map(borrowed).collect();
    atoms(&borrowed(rule)).iter().all(|atom| others.iter().any(|other| covers(other, atom)))
}

/// Leaves out rules for names where one for any name is there.
fn without_covered(atoms: BTreeSet<PolicyRule>) -> Vec<PolicyRule> {
    let (named, any): (Vec<_>, Vec<_>) = atoms.into_iter().partition(|atom| !atom.resource_names.is_empty());
    let named: Vec<_> = named.into_iter().filter(|atom| !covered_by(atom, &any)).collect();
    any.into_iter().chain(named).collect()
}

/// Joins rules that differ in one list only, which gives no right more, until none do: verbs first, since that is how
/// people read roles.
fn merge(atoms: &[PolicyRule]) -> Vec<PolicyRule> {
    type Field = fn(&mut PolicyRule) -> &mut Vec<String>;
    let fields: [Field; 5] = [
        |rule| &mut rule.verbs,
        |rule| &mut rule.resource_names,
        |rule| &mut rule.resources,
        |rule| &mut rule.non_resource_urls,
        |rule| &mut rule.api_groups,
    ];
    let mut rules = atoms.to_vec();
    loop {
        let before = rules.len();
        for field in fields {
            let mut groups: BTreeMap<PolicyRule, BTreeSet<String>> = BTreeMap::new();
            let mut joined = Vec::new();
            for mut rule in std::mem::take(&mut rules) {
                let list = std::mem::take(field(&mut rule));
                if list.is_empty() {
                    // An empty list means none or any, so it joins with no other.
                    joined.push(rule);
                } else {
                    groups.entry(rule).or_default().extend(list);
                }
            }
            for (mut rule, list) in groups {
                *field(&mut rule) = list.into_iter().collect();
                joined.push(rule);
            }
            rules = joined;
        }
        if rules.len() == before {
            rules.sort();
            return rules;
        }
    }
}

fn drop_what_the_cluster_rules_cover(needs: &mut Needs) {
    let cluster = needs.get("").cloned().unwrap_or_default();
    for (namespace, rules) in needs.iter_mut() {
        if !namespace.is_empty() {
            rules.retain(|rule| !covered_by(rule, &cluster));
        }
    }
    needs.retain(|_, rules| !rules.is_empty());
}

/// The needs as ready objects named `name`: a ClusterRole and its binding for cluster-wide rules, a Role and its
/// binding in each namespace; equal rules in several namespaces share one ClusterRole.
pub fn documents(user: &str, name: &str, needs: &Needs) -> Vec<Value> {
    let subject = match service_account_of(user) {
        Some((namespace, account)) => {
            json!({"kind": "ServiceAccount", "name": account, "namespace": namespace})
        }
        None => json!({"apiGroup": API, "kind": "User", "name": user}),
    };
    let mut places: BTreeMap<&[PolicyRule], Vec<&str>> = BTreeMap::new();
    for (namespace, rules) in needs {
        places.entry(rules).or_default().push(namespace);
    }
    let mut documents = Vec::new();
    let mut shared = 0;
    let mut ordered: Vec<_> = places.into_iter().collect();
    ordered.sort_by(|a, b| a.1.cmp(&b.1));
    for (rules, namespaces) in ordered {
        let single = namespaces.len() == 1 && !namespaces[0].is_empty();
        let (kind, role) = if single {
            ("Role", name.to_owned())
        } else {
            shared += 1;
            ("ClusterRole", if shared == 1 { name.to_owned() } else { format!("{name}-{shared}") })
        };
        let metadata = |namespace: &str, name: &str| {
            if namespace.is_empty() {
                json!({"name": name})
            } else {
                json!({"name": name, "namespace": namespace})
            }
        };
        let home = if single { namespaces[0] } else { "" };
        let rules: Vec<Value> = rules.iter().map(rule_json).collect();
        documents.push(json!({
            "apiVersion": format!("{API}/v1"), "kind": kind, "metadata": metadata(home, &role), "rules": rules,
        }));
        for namespace in namespaces {
            let binding = if namespace.is_empty() { "ClusterRoleBinding" } else { "RoleBinding" };
            documents.push(json!({
                "apiVersion": format!("{API}/v1"), "kind": binding, "metadata": metadata(namespace, &role),
                "roleRef": {"apiGroup": API, "kind": kind, "name": role}, "subjects": [subject],
            }));
        }
    }
    documents
}

fn rule_json(rule: &PolicyRule) -> Value {
    let mut object = serde_json::Map::new();
    for (key, list) in [
        ("apiGroups", &rule.api_groups),
        ("resources", &rule.resources),
        ("resourceNames", &rule.resource_names),
        ("nonResourceURLs", &rule.non_resource_urls),
        ("verbs", &rule.verbs),
    ] {
        if !list.is_empty() {
            object.insert(key.to_owned(), json!(list));
        }
    }
    Value::Object(object)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rbac::cover::compact_string;
    use crate::replay::RecordedRequest;

    fn recording(requests: &[(&str, &str, &str, &str)]) -> Recording {
        let mut recording = Recording::default();
        for (verb, resource, namespace, name) in requests {
            let (resource, group) = resource.split_once('.').unwrap_or((resource, ""));
            let request = if resource.starts_with('/') {
                Request::path(verb, resource)
            } else {
                Request::resource(verb, resource).in_group(group).in_namespace(namespace).named(name)
            };
            recording.add(&RecordedRequest {
                identity: Identity::user("amy", [""; 0]),
                request,
                also: Vec::new(),
                allowed: true,
                reason: String::new(),
                time: String::new(),
                audit_id: String::new(),
            });
        }
        recording
    }

    fn show(needs: &Needs) -> Vec<String> {
        let line = |(namespace, rules): (&String, &Vec<PolicyRule>)| {
            let rules: Vec<String> = rules.iter().map(|rule| compact_string(&borrowed(rule))).collect();
            format!("{namespace}: {}", rules.join(" "))
        };
        needs.iter().map(line).collect()
    }

    #[test]
    fn joins_without_adding_rights() {
        let log = recording(&[
            ("get", "pods", "dev", "a"),
            ("list", "pods", "dev", ""),
            ("get", "services", "dev", "x"),
            ("list", "services", "dev", ""),
            ("create", "deployments.apps", "dev", ""),
            ("get", "secrets", "dev", "db"),
            ("list", "nodes", "", ""),
            ("get", "/healthz", "", ""),
            ("list", "nodes", "dev", ""),
        ]);
        let needs = least_privilege(&log, "amy", None, Generalize::NAMES, 10);
        assert_eq!(
            show(&needs),
            [
                r#": {NonResourceURLs:["/healthz"], Verbs:["get"]} {APIGroups:[""], Resources:["nodes"], Verbs:["list"]}"#,
                r#"dev: {APIGroups:["apps"], Resources:["deployments"], Verbs:["create"]} {APIGroups:[""], Resources:["secrets"], Verbs:["get"]} {APIGroups:[""], Resources:["pods" "services"], Verbs:["get" "list"]}"#,
            ]
        );
        assert!(least_privilege(&log, "bob", None, Generalize::NAMES, 10).is_empty());
    }

    #[test]
    fn keeps_names_up_to_a_limit() {
        let log = recording(&[
            ("get", "secrets", "dev", "a"),
            ("get", "secrets", "dev", "b"),
            ("delete", "secrets", "dev", "a"),
        ]);
        let narrow = show(&least_privilege(&log, "amy", None, Generalize::NOTHING, 2));
        let names = |text: &str, verbs: &str| {
            format!("{{APIGroups:[\"\"], Resources:[\"secrets\"], ResourceNames:[{text}], Verbs:[{verbs}]}}")
        };
        assert_eq!(
            narrow,
            [format!("dev: {} {}", names("\"a\"", "\"delete\" \"get\""), names("\"b\"", "\"get\""))]
        );
        let wide = show(&least_privilege(&log, "amy", None, Generalize::NOTHING, 1));
        let any = r#"{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}"#;
        assert_eq!(wide, [format!("dev: {} {any}", names("\"a\"", "\"delete\""))]);
    }

    #[test]
    fn joins_resources_beyond_a_limit() {
        let log = recording(&[
            ("get", "pods", "dev", "a"),
            ("get", "services", "dev", ""),
            ("get", "deployments.apps", "dev", ""),
            ("delete", "pods", "dev", "a"),
        ]);
        let wide = Generalize { resources: Some(1), ..Generalize::NAMES };
        assert_eq!(
            show(&least_privilege(&log, "amy", None, wide, 10)),
            [
                r#"dev: {APIGroups:[""], Resources:["pods"], Verbs:["delete"]} {APIGroups:[""], Resources:["*"], Verbs:["get"]} {APIGroups:["apps"], Resources:["deployments"], Verbs:["get"]}"#
            ]
        );
    }

    #[test]
    fn equal_rules_share_a_cluster_role() {
        let log = recording(&[
            ("get", "pods", "dev", "a"),
            ("get", "pods", "qa", "a"),
            ("get", "jobs.batch", "ops", "a"),
        ]);
        let needs = least_privilege(&log, "amy", None, Generalize::NAMES, 10);
        let documents = documents("amy", "amy", &needs);
        let seen: Vec<_> = documents
            .iter()
            .map(|d| {
                format!(
                    "{}/{}",
                    d["kind"].as_str().unwrap_or(""),
                    d["metadata"]["namespace"].as_str().unwrap_or("")
                )
            })
            .collect();
        assert_eq!(
            seen,
            ["ClusterRole/", "RoleBinding/dev", "RoleBinding/qa", "Role/ops", "RoleBinding/ops"]
        );
        assert_eq!(
            documents[0]["rules"],
            json!([{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}])
        );
    }

    fn allows(needs: &Needs, who: &Identity, request: &Request) -> bool {
        use crate::rbac::{Aggregation, BindingInput, PolicyBuilder, RoleInput, SubjectInput, SubjectKind};
        let mut b = PolicyBuilder::new();
        for (namespace, rules) in needs {
            let rules: Vec<_> = rules.iter().map(|rule| b.rule(rule)).collect();
            let namespace = (!namespace.is_empty()).then_some(namespace.as_str());
            let kind = if namespace.is_some() { "Role" } else { "ClusterRole" };
            b.role(&RoleInput {
                namespace,
                name: "r",
                rules: &rules,
                aggregation: Aggregation::None,
                origin: 0,
            });
            let subjects = [SubjectInput { kind: SubjectKind::User, name: "amy", namespace: "" }];
            b.binding(&BindingInput {
                namespace,
                name: "r",
                role_kind: kind,
                role_name: "r",
                subjects: &subjects,
                origin: 0,
            });
        }
        b.finish().allows(who, request)
    }

    #[test]
    fn every_rule_is_enough_and_needed() {
        let mut rng = fastrand::Rng::with_seed(5);
        for round in 0..60 {
            let requests: Vec<_> = (0..rng.usize(1..25))
                .map(|_| {
                    let verb = rng.choice(["get", "list", "create", "delete"]).unwrap_or("get");
                    let target = rng
                        .choice(["pods", "pods/log", "secrets", "deployments.apps", "/x", "/y"])
                        .unwrap_or("/x");
                    let namespace = rng.choice(["", "dev", "qa"]).unwrap_or("");
                    (verb, target, namespace, rng.choice(["", "a", "b", "c"]).unwrap_or(""))
                })
                .collect();
            let log = recording(&requests);
            let level = [Generalize::NOTHING, Generalize::NAMES, Generalize::VERBS][round % 3];
            let needs = least_privilege(&log, "amy", None, level, 2);
            let denied = |needs: &Needs| {
                log.rows().iter().filter(|seen| !allows(needs, &seen.identity, &seen.request)).count()
            };
            assert_eq!(denied(&needs), 0, "{requests:?}");
            for (namespace, rules) in &needs {
                for i in 0..rules.len() {
                    let mut fewer = needs.clone();
                    if let Some(rules) = fewer.get_mut(namespace) {
                        rules.remove(i);
                    }
                    assert!(denied(&fewer) > 0, "rule {i} in {namespace:?} of {needs:?} is not needed");
                }
            }
        }
    }
}
