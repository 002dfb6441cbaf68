use rampart_document::{Edit, Node};
use rampart_report::{Fix, Severity};

use crate::{Check, Context, Findings, Group, Profile, Rule, Workload};

pub(crate) static RULE: Rule = Rule {
    id: "deprecated-service-account-field",
    group: Group::Hygiene,
    severity: Severity::Info,
    profile: Profile::Default,
    doc: include_str!("deprecated_service_account_field.md"),
    check: Check::Workload(check),
};

fn check(workload: &Workload<'_>, _context: &Context<'_>, out: &mut Findings) {
    // The API server writes both fields into every object it stores.
    if !workload.object.is_from_files() {
        return;
    }
    let pod = &workload.pod;
    let text =
        |node: Option<Node<'_>>| node.map_or(Some(String::new()), |node| node.as_str().map(str::to_owned));
    if pod.fields.service_account.is_none() {
        return;
    }
    let (Some(old), Some(new)) = (text(pod.fields.service_account), text(pod.fields.service_account_name))
    else {
        return;
    };
    if old.is_empty() || old == new {
        return;
    }
    let path = pod.path("serviceAccount");
    let remove = Edit::remove(path.clone());
    if new.is_empty() {
        let name = Edit::set(pod.path("serviceAccountName"), old.as_str());
        out.fail(path, format!("the ServiceAccount `{old}` is named in the deprecated field serviceAccount"))
            .fix(Fix::safe("rename it to serviceAccountName", [name, remove]));
    } else {
        out.fail(path, format!("serviceAccount `{old}` is ignored: serviceAccountName `{new}` wins"))
            .severity(Severity::Medium)
            .class("differs")
            .fix(Fix::review("remove serviceAccount", [remove]));
    }
}
