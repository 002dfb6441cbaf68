use rampart_document::{Edit, Node};
use rampart_model::{Object, Selector};
use rampart_report::{Fix, Severity};
use serde_json::json;

use super::webhooks::{KINDS, Webhook, webhooks};
use crate::availability::replicas::kept;
use crate::index::{NAMESPACE, Named};
use crate::shared::policies::{NAME, selects};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "webhook-lockout",
    group: Group::Admission,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("webhook_lockout.md"),
    check: Check::Object(&KINDS, check),
};

/// What the control plane itself writes, outside namespaces.
const CLUSTER: [(&str, &str, &str); 3] = [
    ("", "nodes", "nodes"),
    ("authentication.k8s.io", "tokenreviews", "token reviews"),
    ("authorization.k8s.io", "subjectaccessreviews", "access reviews"),
];

/// What a webhook stands in the way of.
#[derive(Default)]
struct Blocked {
    what: Vec<String>,
    namespaces: Vec<String>,
    outside: bool,
    unscoped: bool,
    /// What cannot be told.
    unknown: Option<String>,
}

fn check(object: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    for webhook in webhooks(object).filter(|webhook| !webhook.fails_open()) {
        let blocked = blocked(&webhook, context);
        let path = webhook.path("namespaceSelector");
        let title = webhook.title();
        let conditions = webhook.node.field("matchConditions").is_some_and(|list| !list.is_empty());
        let exempt = conditions && !blocked.what.is_empty();
        let unknown = match exempt {
            true => Some("its matchConditions may exempt what it blocks".to_owned()),
            false => blocked.unknown.clone().filter(|_| blocked.what.is_empty()),
        };
        if let Some(reason) = unknown {
            out.unknown(path, format!("whether {title} can lock the cluster out cannot be told: {reason}"));
            continue;
        }
        if blocked.what.is_empty() {
            continue;
        }
        let what = format!("while {title} does not answer, the API refuses {}", blocked.what.join(", "));
        let draft = out.fail(path, what);
        let single = has_single_replica(&webhook, context);
        if blocked.unscoped || single {
            draft.severity(Severity::High);
        }
        let timeout = webhook.node.field("timeoutSeconds").and_then(Node::as_i64);
        if timeout.is_some_and(|seconds| seconds > 10) {
            draft.evidence(webhook.path("timeoutSeconds"), "each request waits this long first");
        }
        if !blocked.outside {
            let excluded = json!({"key": NAME, "operator": "NotIn", "values": blocked.namespaces});
            let path = webhook.path("namespaceSelector").key("matchExpressions");
            draft.fix(Fix::review("leave those namespaces out", [Edit::append(path, excluded)]));
        }
    }
}

fn service<'a>(webhook: &Webhook<'a>) -> Option<(&'a str, &'a str)> {
    let service = webhook.node.field("clientConfig")?.field("service")?;
    let text = |field| service.field(field).and_then(Node::scalar_text);
    Some((text("namespace")?, text("name")?))
}

fn blocked(webhook: &Webhook<'_>, context: &Context<'_>) -> Blocked {
    let mut blocked = Blocked::default();
    let rules: Vec<_> = webhook.rules().map(|(_, rule)| rule).collect();
    let writes = ["CREATE", "UPDATE"];
    let asks =
        |group, resource| rules.iter().any(|rule| rule.operation(&writes) && rule.resource(group, resource));
    let labelled = webhook.selector("objectSelector");
    if labelled.is_none() {
        for (_, _, noun) in CLUSTER.iter().filter(|(group, resource, _)| asks(group, resource)) {
            blocked.what.push((*noun).to_owned());
            blocked.outside = true;
        }
    }
    let own = service(webhook).map(|(namespace, _)| namespace);
    if asks("", "pods") {
        for namespace in own.into_iter().chain(["kube-system"].into_iter().filter(|&one| own != Some(one))) {
            let here = context.namespaces().of(namespace).workloads.iter();
            let matches = |selector: Node<'_>| {
                let mut pods =
                    here.clone().filter_map(|&id| context.carriers.pod(context.inventory.object(id)));
                pods.any(|pod| Selector::label_selector(selector).matches(pod.labels()) == Some(true))
            };
            if labelled.is_none_or(matches) {
                let noun = if Some(namespace) == own { "pods of its own namespace" } else { "pods of" };
                in_namespace(webhook, namespace, noun, context, &mut blocked);
            }
        }
    }
    if labelled.is_none() && asks("coordination.k8s.io", "leases") {
        in_namespace(webhook, "kube-node-lease", "leases of", context, &mut blocked);
    }
    let unscoped = rules.iter().any(|rule| rule.operation(&writes) && rule.is_unscoped());
    blocked.unscoped = unscoped && labelled.is_none() && webhook.selector("namespaceSelector").is_none();
    blocked
}

fn in_namespace(
    webhook: &Webhook<'_>,
    namespace: &str,
    noun: &str,
    context: &Context<'_>,
    blocked: &mut Blocked,
) {
    if let Some(selector) = webhook.selector("namespaceSelector") {
        let read = context.inventory.find(NAMESPACE, None, namespace);
        if read.is_none() && !asks_only_names(selector) {
            blocked.unknown = Some(format!("the labels of namespace {namespace} were not read"));
            return;
        }
        let labels = read.map_or(rampart_model::Labels::new(None), Object::labels);
        if !selects(selector, namespace, labels) {
            return;
        }
    }
    blocked.what.push(format!("{noun} {namespace}"));
    if !blocked.namespaces.iter().any(|own| own == namespace) {
        blocked.namespaces.push(namespace.to_owned());
    }
}

/// True when a selector asks for nothing but the name, which every namespace carries as a label.
fn asks_only_names(selector: Node<'_>) -> bool {
    let mut labels = selector.field("matchLabels").into_iter().flat_map(Node::entries);
    let mut expressions = selector.field("matchExpressions").into_iter().flat_map(Node::items);
    labels.all(|(key, ..)| key == NAME)
        && expressions.all(|one| one.field("key").and_then(Node::scalar_text) == Some(NAME))
}

/// True when the webhook's Service was read and all it selects runs as one replica.
fn has_single_replica(webhook: &Webhook<'_>, context: &Context<'_>) -> bool {
    let Some((namespace, name)) = service(webhook) else { return false };
    let Some(service) = context.inventory.find(Named::Service.kind(), Some(namespace), name) else {
        return false;
    };
    let controlled =
        |object: &Object<'_>| object.controller_kind().is_none_or(|kind| !context.carriers.carries(kind));
    let backends: Vec<Object<'_>> =
        context.pods().of_service(service, context.carriers).filter(controlled).collect();
    let replicas: Option<i64> = backends.iter().map(|&object| kept(object, context)).sum();
    !backends.is_empty() && replicas.is_some_and(|replicas| replicas <= 1) && !runs_on_all(&backends)
}

fn runs_on_all(backends: &[Object<'_>]) -> bool {
    backends.iter().any(|object| object.kind() == "DaemonSet")
}
