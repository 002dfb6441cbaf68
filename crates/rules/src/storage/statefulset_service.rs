use rampart_document::Node;
use rampart_model::{Object, Selector};
use rampart_report::{Fix, ObjectChange, Severity};
use serde_json::json;

use crate::availability::replicas::STATEFUL_SET;
use crate::index::{Found, Named};
use crate::shared::paths::at;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "statefulset-service",
    group: Group::Storage,
    severity: Severity::Low,
    profile: Profile::Default,
    doc: include_str!("statefulset_service.md"),
    check: Check::Object(&[STATEFUL_SET], check),
};

fn check(set: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    let path = at(&["spec", "serviceName"]);
    let name = match set.field(&["spec", "serviceName"]).map(Node::as_str) {
        Some(None) => return,
        Some(Some(name)) if !name.is_empty() => name,
        _ => {
            let what =
                format!("StatefulSet {} names no Service: its pods have no stable DNS names", set.name());
            out.fail(path, what).severity(Severity::Info).class("unset");
            return;
        }
    };
    let service = match context.look_up((Named::Service, set.effective_namespace(), name)) {
        Found::Here(service) => service,
        Found::NotRead(gap) => {
            out.unknown(path, format!("Service `{name}` cannot be looked up: {gap}"));
            return;
        }
        Found::Made | Found::Missing => {
            let what = format!("Service `{name}` of StatefulSet {} does not exist", set.name());
            let draft = out.fail(path, what);
            if let Some(manifest) = service_for(set, name) {
                let fix = Fix::review("create the headless Service", []);
                draft.fix(fix.with(ObjectChange::Create { manifest }));
            }
            return;
        }
    };
    let headless = service.field(&["spec", "clusterIP"]).and_then(Node::scalar_text) == Some("None");
    if !headless {
        let what =
            format!("Service `{name}` of StatefulSet {} is not headless (clusterIP: None)", set.name());
        let draft = out.fail(path, what).class("not-headless");
        draft.evidence_in(service.id(), at(&["spec", "clusterIP"]), "the Service's address");
        return;
    }
    let Some(pod) = context.carriers.pod(set) else { return };
    let selector = service.field(&["spec", "selector"]).filter(|selector| !selector.is_empty());
    // Without a selector somebody else writes the endpoints.
    if selector.is_some_and(|selector| Selector::map(selector).matches(pod.labels()) == Some(false)) {
        let what = format!("Service `{name}` does not select the pods of StatefulSet {}", set.name());
        let draft = out.fail(path, what).class("selector");
        draft.evidence_in(service.id(), at(&["spec", "selector"]), "the Service's selector");
    }
}

/// A headless Service over the set's own labels; headless ones need no ports.
fn service_for(set: Object<'_>, name: &str) -> Option<serde_json::Value> {
    let selector = set.field(&["spec", "selector"])?;
    let labels = selector.field("matchLabels").filter(|labels| !labels.is_empty())?;
    if selector.field("matchExpressions").is_some_and(|list| !list.is_empty()) {
        return None;
    }
    let mut metadata = json!({"name": name});
    if let Some(namespace) = set.namespace() {
        metadata["namespace"] = json!(namespace);
    }
    Some(json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": {"clusterIP": "None", "selector": labels.to_json()},
    }))
}
