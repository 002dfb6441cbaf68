use rampart_report::{Fix, ObjectChange, Severity};
use serde_json::json;

use super::token::{SERVICE_ACCOUNT, account};
use crate::{Check, Context, Findings, Group, Profile, Rule, Workload};

pub(crate) static RULE: Rule = Rule {
    id: "missing-service-account",
    group: Group::Rbac,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("missing_service_account.md"),
    check: Check::Workload(check),
};

fn check(workload: &Workload<'_>, context: &Context<'_>, out: &mut Findings) {
    let name = workload.pod.service_account();
    if name == "default" || account(workload, context).is_some() {
        return;
    }
    let Some(namespace) = workload.object.effective_namespace() else { return };
    let fields = &workload.pod.fields;
    let named = fields.service_account_name.is_some();
    let path = workload.pod.path(if named { "serviceAccountName" } else { "serviceAccount" });
    if context.inventory.coverage().is_full(SERVICE_ACCOUNT, Some(namespace)) {
        let mut metadata = json!({"name": name});
        if let Some(namespace) = workload.object.namespace() {
            metadata["namespace"] = namespace.into();
        }
        let manifest = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata});
        let fix =
            Fix::review(format!("create ServiceAccount {name}"), []).with(ObjectChange::Create { manifest });
        let what = format!("ServiceAccount {namespace}/{name} does not exist, so no pod can start");
        out.fail(path, what).fix(fix);
    } else if context.inventory.of_kind(SERVICE_ACCOUNT).next().is_some() {
        // Files without any account are only a part of what is installed; nothing is asked of them.
        out.unknown(path, format!("ServiceAccount {namespace}/{name} was not in the input"));
    }
}
