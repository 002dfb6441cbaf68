use rampart_document::{Edit, Node};
use rampart_model::Pod;
use rampart_report::{Fix, Severity};

use serde_json::json;

use crate::{Check, Env, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "no-security-context",
    group: Group::Workload,
    severity: Severity::Low,
    profile: Profile::Strict,
    doc: include_str!("no_security_context.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, _env: &Env<'_>, out: &mut Findings) {
    if !is_blank(pod.fields.security_context) {
        return;
    }
    for container in pod.lasting_containers().filter(|own| is_blank(own.fields.security_context)) {
        let path = container.path("securityContext");
        let what = format!("neither {} nor its pod has a security context", container.title());
        let draft = out.fail(path.clone(), what);
        // The API refuses these fields in a pod for Windows.
        if !pod.is_windows() {
            let restricted = json!({
                "allowPrivilegeEscalation": false,
                "capabilities": {"drop": ["ALL"]},
                "runAsNonRoot": true,
                "seccompProfile": {"type": "RuntimeDefault"},
            });
            let fix = Fix::review("add the restricted security context", [Edit::set(path, restricted)]);
            // Which UID is a question of the image.
            draft.fix(fix.reveals(&["low-uid"]));
        }
    }
}

/// True when nothing is set; false for what is no mapping, which the engine makes `unknown`.
fn is_blank(node: Option<Node<'_>>) -> bool {
    let Some(node) = node else { return true };
    node.as_map().is_some_and(|map| map.entries().all(|(.., value)| value.is_null()))
}
