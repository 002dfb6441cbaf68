use rampart_document::{Edit, FieldPath, Node};
use rampart_model::{GroupKind, Object};
use rampart_report::{Fix, Severity};

use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "api-service-insecure-tls",
    group: Group::ControlPlane,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("api_service_insecure_tls.md"),
    check: Check::Object(KINDS, check),
};

const KINDS: &[GroupKind<'static>] = &[GroupKind::new("apiregistration.k8s.io", "APIService")];
/// Writes the bundle by itself where this annotation asks for it (cert-manager's CA injector).
const INJECTORS: [&str; 3] = [
    "cert-manager.io/inject-ca-from",
    "cert-manager.io/inject-ca-from-secret",
    "cert-manager.io/inject-apiserver-ca",
];

fn check(object: Object<'_>, _context: &Context<'_>, out: &mut Findings) {
    let Some(service) = object.field(&["spec", "service"]) else { return };
    let name = service.field("name").and_then(Node::scalar_text).unwrap_or("");
    let spec = FieldPath::root().key("spec");
    let injected = INJECTORS.iter().any(|annotation| object.annotations().get(annotation).is_some());
    if object.field(&["spec", "insecureSkipTLSVerify"]).and_then(Node::as_bool) == Some(true) {
        let path = spec.key("insecureSkipTLSVerify");
        let what = format!("the API server calls Service {name} without verifying its certificate");
        let draft = out.fail(path.clone(), what);
        if name == "metrics-server" {
            draft.severity(Severity::Medium);
        }
        // Otherwise the bundle would have to be guessed.
        if injected {
            draft.fix(Fix::review("remove insecureSkipTLSVerify", [Edit::remove(path)]));
        }
    } else if object.field(&["spec", "caBundle"]).is_none() && !injected {
        let what =
            format!("Service {name} is verified with the API server's system authorities (no caBundle)");
        out.fail(spec.key("caBundle"), what).severity(Severity::Info).class("bundle");
    }
}
