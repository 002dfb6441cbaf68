use rampart_authz::from_inventory::BUILT_IN;
use rampart_document::Edit;
use rampart_report::{Fix, Severity};

use super::token::{Mounted, is_static, mounted};
use crate::index::rbac::{CLUSTER_ROLE_BINDING, ROLE_BINDING};
use crate::{Check, Context, Findings, Group, Profile, Rule, Workload};

pub(crate) static RULE: Rule = Rule {
    id: "automount-service-account-token",
    group: Group::Rbac,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("automount_service_account_token.md"),
    check: Check::Workload(check),
};

const FIELD: &str = "automountServiceAccountToken";

fn check(workload: &Workload<'_>, context: &Context<'_>, out: &mut Findings) {
    let mounted = mounted(workload, context);
    if mounted == Mounted::No || is_static(workload) {
        return;
    }
    let name = workload.pod.service_account();
    let path = workload.pod.path(FIELD);
    if mounted == Mounted::Unknown {
        let what = format!(
            "ServiceAccount {name} was not in the input, so it cannot be told whether its token is mounted"
        );
        out.unknown(path, what);
        return;
    }
    let edit = Edit::set(path.clone(), false);
    let idle = has_no_rights(workload, context);
    let what = if idle {
        format!("the token of ServiceAccount {name} is mounted, which has no rights")
    } else {
        format!("the token of ServiceAccount {name} is mounted")
    };
    let severity = if idle { Severity::Low } else { Severity::Medium };
    out.fail(path, what).severity(severity).fix(Fix::review("mount no token", [edit]));
}

/// True when every binding was read and none names the account; what its groups have counts for nothing.
fn has_no_rights(workload: &Workload<'_>, context: &Context<'_>) -> bool {
    let coverage = context.inventory.coverage();
    let Some(namespace) = workload.object.effective_namespace() else { return false };
    if !coverage.is_full(CLUSTER_ROLE_BINDING, None) || !coverage.is_full(ROLE_BINDING, None) {
        return false;
    }
    let rbac = context.rbac();
    let Some(account) = rbac.holders.account(namespace, workload.pod.service_account()) else { return true };
    // Built-in bindings are those of the controllers in kube-system; they count there.
    rbac.holders
        .bindings(account)
        .iter()
        .all(|&id| namespace != "kube-system" && rbac.policy.binding(id).origin == BUILT_IN)
}
