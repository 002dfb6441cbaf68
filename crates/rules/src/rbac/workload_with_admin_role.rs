use rampart_authz::rbac::{BindingId, GapKind};
use rampart_document::FieldPath;
use rampart_report::Severity;

use super::rating::{TakeOver, take_over};
use super::role::listed;
use super::token::{Mounted, is_control_plane, mounted, projects_token};
use crate::index::Rbac;
use crate::{Check, Context, Findings, Group, Profile, Rule, Workload};

pub(crate) static RULE: Rule = Rule {
    id: "workload-with-admin-role",
    group: Group::Rbac,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("workload_with_admin_role.md"),
    check: Check::Workload(check),
};

fn check(workload: &Workload<'_>, context: &Context<'_>, out: &mut Findings) {
    let Some(namespace) = workload.object.effective_namespace() else { return };
    let holds_token = || mounted(workload, context) != Mounted::No || projects_token(&workload.pod);
    let (name, rbac) = (workload.pod.service_account(), context.rbac());
    let account = Account::of(rbac, namespace, name);
    let path = || workload.pod.path("serviceAccountName");
    if let Some(TakeOver { everything, ways }) = account.take_over() {
        if !holds_token() {
            return;
        }
        let severity = match everything {
            _ if is_control_plane(workload) => Severity::Low,
            true => Severity::Critical,
            false => Severity::High,
        };
        let can = if everything { "do everything".to_owned() } else { listed(&ways) };
        let what = format!("{} runs as ServiceAccount {name}, which may {can}", workload.object);
        let draft = out.fail(path(), what);
        draft.severity(severity);
        for &id in &account.bindings {
            let view = rbac.policy.binding(id);
            if let Some(binding) = rbac.object(view.origin) {
                let note = format!("{binding} gives {} {}", view.role_kind, view.role_name);
                draft.evidence_in(binding.id(), FieldPath::root().key("roleRef"), note);
            }
        }
    } else if let Some(missing) = account.missing(context).filter(|_| holds_token()) {
        out.unknown(path(), format!("what ServiceAccount {name} may do cannot be told: {missing}"));
    }
}

/// A ServiceAccount with the bindings that name it or its groups.
struct Account<'r> {
    rbac: &'r Rbac<'r>,
    namespace: &'r str,
    name: &'r str,
    bindings: Vec<BindingId>,
}

impl<'r> Account<'r> {
    fn of(rbac: &'r Rbac<'r>, namespace: &'r str, name: &'r str) -> Self {
        let own = rbac.holders.account(namespace, name);
        let all = own.into_iter().chain(rbac.holders.account_groups(namespace));
        let bindings = all.flat_map(|principal| rbac.holders.bindings(principal)).copied();
        // Most accounts are named by Kubernetes' own bindings of groups only, and those cost nothing.
        let bindings =
            bindings.filter(|&id| own.is_some() || rbac.object(rbac.policy.binding(id).origin).is_some());
        Self { rbac, namespace, name, bindings: bindings.collect() }
    }

    fn take_over(&self) -> Option<TakeOver> {
        if self.bindings.is_empty() {
            return None;
        }
        let (cluster, system) = self.rbac.holders.of_account(&self.rbac.policy, self.namespace, self.name);
        take_over(cluster, system)
    }

    /// What was not read of the account's rights. A directory of files never holds every binding, so only what is said to
    /// be missing counts there, and roles of bindings that were read.
    fn missing(&self, context: &Context<'_>) -> Option<String> {
        let policy = &self.rbac.policy;
        let open = |kind| policy.gaps().iter().find(|gap| gap.kind == kind);
        let dangling = self.bindings.iter().map(|&id| policy.binding(id)).find(|view| {
            let kind = if view.role_kind == "Role" { GapKind::Roles } else { GapKind::ClusterRoles };
            view.role.is_none() && open(kind).is_some()
        });
        if let Some(view) = dangling {
            return Some(format!("{} {} was not in the input", view.role_kind, view.role_name));
        }
        let stated = context.inventory.coverage().entries().next().is_some();
        let gap = open(GapKind::ClusterRoleBindings).or_else(|| open(GapKind::RoleBindings));
        gap.filter(|_| stated).map(|gap| format!("{}: {}", gap.kind.as_str(), gap.reason))
    }
}
