use rampart_model::Object;
use rampart_report::Severity;

use super::role::{Hit, KINDS, each};
use crate::index::rbac::table::{
    BIND, BINDINGS_WRITE, CLUSTER_BINDINGS_CHANGE, ESCALATE, ROLE_BINDINGS_CHANGE, ROLES_WRITE,
};
use crate::{Check, Context, Findings, Group, Profile, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "role-binding-write",
    group: Group::Rbac,
    severity: Severity::Medium,
    profile: Profile::Default,
    doc: include_str!("role_binding_write.md"),
    check: Check::Object(KINDS, check),
};

/// True when somebody who holds the role may change a binding that names them.
fn changes_its_own(hit: &Hit<'_>) -> bool {
    let policy = &hit.rbac.policy;
    let reaches = |name: &str| hit.rule.resource_names.is_empty() || hit.rule.resource_names.contains(&name);
    hit.subjects().any(|(principal, held_in)| {
        hit.rbac.holders.bindings(principal).iter().any(|&id| {
            let binding = policy.binding(id);
            let right =
                if binding.namespace.is_none() { CLUSTER_BINDINGS_CHANGE } else { ROLE_BINDINGS_CHANGE };
            let in_reach = held_in.is_none() || held_in == binding.namespace;
            hit.given.has(right) && in_reach && reaches(binding.name)
        })
    })
}

fn check(role: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    let changes = ROLE_BINDINGS_CHANGE | CLUSTER_BINDINGS_CHANGE;
    each(role, context, out, ROLES_WRITE | BINDINGS_WRITE | changes, |hit, out| {
        if hit.comes_with(BIND | ESCALATE) {
            hit.fail(out, hit.graded(Severity::High), ", and bind or escalate");
        } else if changes_its_own(hit) {
            hit.fail(out, hit.graded(Severity::High), ", the binding that names its holder included");
        } else {
            hit.fail(out, hit.graded(Severity::Medium), "");
        }
    });
}
