use rampart_authz::rbac::cover::resource_matches;
use rampart_authz::rbac::{RoleId, RoleKind};
use rampart_model::Object;
use rampart_report::Severity;

use super::rating::{Reach, role_rating};
use super::role::{Hit, KINDS, each, listed};
use crate::index::rbac::table::{BIND, BINDINGS_WRITE};
use crate::index::rbac::{CLUSTER_ROLE, ROLE};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "bind-roles",
    group: Group::Rbac,
    severity: Severity::High,
    profile: Profile::Default,
    doc: include_str!("bind_roles.md"),
    check: Check::Object(KINDS, check),
};

fn check(role: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    each(role, context, out, BIND, |hit, out| {
        let named = Named::of(hit, context);
        if hit.is_named() && named.dangerous.is_empty() {
            if !named.unread.is_empty() {
                let roles = listed(&named.unread);
                let verb = hit.rule.verbs.iter().position(|verb| matches!(*verb, "bind" | "*")).unwrap_or(0);
                let what = format!("{} may bind {roles}, which was not in the input", hit.title());
                out.unknown(hit.item("verbs", verb), what);
            }
        } else if hit.comes_with(BINDINGS_WRITE) {
            hit.fail_at_verb(out, hit.ungraded(Severity::High), "");
        } else {
            hit.fail_at_verb(out, hit.ungraded(Severity::Low), ", without writing any binding");
        }
    });
}

/// The roles that a rule limits itself to.
#[derive(Default)]
struct Named<'r> {
    /// They have a right that other rules call high or critical.
    dangerous: Vec<&'r str>,
    /// They may exist outside the input.
    unread: Vec<&'r str>,
}

impl<'r> Named<'r> {
    fn of(hit: &Hit<'r>, context: &Context<'_>) -> Self {
        let mut named = Self::default();
        let covers = |resource| hit.rule.resources.iter().any(|item| resource_matches(item, resource));
        for &name in &hit.rule.resource_names {
            if covers("clusterroles") {
                let role = hit.rbac.policy.find_role(RoleKind::ClusterRole, "", name);
                let full = context.inventory.coverage().is_full(CLUSTER_ROLE, None);
                named.add(hit, name, role, full);
            }
            if covers("roles") {
                // Where it is held everywhere, the Role of that name in any namespace is meant.
                let within = hit.object.effective_namespace();
                let full = context.inventory.coverage().is_full(ROLE, within);
                let same = |&id: &RoleId| {
                    let view = hit.rbac.policy.role(id);
                    let near = within.is_none_or(|namespace| namespace == view.namespace);
                    view.kind == RoleKind::Role && view.name == name && near
                };
                let mut roles = hit.rbac.policy.roles().filter(same).peekable();
                if roles.peek().is_none() && !covers("clusterroles") {
                    named.add(hit, name, None, full);
                }
                roles.for_each(|role| named.add(hit, name, Some(role), full));
            }
        }
        named
    }

    fn add(&mut self, hit: &Hit<'_>, name: &'r str, role: Option<RoleId>, full: bool) {
        let reach =
            if hit.is_cluster() { Reach::Cluster } else { Reach::of(hit.object.effective_namespace()) };
        match role {
            Some(role) if role_rating(hit.rbac, role, reach).is_some() => self.dangerous.push(name),
            Some(_) => {}
            None if !full => self.unread.push(name),
            None => {}
        }
    }
}
