use rampart_document::{FieldPath, Node};
use rampart_model::{GroupKind, Object};
use rampart_report::{Fix, ObjectChange, Severity};

use super::requests::{Subject, requested_subject};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "csr-system-masters",
    group: Group::ControlPlane,
    severity: Severity::Critical,
    profile: Profile::Default,
    doc: include_str!("csr_system_masters.md"),
    check: Check::Object(KINDS, check),
};

const KINDS: &[GroupKind<'static>] = &[GroupKind::new("certificates.k8s.io", "CertificateSigningRequest")];
const YEAR: i64 = 365 * 86_400;

fn check(object: Object<'_>, _context: &Context<'_>, out: &mut Findings) {
    let spec = FieldPath::root().key("spec");
    if let Some(seconds) = object.field(&["spec", "expirationSeconds"]).and_then(Node::as_i64)
        && seconds > YEAR
    {
        let what = format!("the certificate is asked for {} days, more than a year", seconds / 86_400);
        out.fail(spec.key("expirationSeconds"), what).severity(Severity::Medium).class("lifetime");
    }
    let path = spec.key("request");
    let Some(text) = object.field(&["spec", "request"]).and_then(Node::as_str) else { return };
    let Some(subject) = requested_subject(text) else {
        out.unknown(path, "the request cannot be read: no PKCS#10 in PEM");
        return;
    };
    let signer = object.field(&["spec", "signerName"]).and_then(Node::scalar_text).unwrap_or("");
    let Some(what) = of_the_system(&subject, signer) else { return };
    let (severity, state) = state(object);
    let draft = out.fail(path, format!("the {state} request is for {what}"));
    draft.severity(severity);
    if severity != Severity::Info {
        let delete = Fix::review("delete the request", []).with(ObjectChange::Delete { object: object.id() });
        draft.fix(delete);
    }
}

/// The user or group of the system that a request names without belonging to its signer.
fn of_the_system(subject: &Subject, signer: &str) -> Option<String> {
    let for_kubelets = matches!(
        signer,
        "kubernetes.io/kubelet-serving"
            | "kubernetes.io/kube-apiserver-client-kubelet"
            | "kubernetes.io/legacy-unknown"
            | ""
    );
    let is_node = for_kubelets && subject.name.starts_with("system:node:");
    let group = subject
        .groups
        .iter()
        .find(|group| group.starts_with("system:") && !(is_node && *group == "system:nodes"));
    if let Some(group) = group {
        return Some(format!("the group {group}"));
    }
    (subject.name.starts_with("system:") && !is_node).then(|| format!("the user {}", subject.name))
}

fn state(object: Object<'_>) -> (Severity, &'static str) {
    let issued = object.field(&["status", "certificate"]).is_some();
    let conditions = object.field(&["status", "conditions"]).into_iter().flat_map(Node::items);
    let kinds: Vec<&str> =
        conditions.filter_map(|one| one.field("type").and_then(Node::scalar_text)).collect();
    if issued {
        (Severity::Critical, "issued")
    } else if kinds.contains(&"Denied") || kinds.contains(&"Failed") {
        (Severity::Info, "denied")
    } else if kinds.contains(&"Approved") {
        (Severity::Critical, "approved")
    } else {
        (Severity::High, "pending")
    }
}
