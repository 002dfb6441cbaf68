use rampart_document::Edit;
use rampart_model::Object;
use rampart_report::{Fix, Severity};

use super::pod_security::{Level, enforced, label_path, reported, value};
use crate::index::{NAMESPACE, is_system};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "namespace-pod-security-audit-only",
    group: Group::Admission,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("namespace_pod_security_audit_only.md"),
    check: Check::Object(&[NAMESPACE], check),
};

fn check(namespace: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    let (enforced, reported) = (enforced(namespace, context), reported(namespace));
    if reported <= enforced {
        return;
    }
    let path = label_path("enforce");
    let name = namespace.name();
    let what = if enforced == Level::Baseline {
        format!("namespace {name} enforces baseline and only reports what breaks restricted")
    } else {
        format!("namespace {name} only reports what breaks {}: nothing is refused", reported.name())
    };
    let draft = out.fail(path.clone(), what);
    for mode in ["audit", "warn"] {
        if value(namespace, mode).is_some() {
            draft.evidence(label_path(mode), "what is only reported");
        }
    }
    if enforced == Level::Baseline {
        // A step on the way to restricted, taken on purpose.
        draft.severity(if context.strict { Severity::Low } else { Severity::Info }).class("ratchet");
    }
    if !is_system(name) {
        let title = format!("enforce the level {}", reported.name());
        draft.fix(Fix::review(title, [Edit::set(path, reported.name())]));
    }
}
