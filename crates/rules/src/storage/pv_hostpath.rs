use rampart_document::Node;
use rampart_model::Object;
use rampart_report::Severity;

use crate::index::Named;
use crate::shared::node_paths::{Class, class, normalise};
use crate::shared::paths::at;
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "pv-hostpath",
    group: Group::Storage,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("pv_hostpath.md"),
    check: Check::Object(&[Named::Volume.kind()], check),
};

/// Provisioners that make a directory of their own on the node for each claim.
const PROVISIONERS: [&str; 5] = [
    "rancher.io/local-path",
    "k8s.io/minikube-hostpath",
    "docker.io/hostpath",
    "microk8s.io/hostpath",
    "openebs.io/local",
];

const PROVISIONED_BY: &str = "pv.kubernetes.io/provisioned-by";

fn check(volume: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    for source in ["hostPath", "local"] {
        let path = volume.field(&["spec", source, "path"]).and_then(Node::as_str);
        let Some(path) = path else { continue };
        let severity = match class(&normalise(path)) {
            Class::Socket | Class::Sensitive => Severity::High,
            // A directory under `local` was made for volumes by the administrator.
            Class::Other if source == "local" || is_provisioned(volume) => continue,
            Class::Other => Severity::Medium,
        };
        let what = format!("PersistentVolume {} exposes {path} of the node", volume.name());
        let draft = out.fail(at(&["spec", source, "path"]), what);
        draft.severity(severity);
        let Some(claim) = volume.field(&["spec", "claimRef"]) else { continue };
        let text = |key| claim.field(key).and_then(Node::scalar_text);
        let Some(name) = text("name") else { continue };
        if let Some(claim) = context.inventory.find(Named::Claim.kind(), text("namespace"), name) {
            draft.evidence_in(claim.id(), at(&["metadata", "name"]), "the claim that is bound to it");
        }
        for &user in context.references().users((Named::Claim, text("namespace"), name)) {
            if user != volume.id() {
                draft.evidence_in(user, at(&["metadata", "name"]), "uses the claim");
            }
        }
    }
}

fn is_provisioned(volume: Object<'_>) -> bool {
    let by = volume.annotations().get(PROVISIONED_BY);
    by.is_some_and(|by| PROVISIONERS.contains(&by))
}
