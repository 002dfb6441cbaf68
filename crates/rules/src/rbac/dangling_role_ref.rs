use rampart_authz::rbac::RoleKind;
use rampart_document::FieldPath;
use rampart_model::Object;
use rampart_report::Severity;

use super::subject::{KINDS, delete, role_ref};
use crate::index::rbac::{CLUSTER_ROLE, ROLE};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "dangling-role-ref",
    group: Group::Rbac,
    severity: Severity::Low,
    profile: Profile::Default,
    doc: include_str!("dangling_role_ref.md"),
    check: Check::Object(KINDS, check),
};

fn check(binding: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    let Some(role_ref) = role_ref(context.rbac(), binding) else { return };
    if role_ref.role.is_some() {
        return;
    }
    let path = FieldPath::root().key("roleRef").key("name");
    let (kind, namespace) = match role_ref.kind {
        RoleKind::ClusterRole => (CLUSTER_ROLE, None),
        RoleKind::Role => (ROLE, binding.effective_namespace()),
    };
    if !context.inventory.coverage().is_full(kind, namespace) {
        out.unknown(path, format!("{} was not in the input", role_ref.title()));
        return;
    }
    let severity = if binding.is_cluster_scoped() { Severity::Medium } else { Severity::Low };
    let what = format!("{} does not exist: whoever creates it gives {binding} its rights", role_ref.title());
    out.fail(path, what).severity(severity).fix(delete(binding));
}
