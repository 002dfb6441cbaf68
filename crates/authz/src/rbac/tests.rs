//! Resolution of subjects, roles and bindings, by table.

use super::*;
use crate::{Decision, Identity, Request};

/// `verbs groups resources names`, comma-separated; `-` is an empty list and `''` the empty string. A rule on paths is
/// `verbs path`.
pub(crate) fn rule(text: &str) -> PolicyRule<&str> {
    let parts: Vec<&str> = text.split(' ').collect();
    let items = |i: usize| match parts.get(i) {
        None | Some(&"-") => Vec::new(),
        Some(part) => part.split(',').map(|item| if item == "''" { "" } else { item }).collect(),
    };
    if parts.len() == 2 {
        return PolicyRule { verbs: items(0), non_resource_urls: items(1), ..PolicyRule::default() };
    }
    PolicyRule {
        verbs: items(0),
        api_groups: items(1),
        resources: items(2),
        resource_names: items(3),
        ..PolicyRule::default()
    }
}

/// Adds a role; `ns/name` is a Role, `name` a ClusterRole.
pub(crate) fn role(builder: &mut PolicyBuilder, name: &str, rules: &[&str]) {
    let rules: Vec<RuleId> = rules.iter().map(|text| builder.rule(&rule(text))).collect();
    let (namespace, name) = split(name);
    builder.role(&RoleInput { namespace, name, rules: &rules, aggregation: Aggregation::None, origin: 0 });
}

/// Adds a binding; `ns/name` is a RoleBinding. Subjects are `User:x`, `Group:x`, `ServiceAccount:ns/x`.
pub(crate) fn bind(builder: &mut PolicyBuilder, name: &str, role: (&str, &str), subjects: &[&str]) {
    let subjects: Vec<SubjectInput<'_>> = subjects
        .iter()
        .map(|text| {
            let (kind, name) = text.split_once(':').expect("kind:name");
            let (namespace, name) = if kind == "ServiceAccount" { split(name) } else { (None, name) };
            SubjectInput { kind: SubjectKind::parse(kind), name, namespace: namespace.unwrap_or_default() }
        })
        .collect();
    let (namespace, name) = split(name);
    builder.binding(&BindingInput {
        namespace,
        name,
        role_kind: role.0,
        role_name: role.1,
        subjects: &subjects,
        origin: 0,
    });
}

fn split(name: &str) -> (Option<&str>, &str) {
    name.split_once('/').map_or((None, name), |(namespace, name)| (Some(namespace), name))
}

fn sample() -> Policy {
    let mut b = PolicyBuilder::new();
    role(&mut b, "reader", &["get,list '' pods,pods/log"]);
    role(&mut b, "dev/writer", &["create '' pods", "delete '' pods web"]);
    bind(&mut b, "all-read", ("ClusterRole", "reader"), &["Group:readers", "User:alice"]);
    bind(&mut b, "no-namespace", ("ClusterRole", "reader"), &["ServiceAccount:bot"]);
    bind(
        &mut b,
        "dev/write",
        ("Role", "writer"),
        &["User:alice", "ServiceAccount:bot", "ServiceAccount:ops/bot"],
    );
    bind(&mut b, "dev/by-name", ("ClusterRole", "reader"), &["User:system:serviceaccount:ops:cron"]);
    bind(&mut b, "dev/odd", ("ClusterRole", "reader"), &["Robot:alice", "user:carol"]);
    bind(&mut b, "dev/lost", ("Role", "gone"), &["User:dave"]);
    bind(&mut b, "lost", ("ClusterRole", "gone"), &["User:dave", "User:eve"]);
    bind(&mut b, "dev/wrong", ("Rolle", "reader"), &["User:frank"]);
    b.finish()
}

#[test]
fn resolves_users_groups_and_service_accounts() {
    let policy = sample();
    let get = |namespace: &str| Request::resource("get", "pods").in_namespace(namespace);
    let create = |namespace: &str| Request::resource("create", "pods").in_namespace(namespace);
    let none = [""; 0];
    let crb = "RBAC: allowed by ClusterRoleBinding \"all-read\" of ClusterRole \"reader\" to";
    let dev = "RBAC: allowed by RoleBinding \"write/dev\" of Role \"writer\" to";
    let table = [
        (Identity::user("alice", none), get(""), format!("{crb} User \"alice\"")),
        (Identity::user("alice", ["readers"]), get("x"), format!("{crb} Group \"readers\"")),
        (Identity::user("bob", ["readers"]), get("x"), format!("{crb} Group \"readers\"")),
        (Identity::user("bob", none), get("x"), String::new()),
        (Identity::user("alice", none), create("dev"), format!("{dev} User \"alice\"")),
        (Identity::user("alice", none), create("ops"), String::new()),
        (Identity::user("alice", none), create(""), String::new()),
        (Identity::service_account("dev", "bot"), create("dev"), format!("{dev} ServiceAccount \"bot/dev\"")),
        (Identity::service_account("ops", "bot"), create("dev"), format!("{dev} ServiceAccount \"bot/ops\"")),
        (Identity::service_account("qa", "bot"), create("dev"), String::new()),
        (Identity::service_account("dev", "bot"), get("ops"), String::new()),
        (
            Identity::service_account("ops", "cron"),
            get("dev"),
            "RBAC: allowed by RoleBinding \"by-name/dev\" of ClusterRole \"reader\" to User \
             \"system:serviceaccount:ops:cron\""
                .to_owned(),
        ),
        (Identity::user("carol", none), get("dev"), String::new()),
        (
            Identity::user("dave", none),
            get("dev"),
            "RBAC: [clusterrole.rbac.authorization.k8s.io \"gone\" not found, \
             role.rbac.authorization.k8s.io \"gone\" not found]"
                .to_owned(),
        ),
        (
            Identity::user("eve", none),
            get("dev"),
            "RBAC: clusterrole.rbac.authorization.k8s.io \"gone\" not found".to_owned(),
        ),
        (
            Identity::user("frank", none),
            get("dev"),
            "RBAC: unsupported role reference kind: \"Rolle\"".to_owned(),
        ),
    ];
    for (who, request, want) in table {
        let answer = policy.authorize(&who, &request);
        assert_eq!(answer.reason, want, "{who:?} {request:?}");
        assert_eq!(answer.allowed(), want.starts_with("RBAC: allowed"), "{who:?} {request:?}");
    }
}

#[test]
fn every_grant_is_listed_once_per_rule() {
    let mut b = PolicyBuilder::new();
    role(&mut b, "a", &["get '' pods", "list '' pods", "* * *"]);
    bind(&mut b, "x", ("ClusterRole", "a"), &["User:alice", "Group:g"]);
    bind(&mut b, "dev/y", ("ClusterRole", "a"), &["Group:g"]);
    bind(&mut b, "dev/z", ("ClusterRole", "a"), &["User:bob"]);
    let policy = b.finish();
    let who = Identity::exact("alice", ["g"]);
    let grants = policy.all_grants(&who, &Request::resource("get", "pods").in_namespace("dev"));
    let seen: Vec<_> = grants.iter().map(|g| (policy.binding(g.binding).name, g.subject, g.rule)).collect();
    assert_eq!(seen, [("x", 0, 0), ("x", 0, 2), ("y", 0, 0), ("y", 0, 2)]);
}

#[test]
fn the_later_of_two_objects_with_one_key_counts() {
    let mut b = PolicyBuilder::new();
    role(&mut b, "a", &["get '' pods"]);
    role(&mut b, "a", &["list '' pods"]);
    bind(&mut b, "x", ("ClusterRole", "a"), &["User:alice"]);
    bind(&mut b, "x", ("ClusterRole", "a"), &["User:bob"]);
    let policy = b.finish();
    assert_eq!(policy.shadowed().len(), 2);
    let allowed = |who: &str, verb: &str| {
        policy.authorize(&Identity::exact(who, [""; 0]), &Request::resource(verb, "pods")).allowed()
    };
    assert_eq!(
        (allowed("bob", "list"), allowed("bob", "get"), allowed("alice", "list")),
        (true, false, false)
    );
}

#[test]
fn aggregates_are_computed_to_a_fixed_point() {
    let mut b = PolicyBuilder::new();
    let sources: [(&str, &[&str]); 4] =
        [("all", &["mid"]), ("mid", &["mid", "leaf", "gone"]), ("p", &["q"]), ("q", &["p", "leaf"])];
    let ignored = b.rule(&rule("* * *"));
    for (name, from) in sources {
        let aggregation = Aggregation::Computed(from);
        b.role(&RoleInput { namespace: None, name, rules: &[ignored], aggregation, origin: 0 });
    }
    role(&mut b, "leaf", &["get '' pods", "get '' pods", "list '' pods"]);
    let policy = b.finish();
    for name in ["all", "mid", "p", "q"] {
        let id = policy.find_role(RoleKind::ClusterRole, "ignored", name).expect("the role");
        let verbs: Vec<_> = policy.rules_of(id).map(|rule| policy.rule(rule).verbs.join(",")).collect();
        assert_eq!(verbs, ["get", "list"], "{name}");
        assert!(policy.role(id).computed);
    }
}

#[test]
fn a_refusal_that_touches_what_could_not_be_read_is_unknown() {
    let refusal = |kind, namespace: Option<&str>| {
        let mut b = PolicyBuilder::new();
        bind(&mut b, "dev/lost", ("Role", "gone"), &["User:dave"]);
        let namespace = namespace.map(str::to_owned);
        b.gap(Gap { kind, namespace, except: Vec::new(), reason: "forbidden".to_owned() });
        b.finish()
    };
    let get = |namespace| Request::resource("get", "pods").in_namespace(namespace);
    for (kind, gap, who, asked, want) in [
        (GapKind::ClusterRoleBindings, None, "x", "", Decision::Unknown),
        (GapKind::RoleBindings, None, "x", "", Decision::NoOpinion),
        (GapKind::RoleBindings, None, "x", "dev", Decision::Unknown),
        (GapKind::RoleBindings, Some("dev"), "x", "dev", Decision::Unknown),
        (GapKind::RoleBindings, Some("ops"), "x", "dev", Decision::NoOpinion),
        (GapKind::Roles, Some("dev"), "x", "dev", Decision::NoOpinion),
        (GapKind::Roles, Some("dev"), "dave", "dev", Decision::Unknown),
        (GapKind::ClusterRoles, None, "dave", "dev", Decision::NoOpinion),
    ] {
        let answer = refusal(kind, gap).authorize(&Identity::exact(who, [""; 0]), &get(asked));
        assert_eq!(answer.decision, want, "{kind:?} {gap:?} {who} {asked}");
        assert_eq!(answer.unknown.is_empty(), want != Decision::Unknown);
    }
}
