use rampart_document::Node;
use rampart_model::Pod;
use rampart_report::Severity;

use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "volume-types",
    group: Group::Workload,
    severity: Severity::Low,
    profile: Profile::Default,
    doc: include_str!("volume_types.md"),
    check: Check::Pod(check),
};

/// The sources that the restricted level of the Pod Security Standards allows.
const ALLOWED: [&str; 9] = [
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

fn check(pod: &Pod<'_>, _env: &Env<'_>, out: &mut Findings) {
    for (index, volume) in pod.volumes() {
        for (source, _, value) in volume.as_map().into_iter().flat_map(Node::entries) {
            // hostPath has rules of its own.
            let judged = !matches!(source, "name" | "hostPath") && !value.is_null();
            if judged && !ALLOWED.contains(&source) {
                let name = volume.field("name").and_then(Node::as_str).unwrap_or("");
                let path = pod.path("volumes").index(index).key(source);
                let draft = out.fail(path, format!("volume `{name}` is of the type {source}"));
                if source == "gitRepo" {
                    draft.severity(Severity::High);
                }
            }
        }
    }
}
