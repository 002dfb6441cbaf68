use rampart_document::Edit;
use rampart_report::{Fix, ObjectChange, Severity};
use serde_json::json;

use super::token::{Mounted, SERVICE_ACCOUNT, is_static, mounted};
use crate::{Check, Context, Findings, Group, Profile, Rule, Workload};

pub(crate) static RULE: Rule = Rule {
    id: "default-service-account",
    group: Group::Rbac,
    severity: Severity::Low,
    profile: Profile::Default,
    doc: include_str!("default_service_account.md"),
    check: Check::Workload(check),
};

fn check(workload: &Workload<'_>, context: &Context<'_>, out: &mut Findings) {
    if workload.pod.service_account() != "default" || is_static(workload) {
        return;
    }
    if mounted(workload, context) == Mounted::No {
        return;
    }
    let what = format!("{} runs as ServiceAccount default with its token", workload.object);
    let draft = out.fail(workload.pod.path("serviceAccountName"), what);
    if let Some(fix) = dedicated(workload, context) {
        draft.fix(fix);
    }
}

/// An account of the workload's own name. One that is there may have rights, so it is not taken.
fn dedicated(workload: &Workload<'_>, context: &Context<'_>) -> Option<Fix> {
    let object = workload.object;
    let name =
        object.metadata()?.field("name")?.as_str().filter(|name| *name != "default" && !name.is_empty())?;
    let namespace = object.effective_namespace()?;
    if context.inventory.find(SERVICE_ACCOUNT, Some(namespace), name).is_some() {
        return None;
    }
    let mut edits = vec![Edit::set(workload.pod.path("serviceAccountName"), name)];
    if workload.pod.fields.service_account.is_some() {
        edits.push(Edit::remove(workload.pod.path("serviceAccount")));
    }
    let mut metadata = json!({"name": name});
    // A manifest that leaves its namespace open is installed with the others of its kind.
    if let Some(namespace) = object.namespace() {
        metadata["namespace"] = namespace.into();
    }
    let manifest = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata});
    let title = format!("run as a ServiceAccount {name} of its own");
    Some(Fix::review(title, edits).with(ObjectChange::Create { manifest }))
}
