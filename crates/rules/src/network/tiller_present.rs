use rampart_document::{FieldPath, Node};
use rampart_model::{GroupKind, ImageRef, Labels, Object, Pod};
use rampart_report::Severity;

use crate::{Check, Context, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "tiller-present",
    group: Group::Network,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("tiller_present.md"),
    check: Check::PodAndObject(check_pod, &[GroupKind::core("Service")], check_service),
};

fn check_pod(pod: &Pod<'_>, _env: &Env<'_>, out: &mut Findings) {
    let is_tiller = |image: &str| ImageRef::parse(image).is_some_and(|image| image.name() == "tiller");
    let container = pod.containers().iter().find(|container| container.image().is_some_and(is_tiller));
    let labelled = has_labels(pod.labels());
    let (path, what) = match container {
        Some(container) => (container.path("image"), format!("{} runs Tiller (Helm v2)", container.title())),
        None if labelled => {
            let path = FieldPath::root().key("metadata").key("labels");
            (path, "the labels are those of Tiller (Helm v2)".to_owned())
        }
        None => return,
    };
    let listen = pod.containers().iter().find_map(|container| {
        container.words().find_map(|(field, index, word)| {
            let address = word.trim_start_matches('-').strip_prefix("listen=")?;
            Some((container.path(&format!("{field}[{index}]")), address))
        })
    });
    match listen {
        Some((place, address)) if is_loopback(address) => {
            out.fail(path, format!("{what}, for its own pod only"))
                .severity(Severity::Medium)
                .evidence(place, "listens on loopback");
        }
        Some((place, _)) => {
            out.fail(path, format!("{what}, open to the cluster")).evidence(place, "listens for every pod");
        }
        None => {
            out.fail(path, format!("{what}, open to the cluster"));
        }
    }
}

fn is_loopback(address: &str) -> bool {
    ["127.", "localhost:", "[::1]:"].iter().any(|start| address.starts_with(start))
}

fn has_labels(labels: Labels<'_>) -> bool {
    labels.get("app") == Some("helm") && labels.get("name") == Some("tiller")
}

fn check_service(service: Object<'_>, _context: &Context<'_>, out: &mut Findings) {
    let selector = service.field(&["spec", "selector"]).and_then(Node::as_map);
    if has_labels(Labels::new(selector)) {
        let path = FieldPath::root().key("spec").key("selector");
        out.fail(path, "the Service publishes Tiller (Helm v2) in the cluster");
    }
}
