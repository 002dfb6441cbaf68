use rampart_document::{FieldPath, Node};
use rampart_model::{GroupKind, ImageRef, Object, ObjectId};
use rampart_report::Severity;

use super::ways::is_open;
use crate::index::is_controlled;
use crate::{Check, Context, Findings, Group, Profile, Rule, Workload};

pub(crate) static RULE: Rule = Rule {
    id: "kubernetes-dashboard",
    group: Group::Network,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("kubernetes_dashboard.md"),
    check: Check::Workload(check),
};

/// Flags that let people in without a login, over plain HTTP, or past its own settings.
const FLAGS: [&str; 3] = ["--enable-skip-login", "--enable-insecure-login", "--disable-settings-authorizer"];

fn check(workload: &Workload<'_>, context: &Context<'_>, out: &mut Findings) {
    let Workload { object, pod } = workload;
    let image = pod.containers().iter().find(|container| container.image().is_some_and(is_dashboard));
    let label =
        ["k8s-app", "app"].into_iter().find(|key| pod.labels().get(key) == Some("kubernetes-dashboard"));
    let (path, what) = match (image, label) {
        (Some(container), _) => {
            (container.path("image"), format!("{} runs the Kubernetes Dashboard", container.title()))
        }
        (None, Some(key)) => {
            let path = FieldPath::root().key("metadata").key("labels").key(key);
            (path, "the labels are those of the Kubernetes Dashboard".to_owned())
        }
        (None, None) => return,
    };
    let mut worse: Vec<String> = Vec::new();
    let binding = admin_binding(context, *object, pod.service_account());
    if binding.is_some() {
        worse.push(format!("its ServiceAccount {} is cluster-admin", pod.service_account()));
    }
    let flag = pod.containers().iter().find_map(|container| {
        container.words().find_map(|(field, index, word)| {
            let flag = FLAGS.iter().find(|flag| is_on(word, flag))?;
            Some((container.path(&format!("{field}[{index}]")), *flag))
        })
    });
    if let Some((_, flag)) = &flag {
        worse.push(format!("it runs with {flag}"));
    }
    let way = context.exposure().of(object.id()).iter().find(|way| is_open(context, object.id(), way));
    if way.is_some() && !is_controlled(*object) {
        worse.push("it can be reached from outside".to_owned());
    }
    let what = if worse.is_empty() { what } else { format!("{what}; {}", worse.join(", ")) };
    let draft = out.fail(path, what);
    if !worse.is_empty() {
        draft.severity(Severity::High);
    }
    if let Some(binding) = binding {
        draft.evidence_in(binding, FieldPath::root().key("roleRef"), "gives it every right");
    }
    if let Some((place, _)) = flag {
        draft.evidence(place, "weakens its login");
    }
    for &hop in way.into_iter().flat_map(|way| &way.hops) {
        draft.evidence_in(hop, FieldPath::root().key("spec"), "on the way in");
    }
}

fn is_dashboard(image: &str) -> bool {
    let Some(image) = ImageRef::parse(image) else { return false };
    let name = image.name();
    let parent = image.path.strip_suffix(name).unwrap_or("").trim_end_matches('/');
    name.starts_with("kubernetes-dashboard")
        || (name.starts_with("dashboard") && (parent == "kubernetesui" || parent.ends_with("/kubernetesui")))
}

/// `--flag`, `--flag=true`, but not `--flag=false`.
fn is_on(word: &str, flag: &str) -> bool {
    word.strip_prefix(flag).is_some_and(|rest| rest.is_empty() || (rest.starts_with('=') && rest != "=false"))
}

/// A binding for the whole cluster that gives the ServiceAccount every verb on everything.
fn admin_binding(context: &Context<'_>, object: Object<'_>, account: &str) -> Option<ObjectId> {
    let inventory = context.inventory;
    let namespace = object.effective_namespace()?;
    let text =
        |node: Node<'_>, key: &str, wanted: &str| node.field(key).and_then(Node::as_str) == Some(wanted);
    let mut bindings = inventory.of_kind(GroupKind::new("rbac.authorization.k8s.io", "ClusterRoleBinding"));
    let found = bindings.find(|binding| {
        let mut subjects = binding.field(&["subjects"]).into_iter().flat_map(Node::items);
        let bound = subjects.any(|subject| {
            text(subject, "kind", "ServiceAccount")
                && text(subject, "name", account)
                && text(subject, "namespace", namespace)
        });
        let role = binding.field(&["roleRef", "name"]).and_then(Node::as_str);
        bound && role.is_some_and(|role| role == "cluster-admin" || allows_all(context, role))
    });
    found.map(Object::id)
}

fn allows_all(context: &Context<'_>, role: &str) -> bool {
    let kind = GroupKind::new("rbac.authorization.k8s.io", "ClusterRole");
    let role = context.inventory.find(kind, None, role);
    let rules = role.and_then(|role| role.field(&["rules"])).into_iter().flat_map(Node::items);
    let star = |rule: Node<'_>, key| {
        rule.field(key).into_iter().flat_map(Node::items).any(|item| item.as_str() == Some("*"))
    };
    rules.into_iter().any(|rule| ["verbs", "resources", "apiGroups"].into_iter().all(|key| star(rule, key)))
}
