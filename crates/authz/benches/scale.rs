//! A synthetic cluster of 100,000 bindings, 20,000 roles and 50,000 subjects: time and memory of the index and of the
//! questions. The targets are 1.5 s and 400 MB, 20 µs (can-i), 20 ms (who-can), 10 s (closure) and
//! 300,000 recorded requests a second (replay).

use std::hint::black_box;
use std::sync::{Arc, LazyLock};

use divan::counter::ItemsCount;
use divan::{AllocProfiler, Bencher};
use rampart_authz::closure::{Closure, ClusterFacts, Node};
use rampart_authz::rbac::{
    Aggregation, BindingInput, Breadth, Policy, PolicyBuilder, PolicyRule, RoleInput, SubjectInput,
    SubjectKind,
};
use rampart_authz::replay::{RecordedRequest, Recording, replay};
use rampart_authz::{Chain, Identity, Request};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

const BINDINGS: usize = 100_000;
const ROLES: usize = 20_000;
const SUBJECTS: usize = 50_000;
const NAMESPACES: usize = 2_000;

const VERBS: [&str; 9] =
    ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "impersonate"];
const GROUPS: [&str; 6] =
    ["", "apps", "batch", "networking.k8s.io", "rbac.authorization.k8s.io", "example.com"];

fn main() {
    divan::main();
}

struct Names {
    resources: Vec<String>,
    namespaces: Vec<String>,
    users: Vec<String>,
    objects: Vec<String>,
}

fn build() -> Policy {
    let mut rng = fastrand::Rng::with_seed(7);
    let list = |prefix: &str, n: usize| (0..n).map(|i| format!("{prefix}-{i}")).collect::<Vec<_>>();
    let names = Names {
        resources: list("resource", 300),
        namespaces: list("namespace", NAMESPACES),
        users: list("user", SUBJECTS),
        objects: list("object", 5_000),
    };
    let mut builder = PolicyBuilder::new();
    for i in 0..ROLES {
        let rules: Vec<_> = (0..rng.usize(1..8)).map(|_| builder.rule(&rule(&mut rng, &names))).collect();
        // Half the roles are namespaced; their bindings find them by the same arithmetic.
        let namespace = (i % 2 == 1).then(|| names.namespaces[i % NAMESPACES].as_str());
        let name = format!("role-{i}");
        builder.role(&RoleInput {
            namespace,
            name: &name,
            rules: &rules,
            aggregation: Aggregation::None,
            origin: 0,
        });
    }
    for i in 0..BINDINGS {
        let role = rng.usize(..ROLES);
        let namespace = if i % 20 == 0 { None } else { Some(names.namespaces[role % NAMESPACES].as_str()) };
        let role = if namespace.is_none() { role & !1 } else { role };
        let subjects: Vec<_> = (0..rng.usize(1..4)).map(|_| subject(&mut rng, &names)).collect();
        builder.binding(&BindingInput {
            namespace,
            name: &format!("binding-{i}"),
            role_kind: if role % 2 == 1 { "Role" } else { "ClusterRole" },
            role_name: &format!("role-{role}"),
            subjects: &subjects,
            origin: 0,
        });
    }
    builder.finish()
}

fn rule<'a>(rng: &mut fastrand::Rng, names: &'a Names) -> PolicyRule<&'a str> {
    let mut rule = PolicyRule {
        verbs: rng.choose_multiple(VERBS, 3),
        api_groups: rng.choose_multiple(GROUPS, 1),
        resources: rng.choose_multiple(names.resources.iter().map(String::as_str), 3),
        ..PolicyRule::default()
    };
    match rng.u8(..40) {
        0 => rule.resources = vec!["*"],
        1 => rule.verbs = vec!["*"],
        2..8 => rule.resource_names = rng.choose_multiple(names.objects.iter().map(String::as_str), 4),
        _ => {}
    }
    rule
}

fn subject<'a>(rng: &mut fastrand::Rng, names: &'a Names) -> SubjectInput<'a> {
    let name = names.users[rng.usize(..SUBJECTS)].as_str();
    match rng.u8(..4) {
        0 => SubjectInput { kind: SubjectKind::User, name, namespace: "" },
        1 => SubjectInput { kind: SubjectKind::Group, name, namespace: "" },
        _ => {
            let namespace = names.namespaces[rng.usize(..NAMESPACES)].as_str();
            SubjectInput { kind: SubjectKind::ServiceAccount, name, namespace }
        }
    }
}

static POLICY: LazyLock<Policy> = LazyLock::new(build);

#[divan::bench(sample_count = 5)]
fn index() -> Policy {
    build()
}

#[divan::bench(sample_count = 3)]
fn closure() -> usize {
    let closure = Closure::new(&POLICY, &ClusterFacts::default());
    let strong = |node: &&Node| closure.leads(node, &Node::ClusterAdmin);
    closure.identities().filter(strong).count()
}

/// Audit events of 2,000 distinct requests, most of them seen often.
static EVENTS: LazyLock<Vec<RecordedRequest>> = LazyLock::new(|| {
    let mut rng = fastrand::Rng::with_seed(13);
    let distinct: Vec<RecordedRequest> = (0..2_000)
        .map(|i| RecordedRequest {
            identity: Identity::user(&format!("user-{}", rng.usize(..SUBJECTS)), ["user-1"]),
            request: Request::resource("get", &format!("resource-{}", rng.usize(..300)))
                .in_group("apps")
                .in_namespace(&format!("namespace-{}", rng.usize(..NAMESPACES)))
                .named("object-1"),
            also: Vec::new(),
            allowed: true,
            reason: String::new(),
            time: "2026-01-01T00:00:00Z".to_owned(),
            audit_id: i.to_string(),
        })
        .collect();
    (0..100_000).map(|_| distinct[rng.usize(..distinct.len())].clone()).collect()
});

#[divan::bench(sample_count = 10)]
fn replay_events(bencher: Bencher<'_, '_>) {
    let (events, chain) = (&*EVENTS, Chain::rbac(Arc::new(POLICY.clone())));
    bencher.counter(ItemsCount::new(events.len())).bench_local(|| {
        let mut recording = Recording::default();
        events.iter().for_each(|event| recording.add(event));
        replay(&recording, &chain, Some(&chain)).requests
    });
}

#[divan::bench]
fn can_i(bencher: Bencher<'_, '_>) {
    let policy = &*POLICY;
    fastrand::seed(9);
    bencher
        .with_inputs(|| {
            let user = format!("user-{}", fastrand::usize(..SUBJECTS));
            let groups: Vec<_> = (0..5).map(|_| format!("user-{}", fastrand::usize(..SUBJECTS))).collect();
            let resource = format!("resource-{}", fastrand::usize(..300));
            let namespace = format!("namespace-{}", fastrand::usize(..NAMESPACES));
            (
                Identity::user(&user, groups),
                Request::resource("get", &resource).in_group("apps").in_namespace(&namespace),
            )
        })
        .bench_refs(|(who, request)| black_box(policy.authorize(who, request)));
}

#[divan::bench]
fn who_can(bencher: Bencher<'_, '_>) {
    let policy = &*POLICY;
    fastrand::seed(11);
    bencher
        .with_inputs(|| {
            Request::resource("get", &format!("resource-{}", fastrand::usize(..300))).in_group("apps")
        })
        .bench_refs(|request| {
            black_box(policy.who_can(request, Breadth { any_namespace: true, any_name: true }).len())
        });
}
