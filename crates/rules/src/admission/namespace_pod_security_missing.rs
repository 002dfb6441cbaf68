use rampart_document::{Edit, FieldPath};
use rampart_model::Object;
use rampart_report::{Fix, Severity};

use super::pod_security::{ClusterDefault, Level, enforced, label_path, reported, severity, value};
use crate::index::{NAMESPACE, is_system};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "namespace-pod-security-missing",
    group: Group::Admission,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("namespace_pod_security_missing.md"),
    check: Check::Object(&[NAMESPACE], check),
};

fn check(namespace: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    let path = label_path("enforce");
    let name = namespace.name();
    let said = value(namespace, "enforce");
    if let Some(text) = said.filter(|text| Level::parse(text).is_none()) {
        let what = format!(
            "namespace {name} enforces `{text}`, which is no Pod Security level: restricted counts instead"
        );
        out.fail(path, what).severity(Severity::Low).class("invalid");
        return;
    }
    // Where audit or warn ask for more, namespace-pod-security-audit-only says so.
    if enforced(namespace, context) > Level::Privileged || reported(namespace) > Level::Privileged {
        return;
    }
    let what = match said {
        Some(_) => {
            format!("namespace {name} enforces the Pod Security level privileged, which allows everything")
        }
        None => format!("namespace {name} enforces no Pod Security level"),
    };
    let draft = out.fail(path.clone(), what).severity(severity(namespace, Severity::Medium, context));
    if let ClusterDefault::Elsewhere(configuration) = context.pod_security_default() {
        let note = "a configuration in another file may set a default";
        draft.evidence_in(configuration, FieldPath::root().key("plugins"), note);
    }
    // Components of the cluster need what baseline forbids.
    if !is_system(name) {
        draft.fix(Fix::review("enforce the level baseline", [Edit::set(path, "baseline")]));
    }
}
