//! Roles and bindings.

use std::collections::HashSet;

use rampart_document::{Kind, Node};
use rampart_model::{Coverage, GroupKind, Inventory, Object, ObjectId, Origin, Selector, State};

use super::built_in::{self, BUILT_IN};
use crate::rbac::{
    Aggregation, BindingInput, Gap, GapKind, Policy, PolicyBuilder, PolicyRule, RoleInput, SubjectInput,
    SubjectKind,
};

const GROUP: &str = "rbac.authorization.k8s.io";

/// How to take what the input does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// As the inventory's coverage says: refusals are unknown where objects may be missing.
    Covered,
    /// As if the input were all there is: the answer that this set of objects alone would give.
    Alone,
}

/// An object that the API server would not accept, and that therefore counts for nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// The object.
    pub object: ObjectId,
    /// The field and what is wrong with it.
    pub what: String,
}

/// The RBAC policy of an inventory. Origins are [`ObjectId`]s. Aggregated ClusterRoles that come from a cluster or
/// etcd count as they are stored; those from files are filled as the controller would.
pub fn rbac_policy(inventory: &Inventory, scope: Scope) -> (Policy, Vec<Rejected>) {
    build(inventory, None, scope)
}

/// The same together with the roles and bindings that the API server creates itself, whose origin is [`BUILT_IN`];
/// objects of the inventory replace those of the same name.
pub fn rbac_policy_with_built_in(inventory: &Inventory, scope: Scope) -> (Policy, Vec<Rejected>) {
    build(inventory, Some(&built_in::inventory()), scope)
}

fn build(inventory: &Inventory, built_in: Option<&Inventory>, scope: Scope) -> (Policy, Vec<Rejected>) {
    let mut builder = PolicyBuilder::new();
    let mut rejected = Vec::new();
    let ours: HashSet<&str> =
        inventory.of_kind(GroupKind::new(GROUP, "ClusterRole")).map(Object::name).collect();
    let mut cluster_roles: Vec<Object<'_>> = sorted(inventory, "ClusterRole");
    if let Some(built_in) = built_in {
        let more = sorted(built_in, "ClusterRole").into_iter().filter(|role| !ours.contains(role.name()));
        cluster_roles.extend(more);
        cluster_roles.sort_by_key(|role| role.name());
    }
    // Of two with one key the later one counts, so built-in ones go first.
    for inventory in built_in.into_iter().chain([inventory]) {
        let origin = |object: Object<'_>| {
            if built_in.is_some_and(|own| std::ptr::eq(own, inventory)) { BUILT_IN } else { object.id().0 }
        };
        for object in sorted(inventory, "ClusterRole").into_iter().chain(sorted(inventory, "Role")) {
            if let Err(what) = add_role(&mut builder, object, &cluster_roles, origin(object)) {
                rejected.push(Rejected { object: object.id(), what });
            }
        }
        let cluster_bindings = sorted(inventory, "ClusterRoleBinding");
        for object in cluster_bindings.into_iter().chain(sorted(inventory, "RoleBinding")) {
            if let Err(what) = add_binding(&mut builder, object, origin(object)) {
                rejected.push(Rejected { object: object.id(), what });
            }
        }
    }
    if scope == Scope::Covered {
        add_gaps(&mut builder, inventory.coverage());
    }
    (builder.finish(), rejected)
}

/// The objects of a kind by name; equal names stay in input order, so the last one counts.
fn sorted<'a>(inventory: &'a Inventory, kind: &str) -> Vec<Object<'a>> {
    let mut objects: Vec<_> = inventory.of_kind(GroupKind::new(GROUP, kind)).collect();
    objects.sort_by_key(|object| object.name());
    objects
}

fn add_role(
    builder: &mut PolicyBuilder,
    object: Object<'_>,
    all: &[Object<'_>],
    origin: u32,
) -> Result<(), String> {
    let mut rules = Vec::new();
    for (i, rule) in items(object.node(), "rules")?.enumerate() {
        let list = |key| strings(rule, key).map_err(|what| format!("rules[{i}].{what}"));
        let verbs = list("verbs")?;
        rules.push(builder.rule(&PolicyRule {
            verbs,
            api_groups: list("apiGroups")?,
            resources: list("resources")?,
            resource_names: list("resourceNames")?,
            non_resource_urls: list("nonResourceURLs")?,
        }));
    }
    let aggregation = object.field(&["aggregationRule"]);
    let stored = matches!(object.origin(), Origin::Cluster { .. } | Origin::Etcd { .. });
    let sources = match aggregation {
        // Authorization never reads the selectors of a stored role, so they cannot spoil it.
        Some(aggregation) if stored => sources(aggregation, all).unwrap_or_default(),
        Some(aggregation) => sources(aggregation, all)?,
        None => Vec::new(),
    };
    let aggregation = match aggregation {
        None => Aggregation::None,
        Some(_) if stored => Aggregation::Stored(&sources),
        Some(_) => Aggregation::Computed(&sources),
    };
    builder.role(&RoleInput {
        namespace: object.effective_namespace(),
        name: object.name(),
        rules: &rules,
        aggregation,
        origin,
    });
    Ok(())
}

/// Names of the ClusterRoles that any selector matches, in the order in which the controller reads them.
fn sources<'a>(aggregation: Node<'_>, all: &[Object<'a>]) -> Result<Vec<&'a str>, String> {
    let mut names = Vec::new();
    for selector in items(aggregation, "clusterRoleSelectors")? {
        let selector = Selector::label_selector(selector);
        for role in all {
            match selector.matches(role.labels()) {
                Some(true) => names.push(role.name()),
                Some(false) => {}
                None => return Err("aggregationRule.clusterRoleSelectors is malformed".to_owned()),
            }
        }
    }
    Ok(names)
}

fn add_binding(builder: &mut PolicyBuilder, object: Object<'_>, origin: u32) -> Result<(), String> {
    let mut subjects = Vec::new();
    for (i, subject) in items(object.node(), "subjects")?.enumerate() {
        let text = |key| text(subject, key).map_err(|what| format!("subjects[{i}].{what}"));
        subjects.push(SubjectInput {
            kind: SubjectKind::parse(text("kind")?),
            name: text("name")?,
            namespace: text("namespace")?,
        });
    }
    let role = object.field(&["roleRef"]).ok_or("roleRef is missing")?;
    let reference = |key| text(role, key).map_err(|what| format!("roleRef.{what}"));
    builder.binding(&BindingInput {
        namespace: object.effective_namespace(),
        name: object.name(),
        role_kind: reference("kind")?,
        role_name: reference("name")?,
        subjects: &subjects,
        origin,
    });
    Ok(())
}

/// The items of a list of mappings; absent and null are empty.
fn items<'a>(node: Node<'a>, key: &str) -> Result<impl Iterator<Item = Node<'a>> + use<'a>, String> {
    let list = node.get(key).filter(|list| !list.is_null());
    if list.is_some_and(|list| list.kind() != Kind::Seq || list.items().any(|item| item.kind() != Kind::Map))
    {
        return Err(format!("{key} is not a list of objects"));
    }
    Ok(list.into_iter().flat_map(Node::items))
}

/// A list of strings; absent and null are empty, and a null item is the empty string.
fn strings<'a>(node: Node<'a>, key: &str) -> Result<Vec<&'a str>, String> {
    let list = node.get(key).filter(|list| !list.is_null());
    if list.is_some_and(|list| list.kind() != Kind::Seq) {
        return Err(format!("{key} is not a list"));
    }
    let item = |item: Node<'a>| match item.kind() {
        Kind::Str => Ok(item.scalar_text().unwrap_or_default()),
        Kind::Null => Ok(""),
        _ => Err(format!("{key} has an item that is not a string")),
    };
    list.into_iter().flat_map(Node::items).map(item).collect()
}

/// A string field; absent and null are empty.
fn text<'a>(node: Node<'a>, key: &str) -> Result<&'a str, String> {
    match node.get(key) {
        Some(value) if value.kind() == Kind::Str => Ok(value.scalar_text().unwrap_or_default()),
        Some(value) if !value.is_null() => Err(format!("{key} is not a string")),
        _ => Ok(""),
    }
}

fn add_gaps(builder: &mut PolicyBuilder, coverage: &Coverage) {
    for (kind, name) in [
        (GapKind::ClusterRoleBindings, "ClusterRoleBinding"),
        (GapKind::RoleBindings, "RoleBinding"),
        (GapKind::ClusterRoles, "ClusterRole"),
        (GapKind::Roles, "Role"),
    ] {
        let group_kind = GroupKind::new(GROUP, name);
        let namespaced = matches!(kind, GapKind::RoleBindings | GapKind::Roles);
        let mentioned: Vec<&str> = coverage
            .entries()
            .filter(|(gap, _)| namespaced && (gap.kind == "*" || gap.kind == name))
            .filter_map(|(gap, _)| gap.namespace.as_deref())
            .collect();
        let whole = coverage.entries().all(|(gap, state)| {
            gap.namespace.is_some() || (gap.kind != "*" && gap.kind != name) || *state == State::Full
        });
        // A namespace that nothing is said of stands for all others. No namespace can have this name.
        let elsewhere = coverage.gap(group_kind, if namespaced { Some("/") } else { None });
        if let Some(reason) = elsewhere {
            let read = |namespace: &&&str| whole && coverage.is_full(group_kind, Some(namespace));
            let except = mentioned.iter().filter(read).map(|&namespace| namespace.to_owned()).collect();
            builder.gap(Gap { kind, namespace: None, except, reason });
        } else {
            for namespace in mentioned {
                if let Some(reason) = coverage.gap(group_kind, Some(namespace)) {
                    builder.gap(Gap {
                        kind,
                        namespace: Some(namespace.to_owned()),
                        except: Vec::new(),
                        reason,
                    });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rampart_document::{Limits, Source, parse_yaml};
    use rampart_model::InventoryBuilder;

    use super::*;
    use crate::{Because, Decision, Identity, Request};

    fn inventory(text: &str, origin: Origin, coverage: Coverage) -> Inventory {
        let parsed = parse_yaml(&Source::new("test.yaml", text), &Limits::default());
        assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
        let mut builder = InventoryBuilder::new();
        builder.unit(parsed.tree, origin);
        builder.coverage(coverage);
        builder.build().0
    }

    const OBJECTS: &str = "
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: all}
aggregationRule: {clusterRoleSelectors: [{matchLabels: {to: all}}]}
rules: []
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: leaf, labels: {to: all}}
rules:
- {apiGroups: [''], resources: [pods], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: b, namespace: dev}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: all}
subjects: [{kind: ServiceAccount, name: bot}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: broken, namespace: dev}
rules: [{verbs: get}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: nothing, namespace: dev}
rules: null
";

    #[test]
    fn aggregates_come_from_the_controller_or_from_here() {
        let bot = Identity::service_account("dev", "bot");
        let get = Request::resource("get", "pods").in_namespace("dev");
        let cluster = Origin::Cluster { resource_version: "1".to_owned() };
        for (origin, want) in [(Origin::File, Decision::Allow), (cluster, Decision::NoOpinion)] {
            let inventory = inventory(OBJECTS, origin, Coverage::complete());
            let (policy, rejected) = rbac_policy(&inventory, Scope::Covered);
            assert_eq!(rejected.len(), 1);
            assert_eq!(rejected[0].what, "rules[0].verbs is not a list");
            let answer = policy.authorize(&bot, &get);
            assert_eq!(answer.decision, want);
            if let Because::Rbac(grant) = answer.because {
                let binding = inventory.object(ObjectId(policy.binding(grant.binding).origin));
                assert_eq!(binding.to_string(), "RoleBinding dev/b");
                assert!(policy.role(grant.role).computed);
            }
        }
    }

    #[test]
    fn built_in_roles_count_until_the_input_replaces_them() {
        let bound = "
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: b}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{kind: User, name: amy}]
---
";
        let role = |name: &str, labels: &str, resource: &str| {
            format!(
                "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: {name}, labels: {labels}}}\nrules: [{{apiGroups: [''], resources: [{resource}], verbs: [get]}}]\n"
            )
        };
        let own = role("view", "{}", "secrets");
        let more = role("more", "{rbac.authorization.k8s.io/aggregate-to-view: 'true'}", "nodes");
        for (extra, resource, built_in, want) in [
            ("", "pods", true, Some(true)),
            ("", "secrets", true, None),
            ("", "pods", false, None),
            (&own, "secrets", true, Some(false)),
            (&own, "pods", true, None),
            (&more, "nodes", true, Some(true)),
        ] {
            let inventory = inventory(&format!("{bound}{extra}"), Origin::File, Coverage::complete());
            let policy = if built_in { rbac_policy_with_built_in } else { rbac_policy };
            let (policy, rejected) = policy(&inventory, Scope::Covered);
            assert!(rejected.is_empty(), "{rejected:?}");
            let answer =
                policy.authorize(&Identity::user("amy", [""; 0]), &Request::resource("get", resource));
            let by = match answer.because {
                Because::Rbac(grant) => Some(policy.role(grant.role).origin == BUILT_IN),
                _ => None,
            };
            assert_eq!(by, want, "{resource} with {extra:?}");
        }
    }

    #[test]
    fn refusals_follow_the_coverage() {
        let refused = |coverage: Coverage, scope, namespace: &str| {
            let inventory = inventory(OBJECTS, Origin::File, coverage);
            let request = Request::resource("get", "secrets").in_namespace(namespace);
            rbac_policy(&inventory, scope).0.authorize(&Identity::user("amy", [""; 0]), &request).decision
        };
        let mut one = Coverage::complete();
        one.set("RoleBinding", Some("dev"), State::NotRead("403 Forbidden".to_owned()));
        let mut only = Coverage::partial();
        for kind in ["ClusterRoleBinding", "ClusterRole"] {
            only.set(kind, None, State::Full);
        }
        only.set("RoleBinding", Some("dev"), State::Full);
        for (coverage, scope, namespace, want) in [
            (Coverage::partial(), Scope::Covered, "dev", Decision::Unknown),
            (Coverage::partial(), Scope::Alone, "dev", Decision::NoOpinion),
            (Coverage::complete(), Scope::Covered, "dev", Decision::NoOpinion),
            (one.clone(), Scope::Covered, "dev", Decision::Unknown),
            (one, Scope::Covered, "ops", Decision::NoOpinion),
            (only.clone(), Scope::Covered, "dev", Decision::NoOpinion),
            (only, Scope::Covered, "ops", Decision::Unknown),
        ] {
            assert_eq!(refused(coverage.clone(), scope, namespace), want, "{coverage:?} {namespace}");
        }
    }
}
